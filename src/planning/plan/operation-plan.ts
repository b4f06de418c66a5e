/**
 * A plan: which requests answer an operation, what each needs, and where its answer goes. Plain data, free of any
 * planner's types: it crosses from the planner process, and a planner of our own can give the same.
 *
 * Keys are the normalised operation's (see normalise-operation.ts): a key says which field with which arguments was
 * read, wherever it stands, so two objects that are the same entity may share their data.
 */

/** A key of an object, or `@` for every item of a list. */
export type PathStep = string;

/** What a representation holds, as federation's `requires`. */
export type RequiredSelection =
  | {
      readonly kind: 'field';
      readonly key: string;
      /** Its name in the representation, where that is not its key. */
      readonly as?: string;
      readonly selections?: readonly RequiredSelection[];
    }
  | { readonly kind: 'on'; readonly type: string | undefined; readonly selections: readonly RequiredSelection[] };

/** A change to what is sent or received: set a value, or give a key another name. Paths hold keys and `... on Type`. */
export type Rewrite =
  | { readonly kind: 'set'; readonly path: readonly string[]; readonly value: unknown }
  | { readonly kind: 'rename'; readonly path: readonly string[]; readonly to: string };

/** Values that an argument takes from an ancestor (`@fromContext`): the path may begin with `..` steps. */
export interface ContextValue {
  readonly path: readonly string[];
  readonly variable: string;
}

/** Objects whose representations go into one `_entities` field, and take its answer. */
export interface EntityTarget {
  readonly path: readonly PathStep[];
  readonly requires: readonly RequiredSelection[];
  readonly inputRewrites: readonly Rewrite[];
  /** Whether a representation says all that an object holds when it arrives (exact-targets.ts). */
  readonly exact: boolean;
}

/** One `_entities` field of a request. */
export interface EntityField {
  /** Its response key: `_entities`, or an alias where a request has several. */
  readonly key: string;
  /** The variable its representations go into. */
  readonly variable: string;
  readonly targets: readonly EntityTarget[];
  readonly outputRewrites: readonly Rewrite[];
  /** The keys it gives each entity, so that a failed request can say which fields it failed. */
  readonly gives: readonly string[];
  /** Whether all it gives are leaves: no object or list of objects comes with it. */
  readonly leavesOnly: boolean;
}

interface FetchCommon {
  readonly subgraph: string;
  readonly operation: string;
  /** The variables of the normalised operation that it uses. */
  readonly variables: readonly string[];
  /** The fetches, by index in the plan, whose answers it needs. All come before it. */
  readonly after: readonly number[];
}

export interface RootFetch extends FetchCommon {
  readonly kind: 'root';
  readonly operationType: 'query' | 'mutation';
  /** Where the answer goes: usually the root itself. */
  readonly path: readonly PathStep[];
  readonly outputRewrites: readonly Rewrite[];
  readonly gives: readonly string[];
}

export interface EntityFetch extends FetchCommon {
  readonly kind: 'entities';
  readonly fields: readonly EntityField[];
  readonly context: readonly ContextValue[];
}

export type PlannedFetch = RootFetch | EntityFetch;

export interface OperationPlan {
  readonly fetches: readonly PlannedFetch[];
}
