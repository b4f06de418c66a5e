/**
 * The output of log lines: bounded in memory, and never awaited. With a full disk, a pipe without a reader, a closed pipe
 * or a stopped terminal, lines are buffered up to a bound, further ones are dropped and counted, and neither requests nor
 * the shutdown are delayed.
 *
 * Pipes, sockets and terminals are written without blocking from the event loop. Node's asynchronous write would use a
 * thread of its pool, and a thread that hangs in a write prevents the process from exiting.
 */
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { lostLines } from './lost-lines.ts';

export interface LogOutputOptions {
  /** The file descriptor that lines are written to. @default 1 */
  readonly fd?: number;
  /** Bytes that may be waiting to be written. @default 8000000 */
  readonly maxWaiting?: number;
  /** How long a line waits for others, in milliseconds: a write for each would cost more than the line. @default 50 */
  readonly delayMs?: number;
  /** Bytes that are written without waiting for more. @default 32768 */
  readonly eagerBytes?: number;
  /** How long to wait before the next try, where the last one failed. @default 1000 */
  readonly retryMs?: number;
  /** The line that says how many were lost, written once there is room again. */
  readonly lostLine: (lost: number) => string;
}

/** How soon a slow reader is offered more. */
const behindMs = 10;
/** How long the end of the process may wait for such a reader. */
const lastWaitMs = 200;
/** Bytes that are written at once. */
const chunkBytes = 256 * 1_024;

export class LogOutput {
  readonly #options: Required<LogOutputOptions>;
  #lines: string[] = [];
  #waiting = 0;
  #lost = 0;
  /** The bytes being written; a partial line is completed before anything else. */
  #chunk: Buffer = Buffer.alloc(0);
  #isWriting = false;
  #timer: NodeJS.Timeout | undefined;
  #channel: Channel | undefined;

  constructor(options: LogOutputOptions) {
    this.#options = { fd: 1, maxWaiting: 8_000_000, delayMs: 50, eagerBytes: 32_768, retryMs: 1_000, ...options };
  }

  /** Queues a line or several, each with its line break. Never throws and never waits. */
  write(lines: string): void {
    if (this.#waiting + lines.length > this.#options.maxWaiting) {
      const count = lines.split('\n').length - 1;
      this.#lost += count;
      lostLines.output += count;
      return;
    }
    this.#lines.push(lines);
    this.#waiting += lines.length;
    if (this.#isWriting) return;
    if (this.#waiting >= this.#options.eagerBytes && this.#chunk.length === 0) this.#pump();
    else this.#later(this.#options.delayMs);
  }

  /** Writes what it can before the process exits: at once, or to a reader that takes it within 0.2 s. */
  flushAtExit(): void {
    clearTimeout(this.#timer);
    const ends = performance.now() + lastWaitMs;
    if (this.#isWriting) this.#chunk = Buffer.alloc(0); // a thread writes it, and ends before the process does
    try {
      this.#channel ??= openChannel(this.#options.fd);
      while (this.#takeChunk()) {
        const bytes = writeSome(this.#channel.fd, this.#chunk);
        this.#chunk = this.#chunk.subarray(bytes);
        if (bytes > 0) continue;
        if (performance.now() > ends) return;
        Atomics.wait(sleeper, 0, 0, behindMs);
      }
    } catch {
      // The process exits: there is no place left to report to.
    }
  }

  #later(milliseconds: number): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pump();
    }, milliseconds);
    this.#timer.unref();
  }

  #pump(): void {
    if (this.#isWriting) return;
    try {
      this.#channel ??= openChannel(this.#options.fd);
      if (this.#channel.blocks) this.#writeOnThread(this.#channel.fd);
      else this.#writeNow(this.#channel.fd);
    } catch {
      this.#later(this.#options.retryMs);
    }
  }

  #writeNow(fd: number): void {
    while (this.#takeChunk()) {
      const bytes = writeSome(fd, this.#chunk);
      if (bytes === 0) {
        this.#later(behindMs);
        return;
      }
      this.#chunk = this.#chunk.subarray(bytes);
    }
  }

  #writeOnThread(fd: number): void {
    if (!this.#takeChunk()) return;
    this.#isWriting = true;
    write(fd, this.#chunk, (error, bytes) => {
      this.#isWriting = false;
      if (error === null) {
        this.#chunk = this.#chunk.subarray(bytes);
        this.#pump();
      } else this.#later(this.#options.retryMs);
    });
  }

  /** @returns whether there is something to write */
  #takeChunk(): boolean {
    if (this.#chunk.length > 0) return true;
    if (this.#lines.length === 0) return false;
    let count = 0;
    let text = '';
    while (count < this.#lines.length && text.length < chunkBytes) text += this.#lines[count++];
    this.#lines = count === this.#lines.length ? [] : this.#lines.slice(count);
    this.#waiting -= text.length;
    if (this.#lost > 0 && this.#lines.length === 0) {
      text += this.#options.lostLine(this.#lost);
      this.#lost = 0;
    }
    this.#chunk = Buffer.from(text);
    return true;
  }
}

const sleeper = new Int32Array(new SharedArrayBuffer(4));

interface Channel {
  readonly fd: number;
  /** Whether a write returns only when it is done: then it is done on a thread. */
  readonly blocks: boolean;
}

function openChannel(fd: number): Channel {
  const kind = fstatSync(fd);
  if (kind.isFIFO() || kind.isCharacterDevice()) {
    const reopened = openAgain(fd);
    if (reopened !== undefined) return { fd: reopened, blocks: false };
  }
  if (kind.isFIFO() || kind.isSocket()) {
    // Opening it this way makes it non-blocking; Node puts that back at the end. Nothing is written through it.
    const socket = new Socket({ fd, readable: false, writable: true });
    socket.on('error', () => undefined);
    socket.unref();
    return { fd, blocks: false };
  }
  return { fd, blocks: true };
}

/** The same pipe or terminal, non-blocking for us alone: other processes may share the descriptor that we have. */
function openAgain(fd: number): number | undefined {
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    return undefined; // not Linux, or not ours to open: another user's terminal
  }
}

/** @returns the bytes written; 0 where there is no room */
function writeSome(fd: number, chunk: Buffer): number {
  try {
    return writeSync(fd, chunk);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
