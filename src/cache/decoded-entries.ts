/**
 * What entries of a store said, beside the store: what is asked for again and again is not decoded again. An entry is
 * known by its key and its bytes, so that one that was overwritten is never taken for its successor. Whoever reads it
 * must not write into it: it is handed to everyone.
 */
import { LRUCache } from 'lru-cache';

const maxBytes = 8_000_000;

interface Decoded<Value> {
  readonly bytes: Buffer;
  readonly value: Value;
}

export class DecodedEntries<Value extends object> {
  readonly #decoded = new LRUCache<string, Decoded<Value>>({
    maxSize: maxBytes,
    sizeCalculation: ({ bytes }, key) => bytes.length + key.length,
  });

  find(key: string, bytes: Buffer): Value | undefined {
    const decoded = this.#decoded.get(key);
    // A store in memory gives the same buffer each time, Redis one of equal bytes.
    return decoded !== undefined && (decoded.bytes === bytes || decoded.bytes.equals(bytes))
      ? decoded.value
      : undefined;
  }

  add(key: string, bytes: Buffer, value: Value): void {
    this.#decoded.set(key, { bytes, value });
  }
}
