/**
 * What one thread writes of the ledger: lines at the end of a file, each handed to the operating system before the call
 * goes on, so that no end of the process loses one. The disk has them within a second: a machine that loses its power
 * loses at most that.
 *
 * A file of a megabyte is left for the next one, which begins with the charges that are still open: so what is left is no
 * longer needed once it has been imported. Lines that cannot be written (a full disk) are held, up to `maxHeld`, and
 * written when they can be; calls go on.
 */
import { closeSync, fdatasync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { newId, type TextCipher } from '../../lib/index.ts';
import { formatLine, type LedgerPayer, type SegmentRow, sealPayer } from './segment-lines.ts';

export interface SegmentWriterOptions {
  /** Exists, and belongs to this process. */
  readonly folder: string;
  /** Names this thread: no other has or had the number in this process. */
  readonly holder: number;
  readonly cipher: TextCipher;
  /** Called once when writing begins to fail, and once with undefined when it works again. */
  readonly onFailure: (error: unknown) => void;
  /** @default 1_000_000 */
  readonly maxBytes?: number;
  /** Characters that are held while they cannot be written. @default 16_000_000 */
  readonly maxHeld?: number;
}

const syncMs = 1_000;

/** The files of a thread in their order: `<holder>-<number>.log`. */
export const segmentName = (holder: number, number: number): string =>
  `${holder}-${String(number).padStart(8, '0')}.log`;

export class SegmentWriter {
  readonly #options: SegmentWriterOptions;
  readonly #idPrefix: string;
  #lastId = 0;
  /** The lines of charges that are not settled, by id. */
  readonly #open = new Map<string, string>();
  #fd: number | undefined;
  #number = 0;
  #bytes = 0;
  /** What is not written yet. */
  #held: Buffer = Buffer.alloc(0);
  #isFailing = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SegmentWriterOptions) {
    this.#options = options;
    this.#idPrefix = `${newId('').slice(0, 16)}-${options.holder.toString(36)}`;
  }

  seal(payer: LedgerPayer): string {
    return sealPayer(payer, this.#options.cipher);
  }

  /** Before the request is sent. @param row as it is settled if this process ends before it @returns its id */
  charged(row: SegmentRow): string {
    const id = this.#nextId();
    const line = formatLine('charged', id, row);
    this.#open.set(id, line);
    this.#write(line);
    return id;
  }

  /** @param id of its charge; undefined: it had none */
  settled(id: string | undefined, row: SegmentRow): void {
    if (id !== undefined) this.#open.delete(id);
    this.#write(formatLine('settled', id ?? this.#nextId(), row));
  }

  /** What could not be written yet. */
  get heldBytes(): number {
    return this.#held.length;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#flush();
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #nextId(): string {
    this.#lastId++;
    return `${this.#idPrefix}-${this.#lastId.toString(36)}`;
  }

  #write(line: string): void {
    const { maxBytes = 1_000_000, maxHeld = 16_000_000 } = this.#options;
    if (this.#held.length > 0) {
      if (this.#held.length + line.length <= maxHeld) this.#held = Buffer.concat([this.#held, Buffer.from(line)]);
      this.#flush();
      return;
    }
    this.#held = Buffer.from(line);
    this.#flush();
    if (this.#bytes >= maxBytes && this.#held.length === 0) this.#beginNext();
  }

  /** Never throws: what cannot be written stays held. */
  #flush(): void {
    try {
      while (this.#held.length > 0) {
        this.#fd ??= this.#openFile();
        const count = writeSync(this.#fd, this.#held);
        this.#bytes += count;
        this.#held = this.#held.subarray(count);
      }
      if (this.#isFailing) this.#options.onFailure(undefined);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#options.onFailure(error);
      this.#isFailing = true;
      this.#runTimer();
    }
  }

  #openFile(): number {
    const { folder, holder } = this.#options;
    const fd = openSync(join(folder, segmentName(holder, this.#number)), 'a', 0o600);
    this.#runTimer();
    return fd;
  }

  #beginNext(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    this.#number++;
    this.#bytes = 0;
    this.#held = Buffer.from([...this.#open.values()].join(''));
    this.#flush();
    // An empty file too says that the one before it is complete.
    if (this.#fd === undefined && this.#held.length === 0) this.#fd = this.#openFile();
    if (fd !== undefined) fdatasync(fd, () => closeSync(fd));
  }

  #runTimer(): void {
    this.#timer ??= setInterval(() => this.#tick(), syncMs).unref();
  }

  #tick(): void {
    this.#flush();
    if (this.#fd !== undefined) fdatasync(this.#fd, () => undefined);
  }
}
