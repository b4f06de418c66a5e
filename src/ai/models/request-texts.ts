import { GatewayError } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { GuardedText } from '../guardrails/index.ts';
import type { Message, ModelRequest, ToolResultPart } from './model.ts';
import { unsupportedSentence } from './routing/fallback.ts';

/** Every text of a request that a model reads, in order, with whose it is. */
export function textsOf(request: ModelRequest): readonly GuardedText[] {
  const texts: GuardedText[] = [];
  for (const message of request.messages) addTexts(message, texts);
  if (request.wire !== undefined) {
    for (const field of request.wire.beyond) addStrings(request.wire.body[field], texts);
  }
  return texts;
}

/**
 * The request with other texts in their places. It is not the one the client wrote any more, so it is sent in the one
 * form; throws `AI_REQUEST_UNSUPPORTED` where the client's had fields that form has no place for.
 *
 * @param changed as many as `textsOf` gave, in the same order
 */
export function replaceTexts(request: ModelRequest, changed: readonly GuardedText[]): ModelRequest {
  const { wire, ...rest } = request;
  if (wire !== undefined && wire.beyond.length > 0) {
    const detail = `the request was masked, so these fields cannot be sent on: ${wire.beyond.join(', ')}`;
    throw new GatewayError('AI_REQUEST_UNSUPPORTED', { detail, message: unsupportedSentence(wire.beyond.join(', ')) });
  }
  let place = 0;
  const next = (before: string): string => changed[place++]?.text ?? before;
  return { ...rest, messages: rest.messages.map((message) => replaceIn(message, next)) };
}

function addTexts(message: Message, texts: GuardedText[]): void {
  const { role } = message;
  if (role === 'system') {
    texts.push({ role, text: message.content });
    return;
  }
  for (const part of message.content) {
    if (part.type === 'text' || part.type === 'reasoning') texts.push({ role, text: part.text });
    else if (part.type === 'tool_call') texts.push({ role, text: part.arguments });
    else if (part.type === 'tool_result') {
      for (const inner of part.content) if (inner.type === 'text') texts.push({ role, text: inner.text });
    }
  }
}

function addStrings(value: unknown, texts: GuardedText[]): void {
  if (typeof value === 'string') texts.push({ role: 'user', text: value });
  else if (value !== null && typeof value === 'object') {
    for (const inner of Object.values(value)) addStrings(inner, texts);
  }
}

function replaceIn(message: Message, next: (before: string) => string): Message {
  switch (message.role) {
    case 'system':
      return { ...message, content: next(message.content) };
    case 'user':
      return {
        ...message,
        content: message.content.map((part) => (part.type === 'text' ? { ...part, text: next(part.text) } : part)),
      };
    case 'assistant':
      return {
        ...message,
        content: message.content.map((part) =>
          part.type === 'tool_call' ? { ...part, arguments: next(part.arguments) } : { ...part, text: next(part.text) },
        ),
      };
    case 'tool':
      return { ...message, content: message.content.map((part) => replaceInResult(part, next)) };
    default:
      return unreachable(message);
  }
}

function replaceInResult(result: ToolResultPart, next: (before: string) => string): ToolResultPart {
  return {
    ...result,
    content: result.content.map((part) => (part.type === 'text' ? { ...part, text: next(part.text) } : part)),
  };
}
