/**
 * Apollo's planner: the only file that imports `@apollo/query-planner`. It runs in planner processes (planner-main.ts),
 * never on the thread that serves: planning is synchronous, has no deadline and may take seconds.
 */
import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import { parse } from 'graphql';
import { convertPlan } from './convert-plan.ts';
import { readEntityKeys } from './entity-keys.ts';
import { mergeFetches } from './merge-fetches.ts';
import type { OperationPlan } from './operation-plan.ts';
import { readRequiredFields } from './split-required.ts';

export interface SupergraphPlanner {
  /** Every label of a progressive @override, which the caller decides per request. */
  readonly overrideLabels: readonly string[];
  /** @throws Error for what cannot be planned, or is refused by the planner's own limits */
  plan(operation: string, activeLabels: readonly string[]): OperationPlan;
}

export interface ApolloPlannerOptions {
  readonly supergraphSdl: string;
  /** Subgraphs whose requests cost nothing, so that merging them would only make one wait for another. */
  readonly inProcess: readonly string[];
}

export function createApolloPlanner({ supergraphSdl, inProcess }: ApolloPlannerOptions): SupergraphPlanner {
  const supergraph = Supergraph.build(supergraphSdl, { supportedFeatures: null, validateSupergraph: false });
  const planner = new QueryPlanner(supergraph, { generateQueryFragments: false });
  const document = parse(supergraphSdl, { noLocation: true });
  const keys = readEntityKeys(document);
  const requiredFields = readRequiredFields(document);
  const apiSchema = supergraph.apiSchema();
  const overrideLabels = [
    ...new Set([...supergraphSdl.matchAll(/overrideLabel: "([^"]+)"/g)].map((match) => match[1] ?? '')),
  ];
  return {
    overrideLabels,
    plan(text, activeLabels) {
      const operation = operationFromDocument(apiSchema, parse(text), { validate: false });
      const active = new Set(activeLabels);
      const overrideConditions = new Map(overrideLabels.map((label) => [label, active.has(label)]));
      const { node } = planner.buildQueryPlan(operation, { overrideConditions });
      return mergeFetches(convertPlan(node, keys, requiredFields), new Set(inProcess));
    },
  };
}
