/**
 * Encodes a part's opaque data as one string, for wires with a string field (a thinking block's `signature`, a
 * reasoning item's `encrypted_content`). When decoded, it is validated: strings by name under a provider's name; so a
 * client's text cannot set any other option of a provider.
 */
import type { JsonObject } from '../../model-call/index.ts';
import { isFields } from './read-fields.ts';

const seal = 'isthmus.1.';

export function opaqueToText(opaque: JsonObject): string {
  return seal + Buffer.from(JSON.stringify(opaque)).toString('base64url');
}

/** `undefined`: the text was not encoded here. */
export function opaqueFromText(text: string): JsonObject | undefined {
  if (!text.startsWith(seal)) return undefined;
  try {
    return readOpaque(JSON.parse(Buffer.from(text.slice(seal.length), 'base64url').toString()));
  } catch {
    return undefined;
  }
}

/** Strings, or strings by name under a name; anything else is removed. */
export function readOpaque(value: unknown): JsonObject | undefined {
  if (!isFields(value)) return undefined;
  const opaque: Record<string, unknown> = Object.create(null);
  let hasText = false;
  for (const [name, inner] of Object.entries(value)) {
    if (typeof inner === 'string') {
      opaque[name] = inner;
      hasText = true;
    } else if (isFields(inner)) {
      const strings = Object.entries(inner).filter(([, leaf]) => typeof leaf === 'string');
      if (strings.length === 0) continue;
      opaque[name] = Object.fromEntries(strings);
      hasText = true;
    }
  }
  return hasText ? opaque : undefined;
}
