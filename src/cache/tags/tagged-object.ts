/** What is read of the objects of one type at one place of an answer, found once for a selection. */
import type { CacheRules, EntityKey, EntityTypes } from './cache-rules.ts';
import type { SelectedField, TaggedSelection } from './request-tags.ts';
import { appliesTo } from './selected-values.ts';

/** The keys of an answer that lead to a field; undefined where it is not selected. */
export type AnswerPath = readonly string[] | undefined;

export interface TaggedKey {
  /** The type that the tag names: the object’s, or an interface of it. */
  readonly type: string;
  readonly key: EntityKey;
  readonly paths: readonly AnswerPath[];
}

export interface TaggedObject {
  readonly keys: readonly TaggedKey[];
  /** Of `@cacheTag` on the type. */
  readonly formats: readonly string[];
  /** Those with tags of their own, or with tags below. */
  readonly fields: readonly SelectedField[];
  /** To a field of a key, by the names that lead to it. */
  pathTo(names: readonly string[]): AnswerPath;
}

export interface TaggedObjectOptions {
  readonly rules: CacheRules;
  readonly entities: EntityTypes;
}

/** @param type of the object; maybe an abstract one, where nothing says which it has */
export function taggedObject(
  selection: TaggedSelection,
  type: string,
  { rules, entities }: TaggedObjectOptions,
): TaggedObject {
  const cached = selection.objects.get(type);
  if (cached !== undefined) return cached;
  const fields = selection.fields.filter((field) => appliesTo(field, type, rules));
  const paths = new Map<string, AnswerPath>();
  const pathTo = (names: readonly string[]): AnswerPath => {
    const name = names.join('.');
    if (!paths.has(name)) paths.set(name, answerPath(names, fields));
    return paths.get(name);
  };
  const object: TaggedObject = {
    keys: [type, ...(entities.get(type)?.interfaces ?? [])].flatMap((each) =>
      (entities.get(each)?.keys ?? []).map((key) => ({ type: each, key, paths: key.paths.map(pathTo) })),
    ),
    formats: rules.get(type)?.formats ?? [],
    fields: fields.filter(({ field, inner }) => field !== undefined && (hasTags(field) || inner?.isTagged === true)),
    pathTo,
  };
  selection.objects.set(type, object);
  return object;
}

function hasTags({ tags, formats }: NonNullable<SelectedField['field']>): boolean {
  return tags.length + formats.length > 0;
}

function answerPath([name, ...rest]: readonly string[], fields: readonly SelectedField[]): AnswerPath {
  if (name === undefined) return [];
  const selected = fields.find((field) => field.name === name && field.isPlain);
  if (selected === undefined) return undefined;
  const below = answerPath(rest, selected.inner?.fields ?? []);
  return below && [selected.key, ...below];
}
