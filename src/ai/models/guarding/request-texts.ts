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
import { unsupportedMessage } from '../unsupported-message.ts';

/**
 * Every text of a request that is sent to a provider, in order, with its role: messages, the names of files and of the
 * end user, and fields that only the client's wire has. Tools and schemas are written by the application and not checked.
 */
export function textsOf(request: ModelRequest): readonly GuardedText[] {
  const texts: GuardedText[] = [];
  for (const message of request.messages) addTexts(message, texts);
  if (request.user !== undefined) texts.push({ role: 'user', text: request.user });
  if (request.wire !== undefined) addWireTexts(request.wire, texts);
  return texts;
}

/**
 * The request with its texts replaced. The client's original body cannot be forwarded any more; throws
 * `AI_REQUEST_UNSUPPORTED` if it had fields that the model-call form has no field for.
 *
 * @param changed as many as `textsOf` returned, in the same order
 */
export function replaceTexts(request: ModelRequest, changed: readonly GuardedText[]): ModelRequest {
  const { wire, ...plain } = request;
  const lost = wire === undefined ? '' : lostFields(wire).join(', ');
  if (lost !== '') {
    const detail = `the request was masked, so these fields cannot be sent on: ${lost}`;
    throw new GatewayError('AI_REQUEST_UNSUPPORTED', { detail, message: unsupportedMessage(lost) });
  }
  let place = 0;
  const next = (original: string): string => changed[place++]?.text ?? original;
  const messages = plain.messages.map((message) => replaceIn(message, next));
  const masked = { ...plain, messages, ...(plain.user === undefined ? {} : { user: next(plain.user) }) };
  // Adaptations are still reported; the client's body is dropped.
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

function addPart(source: Omit<GuardedText, 'text'>, part: TextPart | ImagePart | FilePart, texts: GuardedText[]): void {
  if (part.type === 'text') texts.push({ ...source, text: part.text });
  else if (part.type === 'file' && part.name !== undefined) texts.push({ ...source, text: part.name });
}

/** Top-level fields that are forwarded and may contain free text. */
const freeTextFields = ['metadata', 'prompt_cache_key', 'safety_identifier'] as const;

/** Unmapped fields are named by field, `logit_bias`, or by path, `input[3] (computer_call)`. */
function addWireTexts({ body, unmapped }: WireRequest, texts: GuardedText[]): void {
  for (const field of freeTextFields) addStrings(body[field], texts);
  if (Array.isArray(body.messages)) {
    for (const message of body.messages) {
      const { name } = recordOf(message);
      if (typeof name === 'string') texts.push({ role: 'user', text: name });
    }
  }
  for (const path of unmapped) {
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

function replaceIn(message: Message, next: (original: string) => string): Message {
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

function replaceInResult(result: ToolResultPart, next: (original: string) => string): ToolResultPart {
  return { ...result, content: result.content.map((part) => replaceInPart(part, next)) };
}

function replaceInPart<Part extends TextPart | ImagePart | FilePart>(
  part: Part,
  next: (original: string) => string,
): Part {
  if (part.type === 'text') return { ...part, text: next(part.text) };
  return part.type === 'file' && part.name !== undefined ? { ...part, name: next(part.name) } : part;
}
