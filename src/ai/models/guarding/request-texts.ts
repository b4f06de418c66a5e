import { GatewayError } from '../../../errors/index.ts';
import { unreachable } from '../../../lib/index.ts';
import type { GuardedText } from '../../guardrails/index.ts';
import type {
  FilePart,
  ImagePart,
  Message,
  ModelRequest,
  TextPart,
  ToolResultPart,
  WireRequest,
} from '../../model-call/index.ts';
import { arrayOf, recordOf } from '../../model-call/index.ts';
import { lostFields } from '../../wires/shared/index.ts';
import { unsupportedSentence } from '../calling/fallback.ts';

/**
 * Every text of a request that leaves with it, in order, with whose it is: what a model reads, the names of files and of
 * the end user, and what only the client's own wire says. What an application writes once (tools, schemas) is its own.
 */
export function textsOf(request: ModelRequest): readonly GuardedText[] {
  const texts: GuardedText[] = [];
  for (const message of request.messages) addTexts(message, texts);
  if (request.user !== undefined) texts.push({ role: 'user', text: request.user });
  if (request.wire !== undefined) addWireTexts(request.wire, texts);
  return texts;
}

/**
 * The request with other texts in their places. It is not the one the client wrote any more, so it is sent in the one
 * form; throws `AI_REQUEST_UNSUPPORTED` where the client's had fields that form has nothing for.
 *
 * @param changed as many as `textsOf` gave, in the same order
 */
export function replaceTexts(request: ModelRequest, changed: readonly GuardedText[]): ModelRequest {
  const { wire, ...plain } = request;
  const lost = wire === undefined ? '' : lostFields(wire).join(', ');
  if (lost !== '') {
    const detail = `the request was masked, so these fields cannot be sent on: ${lost}`;
    throw new GatewayError('AI_REQUEST_UNSUPPORTED', { detail, message: unsupportedSentence(lost) });
  }
  let place = 0;
  const next = (before: string): string => changed[place++]?.text ?? before;
  const messages = plain.messages.map((message) => replaceIn(message, next));
  const masked = { ...plain, messages, ...(plain.user === undefined ? {} : { user: next(plain.user) }) };
  // What has another form in it is still told so; nothing of the client's own body is left.
  return wire?.adapts === undefined ? masked : { ...masked, wire: { ...wire, body: {}, isForeign: true } };
}

function addTexts(message: Message, texts: GuardedText[]): void {
  const { role } = message;
  if (role === 'system') {
    texts.push({ role, text: message.content });
    return;
  }
  if (message.role === 'user' && message.item !== undefined) {
    const scope = message.item;
    for (const part of message.content) addPart({ role, scope }, part, texts);
    return;
  }
  for (const part of message.content) {
    if (part.type === 'text' || part.type === 'reasoning') texts.push({ role, text: part.text });
    else if (part.type === 'tool_call') texts.push({ role, text: part.arguments });
    else if (part.type === 'tool_result') for (const inner of part.content) addPart({ role }, inner, texts);
    else addPart({ role }, part, texts);
  }
}

function addPart(whose: Omit<GuardedText, 'text'>, part: TextPart | ImagePart | FilePart, texts: GuardedText[]): void {
  if (part.type === 'text') texts.push({ ...whose, text: part.text });
  else if (part.type === 'file' && part.name !== undefined) texts.push({ ...whose, text: part.name });
}

/** Fields beside the messages that are sent on as they are, and are people's words all the same. */
const freeFields = ['metadata', 'prompt_cache_key', 'safety_identifier'] as const;

/** What has no place in the one form is named by its field, `logit_bias`, or by its place, `input[3] (computer_call)`. */
function addWireTexts({ body, beyond }: WireRequest, texts: GuardedText[]): void {
  for (const field of freeFields) addStrings(body[field], texts);
  if (Array.isArray(body.messages)) {
    for (const message of body.messages) {
      const { name } = recordOf(message);
      if (typeof name === 'string') texts.push({ role: 'user', text: name });
    }
  }
  for (const path of beyond) {
    const [, field = path, index] = /^(\w+)(?:\[(\d+)\])?/.exec(path) ?? [];
    const value = body[field];
    addStrings(index === undefined ? value : arrayOf(value)[Number(index)], texts);
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
        content: message.content.map((part) => replaceInPart(part, next)),
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
  return { ...result, content: result.content.map((part) => replaceInPart(part, next)) };
}

function replaceInPart<Part extends TextPart | ImagePart | FilePart>(
  part: Part,
  next: (before: string) => string,
): Part {
  if (part.type === 'text') return { ...part, text: next(part.text) };
  return part.type === 'file' && part.name !== undefined ? { ...part, name: next(part.name) } : part;
}
