/** Collects the tags of an answer: of its entities by their keys, and those of `@cacheTag` on types and fields. */
import type { CacheRules, EntityTypes } from './cache-rules.ts';
import { entityTags, keyValues, plainField, plainPath } from './entity-tags.ts';
import type { SelectedField, TaggedSelection, Variables } from './request-tags.ts';
import { maxDepth, selectedPaths, typeNameOf } from './selected-values.ts';
import { type FormatReference, type TagFormats, writeTags } from './tag-format.ts';
import { cacheTag, cacheTagGroup, cacheTagPrefix, entityGroup, entityTag, prefixesOf } from './tag-names.ts';
import { type AnswerPath, type TaggedObject, taggedObject } from './tagged-object.ts';

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
    const name = typeNameOf(value, selection) ?? type;
    const tagged = taggedObject(selection, name, this.#options);
    const { members } = this.#options.rules.get(name) ?? {};
    if (members === undefined) this.#typed(value, tagged, representation);
    else for (const each of members) this.#typed(value, taggedObject(selection, each, this.#options), representation);
    if (representation !== undefined && name !== type)
      this.#typed(value, taggedObject(selection, type, this.#options), representation);
    if (!isObject || depth > maxDepth) return;
    for (const selected of tagged.fields) {
      const { key, field, inner } = selected;
      if (field === undefined) continue;
      if (field.tags.length + field.formats.length > 0) this.#fieldTags(selected);
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
    const resolve = ({ source, path }: FormatReference): unknown => {
      if (source === 'args') return plainPath(args, path) ?? null;
      return source === 'result' ? selectedPaths(value, path, inner) : undefined;
    };
    for (const format of field.invalidates) {
      const { texts, prefix } = writeTags(this.#options.formats.of(format).parts, resolve);
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
  #typed(value: unknown, { keys, formats, pathTo }: TaggedObject, representation: unknown): void {
    if (formats.length > 0)
      this.#write(formats, ({ source, path }) =>
        source === 'key' ? (plainPath(representation, path) ?? valueAt(value, pathTo(path))) : undefined,
      );
    for (const { type, key, paths } of keys) {
      const values = keyValues(key, (names, index) => plainPath(representation, names) ?? valueAt(value, paths[index]));
      this.all.add(values === undefined ? entityGroup(type, key) : entityTag(type, key, values));
    }
  }

  #values(): Variables {
    const { defaults, variables } = this.#options;
    this.#variables ??= { ...defaults, ...variables() };
    return this.#variables;
  }

  #write(formats: readonly string[], resolve: (reference: FormatReference) => unknown): void {
    const { subgraph } = this.#options;
    for (const text of formats) {
      const format = this.#options.formats.of(text);
      const { texts, prefix } = writeTags(format.parts, resolve);
      for (const tag of texts) this.all.add(cacheTag(subgraph, tag));
      if (prefix !== undefined) this.all.add(cacheTagGroup(subgraph, prefix));
      const prefixes = format.prefixes ?? [...texts, prefix ?? ''].flatMap((each) => prefixesOf(subgraph, each));
      for (const tag of prefixes) this.all.add(tag);
    }
  }
}

function valueAt(value: unknown, path: AnswerPath): unknown {
  return path && plainPath(value, path);
}
