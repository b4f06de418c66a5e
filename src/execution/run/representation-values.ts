/**
 * Representations as the values that in-process subgraphs are handed, cached by their text. An entity that is requested
 * again is the same object again: what a subgraph derives from it (the hashes of an AI field's inputs) can be cached by the
 * object. For a warm page of 40 AI fields, 0.05 ms instead of 0.18. The values are shared by requests: nobody changes them.
 */
import { LRUCache } from 'lru-cache';
import { invariant } from '../../lib/index.ts';
import type { CompiledRepresentation } from '../compile/compile-representation.ts';
import type { DataObject } from '../data/data.ts';

const maxCharacters = 16_000_000;

export class RepresentationValues {
  readonly #values = new LRUCache<string, DataObject>({
    maxSize: maxCharacters,
    // An object takes more memory than its text.
    sizeCalculation: (_value, text) => text.length + 500,
  });

  /** @param text of the entity's representation */
  find(text: string, entity: DataObject, representation: CompiledRepresentation): DataObject {
    const cached = this.#values.get(text);
    if (cached !== undefined) return cached;
    const value = representation.build(entity);
    invariant(value !== undefined, 'a representation that has a text has a value');
    this.#values.set(text, value);
    return value;
  }
}
