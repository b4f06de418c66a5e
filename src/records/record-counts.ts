/** What happens to records, counted in memory that all threads share. */

export interface RecordCounts {
  /** Those that are in the store. */
  readonly written: number;
  /** Those that are lost, because they came faster than the store took them. */
  readonly dropped: number;
  /** Whether the store cannot be written at the moment. */
  readonly isFailing: boolean;
}

const writtenAt = 0;
const droppedAt = 1;
const failingAt = 2;

export class SharedRecordCounts {
  readonly buffer: SharedArrayBuffer;
  readonly #counts: BigInt64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(3 * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#counts = new BigInt64Array(buffer);
  }

  addWritten(count: number): void {
    Atomics.add(this.#counts, writtenAt, BigInt(count));
  }

  addDropped(count: number): void {
    Atomics.add(this.#counts, droppedAt, BigInt(count));
  }

  set isFailing(isFailing: boolean) {
    Atomics.store(this.#counts, failingAt, isFailing ? 1n : 0n);
  }

  read(): RecordCounts {
    const [written, dropped, failing] = [writtenAt, droppedAt, failingAt].map((at) =>
      Number(Atomics.load(this.#counts, at)),
    );
    return { written: written ?? 0, dropped: dropped ?? 0, isFailing: failing === 1 };
  }
}
