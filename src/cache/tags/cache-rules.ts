/** What schemas say of the tags of cached answers: plain values, so that they go from the thread that composes to all others. */

export interface EntityKey {
  /** The key’s fields in a fixed order: `id`, `org{id}`. */
  readonly signature: string;
  /** To its leaves, in the same order. */
  readonly paths: readonly (readonly string[])[];
}

/** An entity type, or an interface with keys. */
export interface EntityType {
  /** Of all subgraphs. */
  readonly keys: readonly EntityKey[];
  /** The interfaces with keys that it implements. */
  readonly interfaces: readonly string[];
  readonly subgraphs: readonly string[];
}

/** By the type’s name. */
export type EntityTypes = ReadonlyMap<string, EntityType>;

export interface TaggedField {
  /** The name of the type that it returns. */
  readonly type: string;
  /** Of `@cacheTag` on it. */
  readonly formats: readonly string[];
  /** Of `@invalidates` on it. */
  readonly invalidates: readonly string[];
  /** Tags that every answer with the field has. */
  readonly tags: readonly string[];
  /** The default values of its arguments. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

export interface TaggedType {
  /** Of `@cacheTag` on it. */
  readonly formats: readonly string[];
  /** The object types of an interface or union; undefined for an object type. */
  readonly members: readonly string[] | undefined;
  /** Fields without tags that return a scalar or an enum are left out. */
  readonly fields: ReadonlyMap<string, TaggedField>;
}

/** Of one subgraph: its types by name; the root types have their standard names. */
export type CacheRules = ReadonlyMap<string, TaggedType>;
