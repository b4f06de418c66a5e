/**
 * What has been made of texts (parsed, compiled, hashed): of a text that comes again, it is not made again. Bounded by characters,
 * the least recently used first: clients decide how long the texts are, and what is made of a text grows with it.
 */
import { LRUCache } from 'lru-cache';

export interface TextCacheOptions {
  /** Of all texts together. @default 2_000_000 */
  readonly maxCharacters?: number;
  /** What an entry counts beside its text, for what is made of even a short one. @default 200 */
  readonly charactersBeside?: number;
}

export class TextCache<Value extends object> {
  readonly #make: (text: string) => Value;
  readonly #values: LRUCache<string, Value>;

  constructor(make: (text: string) => Value, options: TextCacheOptions = {}) {
    const { maxCharacters = 2_000_000, charactersBeside = 200 } = options;
    this.#make = make;
    this.#values = new LRUCache<string, Value>({
      maxSize: maxCharacters,
      sizeCalculation: (_value, text) => text.length + charactersBeside,
    });
  }

  /** @throws what making it throws: nothing is kept then */
  of(text: string): Value {
    const cached = this.#values.get(text);
    if (cached !== undefined) return cached;
    const value = this.#make(text);
    this.#values.set(text, value);
    return value;
  }

  /** Characters that are held, those beside the texts included. */
  get size(): number {
    return this.#values.calculatedSize;
  }
}
