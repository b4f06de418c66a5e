/** Collects the tags of an answer: of its entities by their keys, and those of `@cacheTag` on types and fields. */
import type { CacheRules, EntityTypes } from './cache-rules.ts';
import { entityTags, plainField, plainPath, type ReadPath } from './entity-tags.ts';
import type { SelectedField, TaggedSelection, Variables } from './request-tags.ts';
import { appliesTo, maxDepth, selectedPath, selectedPaths, typeNameOf, typesOf } from './selected-values.ts';
import { type FormatReference, type TagFormats, writeTags } from './tag-format.ts';
import { cacheTag, cacheTagGroup, cacheTagPrefix, cacheTags } from './tag-names.ts';

export interface AnswerTagsOptions {
  readonly subgraph: string;
  readonly rules: CacheRules;
  readonly entities: EntityTypes;
  readonly formats: TagFormats;
  /** Called where a tag reads them: they may be JSON text. */
  readonly variables: () => Variables;
  readonly defaults: Variables;
}

export class AnswerTags {
  readonly all = new Set<string>();
  readonly #options: AnswerTagsOptions;
  #variables: Variables | undefined;

  constructor(options: AnswerTagsOptions) {
    this.#options = options;
  }

  /**
   * An object with what is below it, or a list.
   * @param type as its field has it
   * @param representation of the entity that it is; one that is not there has tags as well
   */
  object(value: unknown, type: string, selection: TaggedSelection, representation?: unknown, depth = 0): void {
    if (Array.isArray(value)) {
      for (const item of value) this.object(item, type, selection, representation, depth);
      return;
    }
    const isObject = typeof value === 'object' && value !== null;
    if (!isObject && representation === undefined) return;
    this.#typed(value, type, selection, representation);
    if (!isObject || depth > maxDepth) return;
    const { rules } = this.#options;
    const name = typeNameOf(value, selection) ?? type;
    for (const selected of selection.fields) {
      const { key, field, inner } = selected;
      if (field === undefined || !appliesTo(selected, name, rules)) continue;
      this.#fieldTags(selected);
      if (inner?.isTagged === true) this.object(plainField(value, key), field.type, inner, undefined, depth + 1);
    }
  }

  /** An object of the type, whose key is not known. */
  anyOf(type: string): void {
    const { rules, entities } = this.#options;
    for (const name of rules.get(type)?.members ?? [type]) {
      for (const tag of entityTags(entities, name, () => undefined).groups) this.all.add(tag);
      this.#write(rules.get(name)?.formats ?? [], () => undefined);
    }
  }

  /** What a field of a mutation invalidates. @param value undefined where it is not known: then by how its tags begin */
  invalidatedBy({ field, argumentsOf, inner }: SelectedField, value: unknown): void {
    if (field === undefined || field.invalidates.length === 0) return;
    const args = argumentsOf(this.#values());
    const { subgraph } = this.#options;
    for (const { texts, prefix } of this.#written(field.invalidates, ({ source, path }) => {
      if (source === 'args') return plainPath(args, path) ?? null;
      return source === 'result' ? selectedPaths(value, path, inner) : undefined;
    })) {
      for (const text of texts) this.all.add(cacheTag(subgraph, text));
      if (prefix !== undefined) this.all.add(cacheTagPrefix(subgraph, prefix)).add(cacheTagGroup(subgraph, prefix));
    }
  }

  #fieldTags({ field, argumentsOf }: SelectedField): void {
    for (const tag of field?.tags ?? []) this.all.add(tag);
    if (field === undefined || field.formats.length === 0) return;
    const args = argumentsOf(this.#values());
    this.#write(field.formats, ({ source, path }) => (source === 'args' ? (plainPath(args, path) ?? null) : undefined));
  }

  /** The tags of an object by its type. */
  #typed(value: unknown, type: string, selection: TaggedSelection, representation: unknown): void {
    const { entities, rules } = this.#options;
    const read: ReadPath = (path) => plainPath(representation, path) ?? selectedPath(value, path, selection);
    const types = new Set(typesOf(value, type, selection, rules));
    if (representation !== undefined) types.add(type);
    for (const name of types) {
      this.#write(rules.get(name)?.formats ?? [], ({ source, path }) => (source === 'key' ? read(path) : undefined));
      const { exact, groups } = entityTags(entities, name, read);
      for (const tag of exact) this.all.add(tag);
      for (const tag of groups) this.all.add(tag);
    }
  }

  #values(): Variables {
    const { defaults, variables } = this.#options;
    this.#variables ??= { ...defaults, ...variables() };
    return this.#variables;
  }

  #write(formats: readonly string[], resolve: (reference: FormatReference) => unknown): void {
    const { subgraph } = this.#options;
    for (const { texts, prefix } of this.#written(formats, resolve)) {
      for (const text of texts) for (const tag of cacheTags(subgraph, text)) this.all.add(tag);
      if (prefix === undefined) continue;
      this.all.add(cacheTagGroup(subgraph, prefix));
      this.all.add(cacheTagPrefix(subgraph, prefix)).add(cacheTagPrefix(subgraph, ''));
    }
  }

  #written(formats: readonly string[], resolve: (reference: FormatReference) => unknown) {
    return formats.map((text) => writeTags(this.#options.formats.of(text), resolve));
  }
}
