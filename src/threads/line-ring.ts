/**
 * Whole lines from one thread to another through shared memory: written in a microsecond without waiting, in order, and
 * there for the reader even where the writing thread has ended in the midst of anything but a line. A line without room
 * is counted as lost.
 *
 * A ring of bytes with one writer and one reader: each moves its own position, and each line is published whole. Positions
 * are counted modulo 2^31, a multiple of the ring's size.
 */

export interface LineRing {
  readonly positions: SharedArrayBuffer;
  readonly bytes: SharedArrayBuffer;
}

/** What the reader falls behind by while its thread is busy; a power of two. */
const defaultBytes = 4_194_304;

const writePosition = 0;
const read = 1;
const lost = 2;
/** 1 while the reader waits to be woken. */
const idle = 3;
const wrap = 0x7fffffff;

export class LineWriter {
  readonly #positions: Int32Array;
  readonly #bytes: Buffer;
  readonly #onFirst: () => void;

  /** @param onFirst wakes the reader: called for the first line since it has read all */
  constructor({ positions, bytes }: LineRing, onFirst: () => void) {
    this.#positions = new Int32Array(positions);
    this.#bytes = Buffer.from(bytes);
    this.#onFirst = onFirst;
  }

  /** Writes a line, which has its line break. Never throws and never waits. */
  write(line: string): void {
    const positions = this.#positions;
    const size = this.#bytes.length;
    const position = Atomics.load(positions, writePosition);
    const room = size - ((position - Atomics.load(positions, read)) & wrap);
    // At most three bytes for each unit of a string: the exact length is only counted where it matters.
    const length = line.length * 3 <= room ? line.length : Buffer.byteLength(line);
    if (length > room) {
      Atomics.add(positions, lost, 1);
      return;
    }
    const bytes = this.#put(line, position & (size - 1));
    Atomics.store(positions, writePosition, (position + bytes) & wrap);
    if (Atomics.compareExchange(positions, idle, 1, 0) === 1) this.#onFirst();
  }

  #put(line: string, start: number): number {
    const size = this.#bytes.length;
    if (start + line.length * 3 <= size) return this.#bytes.write(line, start);
    const encoded = Buffer.from(line);
    const first = encoded.copy(this.#bytes, start);
    encoded.copy(this.#bytes, 0, first);
    return encoded.length;
  }
}

export class LineReader {
  readonly ring: LineRing;
  readonly #positions: Int32Array;
  readonly #bytes: Buffer;

  /** @param bytes the size of the ring, a power of two. @default 4 MB */
  constructor(bytes = defaultBytes) {
    this.ring = { positions: new SharedArrayBuffer(16), bytes: new SharedArrayBuffer(bytes) };
    this.#positions = new Int32Array(this.ring.positions);
    this.#bytes = Buffer.from(this.ring.bytes);
    Atomics.store(this.#positions, idle, 1);
  }

  /** How many lines were lost since it was last asked. */
  takeLost(): number {
    return Atomics.exchange(this.#positions, lost, 0);
  }

  /**
   * Takes the lines that are there.
   *
   * @returns whole lines with their line breaks; empty where there are none: the writer then wakes the reader
   */
  take(): string {
    const text = this.#takeWritten();
    if (text !== '') return text;
    Atomics.store(this.#positions, idle, 1);
    // One may have been written in between, whose writer saw a reader that was awake.
    const late = this.#takeWritten();
    if (late !== '') Atomics.store(this.#positions, idle, 0);
    return late;
  }

  #takeWritten(): string {
    const positions = this.#positions;
    const size = this.#bytes.length;
    const from = Atomics.load(positions, read);
    const to = Atomics.load(positions, writePosition);
    if (from === to) return '';
    const start = from & (size - 1);
    const length = (to - from) & wrap;
    const first = Math.min(length, size - start);
    const parts = [this.#bytes.subarray(start, start + first), this.#bytes.subarray(0, length - first)];
    const text = Buffer.concat(parts).toString('utf8');
    Atomics.store(positions, read, to);
    return text;
  }
}
