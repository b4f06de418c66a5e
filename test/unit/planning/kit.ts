/** Small hand-written inputs of planning passes: supergraphs, fetches and steps. */
import { type DocumentNode, parse, print, stripIgnoredCharacters } from 'graphql';
import type { DraftEntityFetch, DraftFetch, DraftPlan } from '../../../src/planning/plan/draft-plan.ts';
import { entitiesFieldOf, operationOf } from '../../../src/planning/plan/fetch-operation.ts';
import type { RequiredSelection, RootFetch } from '../../../src/planning/plan/operation-plan.ts';
import {
  addProvided,
  addRequired,
  entityField,
  prefixes,
  type Step,
  withoutLists,
} from '../../../src/planning/plan/plan-step.ts';

/** A supergraph of subgraphs `a`, `b` and `c`; types and fields carry their `join__` directives. */
export function supergraphOf(types: string): DocumentNode {
  return parse(
    `schema { query: Query }
     enum join__Graph { A @join__graph(name: "a", url: "") B @join__graph(name: "b", url: "") C @join__graph(name: "c", url: "") }
     ${types}`,
    { noLocation: true },
  );
}

export function rootFetch(subgraph: string, text: string): RootFetch<DraftFetch['operation']> {
  const operation = operationOf(text);
  return {
    kind: 'root',
    subgraph,
    operation,
    operationType: operation.operation === 'mutation' ? 'mutation' : 'query',
    path: [],
    variables: variablesOf(operation),
    after: [],
    outputRewrites: [],
    gives: [],
  };
}

/** @param on the selections of `_entities`, such as `...on T{id}` */
export function entityFetch(
  subgraph: string,
  path: readonly string[],
  requires: readonly RequiredSelection[],
  on: string,
  { after = [], definitions = '' }: { readonly after?: readonly number[]; readonly definitions?: string } = {},
): DraftEntityFetch {
  const operation = operationOf(
    `query($representations:[_Any!]!${definitions}){_entities(representations:$representations){${on}}}`,
  );
  return {
    kind: 'entities',
    subgraph,
    operation,
    variables: variablesOf(operation).filter((name) => name !== 'representations'),
    after,
    fields: [
      entityField({ path, requires, inputRewrites: [], exact: false }, entitiesFieldOf(operation).selectionSet, []),
    ],
    context: [],
  };
}

export function stepOf(fetch: DraftFetch): Step {
  const gives = new Set<string>();
  if (fetch.kind === 'root') {
    addProvided(fetch.operation.selectionSet, [], gives);
    return { fetch, gives, needs: new Set(), requires: new Set() };
  }
  const { path = [], requires = [] } = fetch.fields[0]?.targets[0] ?? {};
  const { selectionSet } = entitiesFieldOf(fetch.operation);
  if (selectionSet !== undefined) addProvided(selectionSet, withoutLists(path), gives);
  const required = new Set<string>();
  addRequired(requires, withoutLists(path), required);
  return { fetch, gives, needs: prefixes(withoutLists(path)).union(required), requires: required };
}

/** `... on type { keys }`, with `__typename` first. */
export function on(type: string, ...keys: string[]): Extract<RequiredSelection, { kind: 'on' }> {
  return { kind: 'on', type, selections: ['__typename', ...keys].map((key) => ({ kind: 'field', key })) };
}

export function textOf({ operation }: DraftFetch): string {
  return stripIgnoredCharacters(print(operation));
}

export function textsOf({ fetches }: DraftPlan): string[] {
  return fetches.map(textOf);
}

/** What the representations of a fetch's first target require, as a field set. */
export function requiresOf(fetch: DraftFetch | undefined): string {
  if (fetch?.kind !== 'entities') return '';
  return fieldSetOf(fetch.fields[0]?.targets[0]?.requires ?? []);
}

function fieldSetOf(selections: readonly RequiredSelection[]): string {
  return selections
    .map((selection) => {
      const inner = selection.selections === undefined ? '' : `{${fieldSetOf(selection.selections)}}`;
      if (selection.kind === 'on') return `...on ${selection.type}${inner}`;
      return `${selection.as === undefined ? '' : `${selection.as}:`}${selection.key}${inner}`;
    })
    .join(' ');
}

function variablesOf({ variableDefinitions = [] }: DraftFetch['operation']): string[] {
  return variableDefinitions.map(({ variable }) => variable.name.value);
}
