/** Reads the segments of a folder, each from where it was read last, and the charges that they leave open. */
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseLine, type SegmentLine } from './segment-lines.ts';

export interface Segment {
  readonly file: string;
  readonly holder: number;
  /** Whether its thread has begun another one. */
  readonly isComplete: boolean;
}

/** The segments of a folder, those of a thread in their order. */
export async function listSegments(folder: string): Promise<readonly Segment[]> {
  const names = (await readdir(folder)).filter((name) => /^\d+-\d{8}\.log$/.test(name)).sort();
  const last = new Map(names.map((name) => [name.split('-', 1)[0], name]));
  return names.map((name) => {
    const [holder = ''] = name.split('-', 1);
    return { file: join(folder, name), holder: Number(holder), isComplete: last.get(holder) !== name };
  });
}

/** Read at once, and so the most of a batch. */
const chunkBytes = 256 * 1_024;

export class SegmentReader {
  readonly #file: string;
  /** Everything before it has been dealt with. */
  #offset = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Hands on the lines that have not been dealt with, in batches.
   * @param deal where it rejects, the batch is handed on again next time
   * @returns how many lines could not be read
   */
  async read(deal: (lines: readonly SegmentLine[]) => Promise<void>): Promise<number> {
    let unreadable = 0;
    const handle = await open(this.#file, 'r');
    try {
      for (;;) {
        const bytes = await readChunk(handle, this.#offset);
        if (bytes.length === 0) return unreadable;
        const lines = bytes.toString('utf8').split('\n').slice(0, -1);
        const parsed = lines.map(parseLine);
        await deal(parsed.filter((line) => line !== undefined));
        unreadable += parsed.filter((line) => line === undefined).length;
        this.#offset += bytes.length;
      }
    } finally {
      await handle.close();
    }
  }

  async remove(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

/** Whole lines; a last one without an end is being written, or its end is lost. */
async function readChunk(handle: FileHandle, offset: number): Promise<Buffer> {
  for (let size = chunkBytes; ; size *= 2) {
    const { buffer, bytesRead } = await handle.read(Buffer.allocUnsafe(size), 0, size, offset);
    const end = buffer.subarray(0, bytesRead).lastIndexOf(10) + 1;
    if (end > 0 || bytesRead < size) return buffer.subarray(0, end);
  }
}
