/**
 * A file that lines are appended to without anybody waiting for it, bounded in memory, whatever the disk does.
 *
 * Lines are written in order and whole: a partial write is continued where it stopped. While the file
 * cannot be written (a full disk, a missing volume), lines are buffered up to the bound and tried again; further lines
 * are refused. A file that was renamed or removed (rotation) is opened anew, between two lines; one that is large or old is
 * renamed where that is asked for.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { type FileHandle, mkdir, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface LineFileOptions {
  /** Created with its folder, readable by its owner alone. */
  readonly path: string;
  /** Characters that may be waiting to be written. */
  readonly maxWaiting: number;
  /** How long to wait after a failure before the next try. */
  readonly retryMs: number;
  /** When it is renamed to `path.1`, that to `path.2` and so on. @default never */
  readonly rotation?: { readonly maxBytes: number; readonly maxAgeMs: number; readonly keep: number };
  /** Called once when writing begins to fail, and once with `undefined` when it works again. */
  readonly onFailure: (error: unknown) => void;
}

/** Characters written at once. */
const chunkLength = 256 * 1_024;

/** How often the file is looked up by its name, to find that it was renamed. */
const rotationCheckMs = 1_000;

export class LineFile {
  readonly #options: LineFileOptions;
  #waiting: string[] = [];
  #waitingLength = 0;
  /** The bytes being written, and whether a part of them is in the file. */
  #chunk: Buffer = Buffer.alloc(0);
  #isBegun = false;
  #handle: FileHandle | undefined;
  #checkedAt = 0;
  /** Of the open file: its bytes, and when it was begun. */
  #size = 0;
  #begunAt = 0;
  #isFailing = false;
  #writing: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: LineFileOptions) {
    this.#options = options;
  }

  /** @returns whether there was room for `line`, which has no line break */
  add(line: string): boolean {
    if (this.#waitingLength + line.length > this.#options.maxWaiting) return false;
    this.#waiting.push(line);
    this.#waitingLength += line.length + 1;
    return true;
  }

  /** Whether everything that was added is written. */
  get isWritten(): boolean {
    return this.#waiting.length === 0 && this.#chunk.length === 0;
  }

  /** Writes what is waiting, one writer at a time. Never rejects: after a failure it is tried again by itself. */
  flush(): Promise<void> {
    clearTimeout(this.#retry);
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  async #write(): Promise<void> {
    try {
      while (!this.isWritten) {
        if (this.#chunk.length === 0) this.#takeChunk();
        if (!this.#isBegun) await this.#reopenIfRenamed();
        if (!this.#isBegun) await this.#rotateIfDue();
        this.#handle ??= await this.#open();
        const { bytesWritten } = await this.#handle.write(this.#chunk);
        this.#size += bytesWritten;
        this.#chunk = this.#chunk.subarray(bytesWritten);
        this.#isBegun = this.#chunk.length > 0;
        if (this.#isFailing) this.#options.onFailure(undefined);
        this.#isFailing = false;
      }
    } catch (error) {
      if (!this.#isFailing) this.#options.onFailure(error);
      this.#isFailing = true;
      // A partial line must be completed in the same file; otherwise the file is opened anew, as it may have been removed.
      if (!this.#isBegun) await this.#close();
      // Set last: a `flush` during the close above would join this write, and no further one would follow.
      this.#retry = setTimeout(() => void this.flush(), this.#options.retryMs);
      this.#retry.unref();
    }
  }

  #takeChunk(): void {
    let text = '';
    let count = 0;
    while (count < this.#waiting.length && text.length < chunkLength) text += `${this.#waiting[count++]}\n`;
    this.#waiting = this.#waiting.slice(count);
    this.#waitingLength -= text.length;
    this.#chunk = Buffer.from(text);
  }

  async #open(): Promise<FileHandle> {
    const { path } = this.#options;
    await mkdir(dirname(path), { recursive: true });
    this.#checkedAt = performance.now();
    const handle = await open(path, 'a', 0o600);
    const { size, birthtimeMs } = await handle.stat();
    this.#size = size;
    // Some file systems do not know when.
    this.#begunAt = size === 0 || birthtimeMs <= 0 ? Date.now() : birthtimeMs;
    return handle;
  }

  /** Where another program has renamed the file, the next line begins a new one. */
  reopen(): void {
    this.#checkedAt = Number.NEGATIVE_INFINITY;
  }

  /** Writes what is waiting before the process exits; what a thread is writing ends before it does. */
  flushNow(): void {
    clearTimeout(this.#retry);
    const lines = this.#waiting.map((line) => `${line}\n`).join('');
    const rest = this.#writing === undefined ? this.#chunk : Buffer.alloc(0);
    this.#waiting = [];
    try {
      if (rest.length === 0 && lines === '') return;
      const { path } = this.#options;
      mkdirSync(dirname(path), { recursive: true });
      appendFileSync(path, Buffer.concat([rest, Buffer.from(lines)]), { mode: 0o600 });
    } catch {
      // The process exits: there is no place left to report to.
    }
  }

  async #rotateIfDue(): Promise<void> {
    const { rotation, path } = this.#options;
    if (rotation === undefined || this.#handle === undefined || this.#size === 0) return;
    if (this.#size < rotation.maxBytes && Date.now() - this.#begunAt < rotation.maxAgeMs) return;
    await this.#close();
    for (let number = rotation.keep - 1; number >= 1; number--)
      await renameFile(`${path}.${number}`, `${path}.${number + 1}`);
    await renameFile(path, `${path}.1`);
  }

  async #reopenIfRenamed(): Promise<void> {
    if (this.#handle === undefined || performance.now() - this.#checkedAt < rotationCheckMs) return;
    const opened = await this.#handle.stat();
    const current = await stat(this.#options.path).catch(() => undefined);
    this.#checkedAt = performance.now();
    if (current === undefined || current.ino !== opened.ino || current.dev !== opened.dev) await this.#close();
  }

  /** Ends the writing; call `flush` first. Never rejects. */
  async close(): Promise<void> {
    clearTimeout(this.#retry);
    await this.#close();
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    // A failed close loses nothing: the lines were written before.
    await handle?.close().catch(() => undefined);
  }
}

/** One that is not there is no failure: there may be fewer files than are kept. */
async function renameFile(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
