/** Reads untrusted JSON: values that are missing or of another type are read as absent. */
import type { JsonObject } from './json.ts';

const empty: JsonObject = Object.freeze(Object.create(null));

/** The object itself, or an empty one. */
export function recordOf(value: unknown): JsonObject {
  return value !== null && typeof value === 'object' ? (value as JsonObject) : empty;
}

export function isRecord(value: unknown): value is JsonObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text that is not empty. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** `undefined` if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The data of one event of a stream. An event that lacks only its closing brace is read too: such a terminal event of
 * OpenAI's was recorded, complete otherwise. `undefined` if it is not JSON.
 */
export function parseEvent(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return parseJson(`${data}}`);
  }
}
