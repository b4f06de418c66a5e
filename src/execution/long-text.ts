import { sharedBuffers } from '../lib/index.ts';

/** A text that is made piece by piece while it is sent, and anew for each who reads it. */
export class LongText {
  readonly #head: string;
  readonly #middle: () => Generator<Buffer, void, void>;
  readonly #tail: string;

  /** @param middle is called for each who reads it; its pieces are in buffers of lib's `sharedBuffers` */
  constructor(head: string, middle: () => Generator<Buffer, void, void>, tail: string) {
    this.#head = head;
    this.#middle = middle;
    this.#tail = tail;
  }

  /** The same middle between another beginning and end. */
  between(head: string, tail: string): LongText {
    return new LongText(head, this.#middle, tail);
  }

  /** @returns the pieces in order, each in a buffer that whoever takes it may release to `sharedBuffers` */
  *pieces(): Generator<Buffer, void, void> {
    yield Buffer.from(this.#head);
    yield* this.#middle();
    yield Buffer.from(this.#tail);
  }

  /** All of it, in a buffer that is lent. */
  whole(): Buffer {
    return this.wholeWithin(Number.POSITIVE_INFINITY) as Buffer;
  }

  /** @returns undefined where it has more bytes: no more than those are made */
  wholeWithin(maxBytes: number): Buffer | undefined {
    let length = 0;
    let whole: Buffer | undefined;
    for (const piece of this.pieces()) {
      const needed = length + piece.length;
      if (needed > maxBytes) {
        sharedBuffers.release(piece);
        if (whole !== undefined) sharedBuffers.release(whole);
        return undefined;
      }
      if (whole === undefined) whole = sharedBuffers.acquire(needed);
      else if (whole.length < needed) whole = sharedBuffers.grow(whole, length, needed);
      piece.copy(whole, length);
      length = needed;
      sharedBuffers.release(piece);
    }
    return whole?.subarray(0, length) ?? Buffer.alloc(0);
  }
}
