/**
 * The opaque data of a tool call (Gemini's `thoughtSignature`) on wires without a field for it. On chat completions it
 * is `extra_content`, in the form of Google's compatible endpoint and its clients. Anthropic's blocks have no field
 * that every client sends back except the call's id: the data is encoded into the id, together with ids that this wire
 * would refuse, and decoded from requests.
 */
import type { JsonObject } from '../../model-call/index.ts';
import { readOpaque } from './opaque-text.ts';
import { isFields } from './read-fields.ts';

/** As `extra_content` of a call: `{ google: { thought_signature } }` for Gemini's. */
export function extraContentOf(opaque: JsonObject): JsonObject {
  const extra: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(opaque)) {
    if (name === 'chat' && isFields(inner) && typeof inner.extra_content === 'string') {
      Object.assign(extra, fieldsIn(inner.extra_content));
    } else if (isFields(inner) && typeof inner.thoughtSignature === 'string') {
      const { thoughtSignature, ...fields } = inner;
      extra.google = { ...fields, thought_signature: thoughtSignature };
    } else extra[name] = inner;
  }
  return extra;
}

function fieldsIn(text: string): JsonObject {
  try {
    const fields: unknown = JSON.parse(text);
    return isFields(fields) ? fields : {};
  } catch {
    return {};
  }
}

export function readExtraContent(value: unknown): JsonObject | undefined {
  const opaque = readOpaque(value);
  const google = opaque?.google;
  if (opaque === undefined || !isFields(google) || typeof google.thought_signature !== 'string') return opaque;
  const { thought_signature: thoughtSignature, ...fields } = google;
  return { ...opaque, google: { ...fields, thoughtSignature } };
}

const seal = '__isthmus_';

/** The id format of Anthropic's API and its clients. */
const plainId = /^[\w-]{1,128}$/;

/** An id for Anthropic's wire that encodes the original id and the opaque data. */
export function sealCallId(id: string, opaque: JsonObject | undefined): string {
  if (opaque === undefined && plainId.test(id) && !id.includes(seal)) return id;
  const encodedId = JSON.stringify(opaque === undefined ? [id] : [id, opaque]);
  return `toolu${seal}${Buffer.from(encodedId).toString('base64url')}`;
}

export interface CallId {
  readonly id: string;
  readonly opaque: JsonObject | undefined;
}

/** Any other id is returned unchanged. */
export function openCallId(text: string): CallId {
  const at = text.indexOf(seal);
  if (at === -1) return { id: text, opaque: undefined };
  try {
    const opened: unknown = JSON.parse(Buffer.from(text.slice(at + seal.length), 'base64url').toString());
    const [id, opaque] = Array.isArray(opened) ? (opened as readonly unknown[]) : [];
    if (typeof id === 'string' && id !== '') return { id, opaque: readOpaque(opaque) };
  } catch {
    // below
  }
  return { id: text, opaque: undefined };
}
