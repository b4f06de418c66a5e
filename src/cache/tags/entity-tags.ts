/** The tags of entities: of each type that has keys, one for each of its keys. */
import type { EntityKey, EntityTypes } from './cache-rules.ts';
import { entityGroup, entityTag } from './tag-names.ts';

/** Reads what is at a path of an entity; undefined or null where it was not read. */
export type ReadPath = (path: readonly string[], index: number) => unknown;

export interface EntityTags {
  /** By the keys that were read. */
  readonly exact: readonly string[];
  /** Of the other keys: by them, it may be any entity of the type. */
  readonly groups: readonly string[];
}

/** Of the type and of its interfaces with keys: what is read as one may have been cached as the other. */
export function entityTags(entities: EntityTypes, type: string, read: ReadPath): EntityTags {
  const exact: string[] = [];
  const groups: string[] = [];
  for (const name of [type, ...(entities.get(type)?.interfaces ?? [])]) {
    for (const key of entities.get(name)?.keys ?? []) {
      const values = keyValues(key, read);
      if (values === undefined) groups.push(entityGroup(name, key));
      else exact.push(entityTag(name, key, values));
    }
  }
  return { exact, groups };
}

/**
 * What an entity is invalidated by: one key is enough, and the shortest is the one that most answers have read. Where an answer has
 * not read it, the key’s group is among its tags.
 */
export function identifyingTags(entities: EntityTypes, type: string, read: ReadPath): readonly string[] {
  return [type, ...(entities.get(type)?.interfaces ?? [])].flatMap((name) => {
    const keys = [...(entities.get(name)?.keys ?? [])].sort((a, b) => a.paths.length - b.paths.length);
    for (const key of keys) {
      const values = keyValues(key, read);
      if (values !== undefined) return [entityTag(name, key, values)];
    }
    return [];
  });
}

/** @returns undefined where a field of the key was not read */
export function keyValues({ paths }: EntityKey, read: ReadPath): readonly string[] | undefined {
  const values: string[] = [];
  for (let index = 0; index < paths.length; index++) {
    const value = read(paths[index] as readonly string[], index);
    if (value === undefined || value === null) return undefined;
    // An ID may be a number in JSON: both name the same entity.
    values.push(typeof value === 'object' ? JSON.stringify(value) : String(value));
  }
  return values;
}

/** A field of an object of plain names, such as a representation. */
export function plainField(object: unknown, field: string): unknown {
  return typeof object === 'object' && object !== null && Object.hasOwn(object, field)
    ? (object as Readonly<Record<string, unknown>>)[field]
    : undefined;
}

export function plainPath(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const step of path) value = plainField(value, step);
  return value;
}
