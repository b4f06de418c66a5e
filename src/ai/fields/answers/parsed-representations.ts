/**
 * Representations that were met lately, parsed. An engine that asks for the same entity again sends the same text; what
 * has been made of the object then stands beside it (question-writer.ts) and is not made again. Nobody writes into one.
 */
import { LRUCache } from 'lru-cache';
import { parseExactJson } from '../../../lib/index.ts';

const maxCharacters = 16_000_000;

export class KnownRepresentations {
  readonly #parsed = new LRUCache<string, object>({
    maxSize: maxCharacters,
    // An object takes more than its text.
    sizeCalculation: (_object, text) => text.length + 500,
  });

  /** @param text JSON of an object, as our own engine wrote it */
  read(text: string): object {
    const known = this.#parsed.get(text);
    if (known !== undefined) return known;
    const parsed = parseExactJson(text) as object;
    this.#parsed.set(text, parsed);
    return parsed;
  }
}
