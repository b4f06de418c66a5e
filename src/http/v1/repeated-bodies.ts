/**
 * The parsed bodies of requests whose answer was cached: a body that is sent again is not parsed, checked and hashed again,
 * which is a sixth of a cached answer's CPU. Parsing depends on the body alone, so the cache is for all clients and
 * generations. Bounded by the length of the bodies.
 */
import { LRUCache } from 'lru-cache';

const maxCharacters = 4_000_000;

export class RepeatedBodies<Parsed extends object> {
  readonly #parsed = new LRUCache<string, Parsed>({
    maxSize: maxCharacters,
    // The parsed form takes more memory than the text.
    sizeCalculation: (_parsed, body) => body.length + 1_000,
  });

  find(body: string): Parsed | undefined {
    // To hash a body costs more than all else here.
    return this.#parsed.size === 0 ? undefined : this.#parsed.get(body);
  }

  add(body: string, parsed: Parsed): void {
    this.#parsed.set(body, parsed);
  }
}
