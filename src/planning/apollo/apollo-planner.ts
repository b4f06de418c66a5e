/**
 * Apollo's planner, and the passes before and after it that correct what it gets wrong. It runs in planner processes
 * (planner-main.ts), never on the thread that serves requests: planning is synchronous, has no deadline and may take
 * seconds. Both lists of passes are in this file, in their order.
 */
import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { getOperationAST, parse } from 'graphql';
import { messageOf } from '../../errors/index.ts';
import { invariant } from '../../lib/index.ts';
import type { RowTable } from '../../supergraph/index.ts';
import { attachDirectives, detachDirectives } from '../normalise/executable-directives.ts';
import { liftInterfaceObjectFields } from '../normalise/interface-objects.ts';
import { twinRequiredArguments } from '../normalise/required-arguments.ts';
import { printPlan } from '../plan/draft-plan.ts';
import { readEntityKeys } from '../plan/entity-keys.ts';
import type { OperationPlan } from '../plan/operation-plan.ts';
import { orderSteps } from '../plan/plan-step.ts';
import { PlanningLimit } from '../plan/planning-limit.ts';
import { readRequiredFields } from '../plan/required-fields.ts';
import { readSupergraphTypes } from '../plan/supergraph-types.ts';
import { UnsoundPlan } from '../plan/unsound-plan.ts';
import { createPlanChecker } from '../repair/check-complete.ts';
import { checkTypes } from '../repair/check-types.ts';
import { completeRepresentations } from '../repair/complete-representations.ts';
import { markExactTargets } from '../repair/exact-targets.ts';
import { mergeFetches } from '../repair/merge-fetches.ts';
import { narrowToTypes } from '../repair/narrow-to-types.ts';
import { withResolvableKeysFirst } from '../repair/resolvable-keys.ts';
import { restoreArguments } from '../repair/restore-arguments.ts';
import { splitRequired } from '../repair/split-required.ts';
import { waitForRequired } from '../repair/wait-for-required.ts';
import { placeRows } from '../rows/place-rows.ts';
import { createRowKeys } from '../rows/row-keys.ts';
import { convertPlan } from './convert-plan.ts';
import './patches/fix-merging.ts';
import './patches/fix-rebasing.ts';
import { QueryPlanner } from './patches/fix-search.ts';
import { PlanningTooLong, type Search, searchWithin } from './search-bounds.ts';

export interface SupergraphPlanner {
  /** Every label of a progressive @override; the caller decides per request which are active. */
  readonly overrideLabels: readonly string[];
  /**
   * @param search how far it searches for the best plan. @default widely, without a limit of time
   * @throws UnsoundPlan if no correct plan is found
   * @throws PlanningLimit if the operation exceeds the limits of Apollo's planner
   * @throws PlanningTooLong if the search takes more CPU time than it may
   */
  plan(operation: string, activeLabels: readonly string[], search?: Search): OperationPlan;
}

export interface ApolloPlannerOptions {
  readonly supergraphSdl: string;
  /** Which objects are left out by their data. @default none */
  readonly rows?: RowTable | undefined;
  /** Subgraphs whose requests cost nothing: merging them would only delay some of them. */
  readonly inProcess: readonly string[];
}

export function createApolloPlanner({ supergraphSdl, rows, inProcess }: ApolloPlannerOptions): SupergraphPlanner {
  // Passes over the supergraph, once.
  const composed = withResolvableKeysFirst(parse(supergraphSdl, { noLocation: true }));
  const { supergraph: document, twins } = twinRequiredArguments(composed);

  const supergraph = Supergraph.build(document, { supportedFeatures: null, validateSupergraph: false });
  const apiSchema = supergraph.apiSchema();
  // The number of plans compared is bounded by search-bounds.ts.
  const planner = new QueryPlanner(supergraph, {
    generateQueryFragments: false,
    debug: { maxEvaluatedPlans: Number.MAX_SAFE_INTEGER },
  });
  const types = readSupergraphTypes(document);
  const keys = readEntityKeys(document);
  const requiredFields = readRequiredFields(document);
  const checker = createPlanChecker(composed);
  const rowKeys = createRowKeys(document);
  const neverMerged = new Set(inProcess);
  const overrideLabels = [
    ...new Set([...supergraphSdl.matchAll(/overrideLabel: "([^"]+)"/g)].map((match) => match[1] ?? '')),
  ];
  return {
    overrideLabels,
    plan(text, activeLabels, search = unlimited) {
      // Passes over the operation; normalise-operation.ts precedes them, before the plan cache.
      const { document: parsed, detached } = detachDirectives(parse(text));
      const { document: lifted, requested } = liftInterfaceObjectFields(types, parsed);

      // The search of Apollo's planner.
      const operation = operationFromDocument(apiSchema, lifted, { validate: false });
      const active = new Set(activeLabels);
      const overrideConditions = new Map(overrideLabels.map((label) => [label, active.has(label)]));
      const { node } = searchFor(search, () => planner.buildQueryPlan(operation, { overrideConditions }));

      // Passes over the steps of the plan.
      const graph = convertPlan(node, keys);
      completeRepresentations(graph, requiredFields);
      splitRequired(graph, keys, requiredFields);
      waitForRequired(graph);
      markExactTargets(graph.steps);
      const requestedOperation = getOperationAST(parsed);
      invariant(requestedOperation != null, 'a normalised operation is one operation');
      checker.check(requestedOperation, new Set(graph.steps.flatMap(({ gives }) => [...gives])));

      // Passes over the ordered fetches.
      let plan = orderSteps(graph);
      plan = narrowToTypes(plan, requested, { types, keys, requiredFields });
      plan = restoreArguments(plan, twins, requiredFields);
      checkTypes(plan, requested, types);
      plan = mergeFetches(plan, neverMerged);
      plan = attachDirectives(plan, detached);
      if (rows !== undefined) plan = placeRows(plan, rows, types, rowKeys);
      return printPlan(plan);
    },
  };
}

const unlimited: Search = { width: 'wide', cpuMs: Number.POSITIVE_INFINITY };

function searchFor<Plan>(search: Search, work: () => Plan): Plan {
  try {
    return searchWithin(search, work);
  } catch (error) {
    throw error instanceof PlanningTooLong ? error : unplannable(error);
  }
}

/** The messages of Apollo's planner when it stops at one of its limits: plain errors without a code. */
const planningLimits = /exceed(s|ed|ing)? .*(limit|maximum)|too (complex|many)|maximum call stack/i;

/** The operation is valid, so every other error of the planner means that it finds no plan. */
function unplannable(error: unknown): Error {
  const reason = messageOf(error);
  if (planningLimits.test(reason)) return new PlanningLimit(reason, { cause: error });
  return new UnsoundPlan(`no plan was found: ${reason}`, { cause: error });
}
