/**
 * A file that lines are appended to without anybody waiting for it, bounded in memory, whatever the disk does.
 *
 * Lines are written in order and whole: a partial write is continued where it stopped. While the file
 * cannot be written (a full disk, a missing volume), lines are buffered up to the bound and tried again; further lines
 * are refused. A file that was renamed or removed (rotation) is opened anew, between two lines.
 */
import { type FileHandle, mkdir, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface LineFileOptions {
  /** Created with its folder, readable by its owner alone. */
  readonly path: string;
  /** Characters that may be waiting to be written. */
  readonly maxWaiting: number;
  /** How long to wait after a failure before the next try. */
  readonly retryMs: number;
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
        this.#handle ??= await this.#open();
        const { bytesWritten } = await this.#handle.write(this.#chunk);
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
    return open(path, 'a', 0o600);
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
