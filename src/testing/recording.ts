/** What a provider once sent, read from files: `<path>.json` is a whole body, `<path>.chunks.txt` one event a line. */
import { readFile } from 'node:fs/promises';

export interface Recording {
  readonly name: string;
  /** The whole body; a body that is an error is answered with its status. */
  readonly whole?: Readonly<Record<string, unknown>>;
  /** The events of a stream, framed as the wire frames them. Text is sent as it is, the slip of a provider. */
  readonly events?: readonly (Readonly<Record<string, unknown>> | string)[];
  /** A stream's bytes, framing included, sent as they are. */
  readonly stream?: Uint8Array;
}

/**
 * Reads `<path>.json`, `<path>.chunks.txt` and `<path>.sse`, those there are; a path with one of these endings is read
 * alone. Rejects where there is none, or where the whole body is no JSON object.
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

/** A line that is no JSON object stays the text it is: providers have sent such. */
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
