/**
 * Reads a text file safely: a pipe without a writer, a device without an end or a file system that does not answer is
 * an error, and does not block a thread for ever.
 */
import { constants, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { withinTime } from './time/within-time.ts';

export interface ReadTextFileOptions {
  /** @default 50_000_000 */
  readonly maxBytes?: number;
  /** @default 10_000 */
  readonly timeoutMs?: number;
}

/** @throws Error with the reason; errors of the file system have its `code` */
export async function readTextFile(path: string, options: ReadTextFileOptions = {}): Promise<string> {
  const { maxBytes = 50_000_000, timeoutMs = 10_000 } = options;
  const signal = AbortSignal.timeout(timeoutMs);
  return withinTime(read(path, maxBytes, signal), { timeoutMs: timeoutMs + 100, what: 'reading the file' });
}

async function read(path: string, maxBytes: number, signal: AbortSignal): Promise<string> {
  // Opening a pipe waits for its writer, unless it is non-blocking.
  const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await file.stat();
    if (!stats.isFile()) throw new Error(`it is ${kindOf(stats)}, not a file`);
    if (stats.size > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`);
    return await file.readFile({ encoding: 'utf8', signal });
  } finally {
    await file.close();
  }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder';
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return 'a device';
}
