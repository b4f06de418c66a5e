/**
 * Log lines in a file: queued, written a little later, several at once; never awaited, bounded in memory. While the file cannot
 * be written (a full disk), lines are held up to the bound, further ones dropped and counted; the first line after that says
 * how many. A file that is large or old is renamed, and so many are kept.
 */
import type { LogFileConfig } from '../../config/index.ts';
import { LineFile } from '../line-file.ts';
import { lostLines } from '../lost-lines.ts';

export interface LogFileOptions {
  readonly config: LogFileConfig;
  /** The line for so many that were lost, without its line break. */
  readonly lostLine: (lost: number) => string;
  /** Called once as writing begins to fail, and once with `undefined` as it works again. */
  readonly onFailure: (error: unknown) => void;
  /** Characters that may be waiting to be written. @default 8000000 */
  readonly maxWaiting?: number;
  /** How long a line waits for others. @default 50 */
  readonly delayMs?: number;
  /** How long to wait after a failure. @default 1000 */
  readonly retryMs?: number;
}

export class LogFile {
  readonly #lines: LineFile;
  readonly #lostLine: LogFileOptions['lostLine'];
  readonly #delayMs: number;
  readonly #retryMs: number;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  #lost = 0;

  constructor({ config, lostLine, onFailure, maxWaiting = 8_000_000, delayMs = 50, retryMs = 1_000 }: LogFileOptions) {
    const { path, ...rotation } = config;
    this.#lines = new LineFile({ path, maxWaiting, retryMs, rotation, onFailure });
    this.#lostLine = lostLine;
    this.#delayMs = delayMs;
    this.#retryMs = retryMs;
  }

  /** @param lines one or several, each with its line break */
  write(lines: string): void {
    // Once a line has been dropped, so are others until there is room again: what is missing is in one place.
    if (this.#lost > 0 || !this.#lines.add(lines.slice(0, -1))) {
      const count = lines.split('\n').length - 1;
      this.#lost += count;
      lostLines.file += count;
    }
    this.#later(this.#delayMs);
  }

  #later(delayMs: number): void {
    this.#timer ??= setTimeout(() => void this.#flush(), delayMs).unref();
  }

  /** One at a time. A line that comes while it is under way has a timer of its own. */
  #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing ??= this.#write().finally(() => {
      this.#flushing = undefined;
      if (this.#lost > 0) this.#later(this.#retryMs);
    });
    return this.#flushing;
  }

  async #write(): Promise<void> {
    await this.#lines.flush();
    if (this.#lost === 0 || !this.#lines.isWritten) return;
    this.#lines.add(this.#lostLine(this.#lost));
    this.#lost = 0;
    await this.#lines.flush();
  }

  /** Writes what is held, and closes the file until there is another line. */
  async close(): Promise<void> {
    await this.#flush();
    await this.#lines.close();
  }

  /** The file is opened anew: another program has renamed it. */
  reopen(): void {
    this.#lines.reopen();
  }

  /** Writes what is held, at once: the process exits. */
  flushAtExit(): void {
    clearTimeout(this.#timer);
    if (this.#lost > 0) this.#lines.add(this.#lostLine(this.#lost));
    this.#lines.flushNow();
  }
}
