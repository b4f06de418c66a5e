/**
 * A recorded answer of a provider, from files: `<path>.json` is a complete body, `<path>.chunks.txt` one event per
 * line.
 */
import { readFile } from 'node:fs/promises';

export interface Recording {
  readonly name: string;
  /** The complete body; an error body is sent with its status. */
  readonly whole?: Readonly<Record<string, unknown>>;
  /**
   * The events of a stream, framed as the wire frames them. Text is sent unchanged, errors of the provider included.
   */
  readonly events?: readonly (Readonly<Record<string, unknown>> | string)[];
  /** A stream's bytes, framing included, sent unchanged. */
  readonly stream?: Uint8Array;
}

/**
 * Reads `<path>.json`, `<path>.chunks.txt` and `<path>.sse`, as far as they exist; a path with one of these endings is
 * read alone. Rejects if there is none, or if the complete body is not a JSON object.
 */
export async function readRecording(path: string): Promise<Recording> {
  const ending = /\.(?:json|chunks\.txt|sse)$/.exec(path)?.[0];
  const base = ending === undefined ? path : path.slice(0, -ending.length);
  const read = async (kind: string) =>
    ending === undefined || ending === kind ? readFile(base + kind).catch(ignoreMissing) : undefined;
  const [whole, events, stream] = await Promise.all([read('.json'), read('.chunks.txt'), read('.sse')]);
  if (whole === undefined && events === undefined && stream === undefined) {
    throw new Error(`There is no recording at ${path}: neither .json nor .chunks.txt nor .sse`);
  }
  const body = whole && parseObject(whole.toString());
  if (whole !== undefined && body === undefined) throw new Error(`${base}.json is not a JSON object`);
  return {
    name: base.slice(base.lastIndexOf('/') + 1),
    ...(body && { whole: body }),
    ...(events && { events: parseLines(events.toString()) }),
    ...(stream && { stream }),
  };
}

function ignoreMissing(error: unknown): undefined {
  if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
}

/** A line that is not a JSON object remains text: providers have sent such lines. */
function parseLines(text: string): (Readonly<Record<string, unknown>> | string)[] {
  const events: (Readonly<Record<string, unknown>> | string)[] = [];
  for (const line of text.split('\n')) if (line.trim() !== '') events.push(parseObject(line) ?? line);
  return events;
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
