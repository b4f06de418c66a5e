/**
 * A plan: the requests that answer an operation, the data each of them needs, and where each response is merged. Plain
 * data without types of a particular planner, as it is sent from the planner process.
 *
 * Keys are response keys of the normalised operation (normalise-operation.ts). A key identifies a field and its
 * arguments wherever it is selected, so two objects that are the same entity may share their data.
 */

import type { RowRule } from '../../supergraph/index.ts';

/** A key of an object, or `@` for every item of a list. */
export type PathStep = string;

/** The fields of a representation, as federation's `requires`. */
export type RequiredSelection =
  | {
      readonly kind: 'field';
      readonly key: string;
      /** Its name in the representation, if that differs from its key. */
      readonly as?: string;
      readonly selections?: readonly RequiredSelection[];
    }
  | { readonly kind: 'on'; readonly type: string | undefined; readonly selections: readonly RequiredSelection[] };

/** A change of sent or received data: sets a value or renames a key. Paths contain keys and `... on Type`. */
export type Rewrite =
  | { readonly kind: 'set'; readonly path: readonly string[]; readonly value: unknown }
  | { readonly kind: 'rename'; readonly path: readonly string[]; readonly to: string };

/** The value of an argument that comes from an ancestor (`@fromContext`). The path may begin with `..` steps. */
export interface ContextValue {
  readonly path: readonly string[];
  readonly variable: string;
}

/** Objects whose representations are sent in one `_entities` field, and into which its response is merged. */
export interface EntityTarget {
  readonly path: readonly PathStep[];
  readonly requires: readonly RequiredSelection[];
  readonly inputRewrites: readonly Rewrite[];
  /** Whether a representation contains all fields of an object at the time it is sent (exact-targets.ts). */
  readonly exact: boolean;
}

/** One `_entities` field of a request. */
export interface EntityField {
  /** Its response key: `_entities`, or an alias if a request has several. */
  readonly key: string;
  /** The variable that holds its representations. */
  readonly variable: string;
  readonly targets: readonly EntityTarget[];
  readonly outputRewrites: readonly Rewrite[];
  /** The keys it provides for each entity, so that a failed request can name the fields that failed. */
  readonly gives: readonly string[];
  /** Whether it selects leaf fields only: no object or list of objects. */
  readonly leavesOnly: boolean;
}

interface FetchCommon<Operation> {
  readonly subgraph: string;
  /** Its text, or its AST until the plan is printed. */
  readonly operation: Operation;
  /** The variables of the normalised operation that it uses. */
  readonly variables: readonly string[];
  /** The fetches, by index in the plan, whose responses it needs. All precede it. */
  readonly after: readonly number[];
  /** Undefined: its response has no objects that a rule of `@rows` is about. */
  readonly rows?: FetchRows | undefined;
}

/** The objects of a response that are left out where a policy denies them, and what the policies read of them. */
export interface FetchRows {
  readonly places: readonly RowPlace[];
  readonly lookups: readonly RowLookup[];
}

/** A key of the response below which are such objects. */
export interface RowPlace {
  readonly key: string;
  /** The key in the data, where the response is rewritten. */
  readonly dataKey: string;
  /** The type of the objects that have it; undefined: all objects at its place. */
  readonly on: string | undefined;
  /** The number of lists around its value. */
  readonly lists: number;
  readonly checks: readonly RowCheck[];
  readonly below: readonly RowPlace[];
}

/** A rule for the objects at a place. */
export interface RowCheck {
  readonly rule: RowRule;
  /** The type of the objects it is for, as the response names it; undefined: all at its place. */
  readonly on: string | undefined;
  /** The type of the objects it is for, where only the lookup tells it. */
  readonly type: string | undefined;
  /** What the response has of each object. */
  readonly fields: readonly RowField[];
  /** What is looked up of it: the lookup, by index, and what its entity has. */
  readonly lookups: readonly { readonly index: number; readonly fields: readonly RowField[] }[];
}

/** A field that a policy reads by its name, and its key in the response. */
export interface RowField {
  readonly name: string;
  readonly key: string;
}

/** An `_entities` request for what policies read of a response's objects. */
export interface RowLookup {
  readonly subgraph: string;
  readonly operation: string;
  readonly requires: readonly RequiredSelection[];
  /** Of the representations; an interface, where only this subgraph knows the object's type. */
  readonly typeName: string;
}

export interface RootFetch<Operation = string> extends FetchCommon<Operation> {
  readonly kind: 'root';
  readonly operationType: 'query' | 'mutation';
  /** Where the response is merged: usually the root itself. */
  readonly path: readonly PathStep[];
  readonly outputRewrites: readonly Rewrite[];
  readonly gives: readonly string[];
}

export interface EntityFetch<Operation = string> extends FetchCommon<Operation> {
  readonly kind: 'entities';
  readonly fields: readonly EntityField[];
  readonly context: readonly ContextValue[];
}

export type PlannedFetch<Operation = string> = RootFetch<Operation> | EntityFetch<Operation>;

export interface OperationPlan<Operation = string> {
  readonly fetches: readonly PlannedFetch<Operation>[];
}
