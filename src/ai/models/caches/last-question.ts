import type { JsonObject, ModelRequest } from '../../model-call/index.ts';

/** A request, split into its user's last text and everything else. */
export interface LastQuestion {
  readonly text: string;
  /** The request without the text. */
  readonly remainder: unknown;
}

/**
 * @returns undefined if the last message is not a single text by the user, or if the text cannot be located in the client's
 * body: such requests only match exactly
 */
export function lastQuestion(request: ModelRequest): LastQuestion | undefined {
  const last = request.messages.at(-1);
  if (last?.role !== 'user') return undefined;
  const texts = last.content.flatMap((part) => (part.type === 'text' ? [part.text] : []));
  const [text] = texts;
  if (text === undefined || texts.length > 1) return undefined;
  const content = last.content.filter(({ type }) => type !== 'text');
  const messages = [...request.messages.slice(0, -1), { role: 'user', content }];
  if (request.wire === undefined) return { text, remainder: { ...request, messages } };
  const body = withoutText(request.wire.body, text);
  return body === undefined
    ? undefined
    : { text, remainder: { ...request, messages, wire: { ...request.wire, body } } };
}

/** The body of OpenAI's chat (`messages`) or responses (`input`) without the last message's text. */
function withoutText(body: JsonObject, text: string): unknown {
  const field = body.messages === undefined ? 'input' : 'messages';
  const turns = body[field];
  if (turns === text) return { ...body, [field]: null };
  if (!Array.isArray(turns)) return undefined;
  const last: unknown = turns.at(-1);
  if (!isObject(last)) return undefined;
  let { content } = last;
  if (content === text) content = null;
  else {
    if (!Array.isArray(content)) return undefined;
    const places = content.flatMap((part: unknown, index) => (isObject(part) && part.text === text ? [index] : []));
    const [place] = places;
    if (place === undefined || places.length > 1) return undefined;
    content = content.with(place, { ...(content[place] as JsonObject), text: null });
  }
  return { ...body, [field]: [...turns.slice(0, -1), { ...last, content }] };
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
