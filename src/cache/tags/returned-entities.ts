/**
 * The entities that a mutation returns: they have changed. By their keys where the client has selected one; of the first on each
 * path any of its type may be meant where not. Those further down are rather read than changed.
 */
import type { CacheRules, EntityTypes } from './cache-rules.ts';
import { identifyingTags, plainField } from './entity-tags.ts';
import type { TaggedSelection } from './request-tags.ts';
import { appliesTo, maxDepth, selectedPath, typeNameOf, typesOf } from './selected-values.ts';

export class ReturnedEntities {
  readonly tags = new Set<string>();
  readonly types = new Set<string>();
  readonly #rules: CacheRules;
  readonly #entities: EntityTypes;

  constructor({ rules, entities }: { readonly rules: CacheRules; readonly entities: EntityTypes }) {
    this.#rules = rules;
    this.#entities = entities;
  }

  /** @param type as the field of the value has it */
  add(value: unknown, type: string, selection: TaggedSelection, isBelowEntity = false, depth = 0): void {
    if (Array.isArray(value)) {
      for (const item of value) this.add(item, type, selection, isBelowEntity, depth);
      return;
    }
    if (typeof value !== 'object' || value === null || depth > maxDepth) return;
    let isEntity = isBelowEntity;
    for (const name of typesOf(value, type, selection, this.#rules)) {
      if (!this.#entities.has(name)) continue;
      const tags = identifyingTags(this.#entities, name, (path) => selectedPath(value, path, selection));
      for (const tag of tags) this.tags.add(tag);
      if (tags.length === 0 && !isBelowEntity) this.types.add(name);
      isEntity = true;
    }
    const name = typeNameOf(value, selection) ?? type;
    for (const selected of selection.fields) {
      const { key, field, inner } = selected;
      if (field === undefined || inner === undefined || !appliesTo(selected, name, this.#rules)) continue;
      this.add(plainField(value, key), field.type, inner, isEntity, depth + 1);
    }
  }
}
