/**
 * Answers that were not stored when they were last read, for a while: whoever misses one reads it at once, and does not wait for
 * another's reading, which would give nothing to share.
 */
import { LRUCache } from 'lru-cache';

const maxKeys = 10_000;
/** What could not be stored may be later: a policy may differ from answer to answer. */
const rememberedMs = 5_000;
/** An error may have passed. */
const rememberedErrorMs = 500;

export class NotStored {
  readonly #until = new LRUCache<string, number>({ max: maxKeys });

  add(key: string, isError: boolean): void {
    this.#until.set(key, performance.now() + (isError ? rememberedErrorMs : rememberedMs));
  }

  has(key: string): boolean {
    const until = this.#until.get(key);
    return until !== undefined && until > performance.now();
  }

  delete(key: string): void {
    this.#until.delete(key);
  }
}
