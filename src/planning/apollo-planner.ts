/**
 * Apollo's planner: the only file that imports `@apollo/query-planner`. It runs in planner processes (planner-main.ts),
 * never on the thread that serves: planning is synchronous, has no deadline and may take seconds.
 */
import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import { getOperationAST, parse } from 'graphql';
import { invariant } from '../lib/index.ts';
import { createPlanChecker } from './check-complete.ts';
import { checkTypes } from './check-types.ts';
import { convertPlan } from './convert-plan.ts';
import { readEntityKeys } from './entity-keys.ts';
import './mend-merging.ts';
import './mend-rebasing.ts';
import { liftInterfaceObjectFields } from './interface-objects.ts';
import { mergeFetches } from './merge-fetches.ts';
import { narrowToTypes } from './narrow-to-types.ts';
import type { OperationPlan } from './operation-plan.ts';
import { twinRequiredArguments } from './required-arguments.ts';
import { withResolvableKeysFirst } from './resolvable-keys.ts';
import { restoreArguments } from './restore-arguments.ts';
import { readRequiredFields } from './split-required.ts';
import { readSupergraphTypes } from './supergraph-types.ts';

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

/**
 * Interface objects give each field several ways. Of 300 random operations over them, comparing so many plans instead
 * of 10,000 made plans of 1,090 requests instead of 1,088, and the slowest took 0.8 s instead of 2.
 */
const fewerPlans = 500;

export function createApolloPlanner({ supergraphSdl, inProcess }: ApolloPlannerOptions): SupergraphPlanner {
  const composed = withResolvableKeysFirst(parse(supergraphSdl, { noLocation: true }));
  const { supergraph: document, twins } = twinRequiredArguments(composed);
  const supergraph = Supergraph.build(document, { supportedFeatures: null, validateSupergraph: false });
  const types = readSupergraphTypes(document);
  const planner = new QueryPlanner(supergraph, {
    generateQueryFragments: false,
    ...(types.hasInterfaceObjects ? { debug: { maxEvaluatedPlans: fewerPlans } } : {}),
  });
  const keys = readEntityKeys(document);
  const requiredFields = readRequiredFields(document);
  const checker = createPlanChecker(composed);
  const apiSchema = supergraph.apiSchema();
  const overrideLabels = [
    ...new Set([...supergraphSdl.matchAll(/overrideLabel: "([^"]+)"/g)].map((match) => match[1] ?? '')),
  ];
  return {
    overrideLabels,
    plan(text, activeLabels) {
      const parsed = parse(text);
      const lifted = liftInterfaceObjectFields(types, parsed);
      const operation = operationFromDocument(apiSchema, lifted.document, { validate: false });
      const active = new Set(activeLabels);
      const overrideConditions = new Map(overrideLabels.map((label) => [label, active.has(label)]));
      const { node } = planner.buildQueryPlan(operation, { overrideConditions });
      const { plan, gives } = convertPlan(node, keys, requiredFields);
      const asked = getOperationAST(parsed);
      invariant(asked != null, 'a normalised operation is one operation');
      checker.check(asked, gives);
      const narrowed = narrowToTypes(plan, lifted.asked, { types, keys, requiredFields });
      const restored = restoreArguments(narrowed, twins, requiredFields);
      checkTypes(restored, lifted.asked, types);
      return mergeFetches(restored, new Set(inProcess));
    },
  };
}
