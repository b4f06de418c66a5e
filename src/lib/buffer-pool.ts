/**
 * Large buffers that are used again: bodies that are read and answers that are written. A new buffer of some megabytes
 * for each costs the page faults of its memory, and brings on the next full garbage collection (V8 counts memory outside
 * its heap): a quarter of a list's CPU.
 *
 * A buffer is lent to one holder, who releases it or forgets it. A forgotten buffer is garbage like any other, so that
 * whoever is not sure that nobody reads its bytes need not release it. Bounded by the bytes that lie ready; what is not
 * used for a while is dropped.
 */

/** Shorter ones are not worth it. */
const smallestBytes = 8_192;
/** The most bytes that lie ready. */
const maxReadyBytes = 64 * 1024 * 1024;
const sweepMs = 10_000;

export class BufferPool {
  /** Ready buffers by size, each a power of two. */
  readonly #ready = new Map<number, Buffer[]>();
  readonly #lent = new WeakMap<ArrayBufferLike, Buffer>();
  #readyBytes = 0;
  #isUsed = false;
  #sweeper: NodeJS.Timeout | undefined;

  /**
   * @param bytes the least length
   * @param likelyBytes the length that would be best: a ready buffer of this size is lent, none is made for it
   */
  acquire(bytes: number, likelyBytes: number = bytes): Buffer {
    const likely = likelyBytes > bytes ? this.#take(sizeOf(likelyBytes)) : undefined;
    const size = sizeOf(bytes);
    const buffer = likely ?? this.#take(size) ?? Buffer.allocUnsafeSlow(size);
    this.#isUsed = true;
    this.#lent.set(buffer.buffer, buffer);
    return buffer;
  }

  /** A longer buffer with the first `length` bytes of one that was lent, which is released. */
  grow(buffer: Buffer, length: number, bytes: number, likelyBytes?: number): Buffer {
    const longer = this.acquire(Math.max(bytes, buffer.length * 2), likelyBytes);
    buffer.copy(longer, 0, 0, length);
    this.release(buffer);
    return longer;
  }

  /**
   * Takes a buffer back, by itself or by any part of it: nobody reads its bytes any more. One that was not lent, or was
   * released before, is left alone.
   */
  release(part: Buffer): void {
    const buffer = this.#lent.get(part.buffer);
    if (buffer === undefined) return;
    this.#lent.delete(part.buffer);
    if (this.#readyBytes + buffer.length > maxReadyBytes) return;
    this.#readyBytes += buffer.length;
    const ready = this.#ready.get(buffer.length);
    if (ready === undefined) this.#ready.set(buffer.length, [buffer]);
    else ready.push(buffer);
    this.#sweeper ??= setInterval(() => this.#sweep(), sweepMs).unref();
  }

  /** The bytes that lie ready. */
  get readyBytes(): number {
    return this.#readyBytes;
  }

  #take(size: number): Buffer | undefined {
    const buffer = this.#ready.get(size)?.pop();
    if (buffer !== undefined) this.#readyBytes -= size;
    return buffer;
  }

  /** Drops what lies ready where nothing was lent since the last time. */
  #sweep(): void {
    if (this.#isUsed) {
      this.#isUsed = false;
      return;
    }
    this.#ready.clear();
    this.#readyBytes = 0;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}

/** The buffers of this thread. */
export const sharedBuffers = new BufferPool();

function sizeOf(bytes: number): number {
  return bytes <= smallestBytes ? smallestBytes : 2 ** Math.ceil(Math.log2(bytes));
}
