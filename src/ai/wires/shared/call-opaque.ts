/**
 * What a provider wants back with a tool call (Gemini's `thoughtSignature`), in wires that have no place of their own for
 * it. Chat completions take it as `extra_content`, in the words that Google's compatible endpoint and its clients use.
 * Anthropic's blocks have nothing that every client sends back but the call's id: it is sealed into that, together with
 * ids that this wire would refuse, and taken out again before anything is asked.
 */
import type { JsonObject } from '../../model-call/index.ts';
import { readOpaque } from './opaque-text.ts';
import { isFields } from './read-fields.ts';

/** As `extra_content` of a call: `{ google: { thought_signature } }` where it is Gemini's. */
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

/** What Anthropic's API and its clients take for an id. */
const plainId = /^[\w-]{1,128}$/;

/** An id of Anthropic's wire that holds the call's own, and what goes back with it. */
export function sealCallId(id: string, opaque: JsonObject | undefined): string {
  if (opaque === undefined && plainId.test(id) && !id.includes(seal)) return id;
  const sealed = JSON.stringify(opaque === undefined ? [id] : [id, opaque]);
  return `toolu${seal}${Buffer.from(sealed).toString('base64url')}`;
}

export interface CallId {
  readonly id: string;
  readonly opaque: JsonObject | undefined;
}

/** Any other id is itself. */
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
