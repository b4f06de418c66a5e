/**
 * A cache of decoded store entries, so that frequent ones are not decoded again. An entry is identified by its key and
 * its bytes, so that an overwritten one is never mistaken for its successor. Decoded values are shared: readers must
 * not modify them.
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
    // A memory store returns the same buffer each time, Redis one with equal bytes.
    return decoded !== undefined && (decoded.bytes === bytes || decoded.bytes.equals(bytes))
      ? decoded.value
      : undefined;
  }

  add(key: string, bytes: Buffer, value: Value): void {
    this.#decoded.set(key, { bytes, value });
  }
}
