/**
 * What bodies said whose answer was cached: sent again, they are not parsed, checked and hashed again, which is a sixth
 * of a cached answer's CPU. A body says the same to everyone, in every generation. Bounded by the length of the bodies.
 */
import { LRUCache } from 'lru-cache';

const maxCharacters = 4_000_000;

export class RepeatedBodies<Asked extends object> {
  readonly #asked = new LRUCache<string, Asked>({
    maxSize: maxCharacters,
    // What is read of a body takes more than its text.
    sizeCalculation: (_asked, body) => body.length + 1_000,
  });

  find(body: string): Asked | undefined {
    return this.#asked.get(body);
  }

  add(body: string, asked: Asked): void {
    this.#asked.set(body, asked);
  }
}
