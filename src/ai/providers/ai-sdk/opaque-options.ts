/**
 * Opaque data that a provider attaches to a part and requires back: texts (a signature, encrypted thinking) under its
 * package's name. Nothing else passes in either direction, so that no option of a package can be set through a
 * conversation.
 */
import type { JsonObject } from '../../model-call/index.ts';
import { recordOf } from '../../model-call/index.ts';

export function opaqueTexts(metadata: unknown): Record<string, Record<string, string>> {
  const texts: Record<string, Record<string, string>> = Object.create(null);
  for (const [namespace, fields] of Object.entries(recordOf(metadata))) {
    for (const [name, value] of Object.entries(recordOf(fields))) {
      if (typeof value !== 'string' || Array.isArray(fields)) continue;
      texts[namespace] ??= Object.create(null) as Record<string, string>;
      texts[namespace][name] = value;
    }
  }
  return texts;
}

/** Merges both, the later one takes precedence; `undefined` if both are empty. */
export function joinedOpaque(before: JsonObject | undefined, metadata: unknown): JsonObject | undefined {
  if (metadata === undefined) return before;
  const later = opaqueTexts(metadata);
  const names = Object.keys(later);
  if (names.length === 0) return before;
  const joined: Record<string, unknown> = { ...before };
  for (const name of names) joined[name] = { ...recordOf(joined[name]), ...later[name] };
  return joined;
}
