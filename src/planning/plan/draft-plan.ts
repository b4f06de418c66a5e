/** A plan while the passes change it: its operations are ASTs, which are printed once, after the last pass. */
import { type OperationDefinitionNode, print, stripIgnoredCharacters } from 'graphql';
import type { EntityFetch, OperationPlan, PlannedFetch } from './operation-plan.ts';

export type DraftFetch = PlannedFetch<OperationDefinitionNode>;
export type DraftEntityFetch = EntityFetch<OperationDefinitionNode>;
export type DraftPlan = OperationPlan<OperationDefinitionNode>;

export function printPlan({ fetches }: DraftPlan): OperationPlan {
  return {
    fetches: fetches.map((fetch) => ({ ...fetch, operation: stripIgnoredCharacters(print(fetch.operation)) })),
  };
}
