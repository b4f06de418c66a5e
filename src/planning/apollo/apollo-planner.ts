/**
 * Apollo's planner, with what is mended around it. It runs in planner processes (planner-main.ts),
 * never on the thread that serves: planning is synchronous, has no deadline and may take seconds.
 */
import { operationFromDocument, Supergraph } from '@apollo/federation-internals';
import { getOperationAST, parse } from 'graphql';
import { messageOf } from '../../errors/index.ts';
import { invariant } from '../../lib/index.ts';
import { putDirectives, takeDirectives } from '../normalise/executable-directives.ts';
import { readEntityKeys } from '../plan/entity-keys.ts';
import { createPlanChecker } from '../repair/check-complete.ts';
import { checkTypes } from '../repair/check-types.ts';
import { convertPlan } from './convert-plan.ts';
import './patches/fix-merging.ts';
import './patches/fix-rebasing.ts';
import { liftInterfaceObjectFields } from '../normalise/interface-objects.ts';
import { twinRequiredArguments } from '../normalise/required-arguments.ts';
import { restoreArguments } from '../normalise/restore-arguments.ts';
import type { OperationPlan } from '../plan/operation-plan.ts';
import { PlanningLimit } from '../plan/planning-limit.ts';
import { readSupergraphTypes } from '../plan/supergraph-types.ts';
import { UnsoundPlan } from '../plan/unsound-plan.ts';
import { mergeFetches } from '../repair/merge-fetches.ts';
import { narrowToTypes } from '../repair/narrow-to-types.ts';
import { withResolvableKeysFirst } from '../repair/resolvable-keys.ts';
import { readRequiredFields } from '../repair/split-required.ts';
import { QueryPlanner } from './patches/fix-search.ts';
import { PlanningTooLong, type Search, searchWithin } from './search-bounds.ts';

export interface SupergraphPlanner {
  /** Every label of a progressive @override, which the caller decides per request. */
  readonly overrideLabels: readonly string[];
  /**
   * @param search how far it looks for the best plan. @default widely, however long it takes
   * @throws UnsoundPlan where no plan is found that answers rightly
   * @throws PlanningLimit where the operation is beyond the planner's own limits
   * @throws PlanningTooLong where the search took more CPU time than it may
   */
  plan(operation: string, activeLabels: readonly string[], search?: Search): OperationPlan;
}

export interface ApolloPlannerOptions {
  readonly supergraphSdl: string;
  /** Subgraphs whose requests cost nothing, so that merging them would only make one wait for another. */
  readonly inProcess: readonly string[];
}

export function createApolloPlanner({ supergraphSdl, inProcess }: ApolloPlannerOptions): SupergraphPlanner {
  const composed = withResolvableKeysFirst(parse(supergraphSdl, { noLocation: true }));
  const { supergraph: document, twins } = twinRequiredArguments(composed);
  const supergraph = Supergraph.build(document, { supportedFeatures: null, validateSupergraph: false });
  const types = readSupergraphTypes(document);
  // How many plans are compared is decided by search-bounds.ts.
  const planner = new QueryPlanner(supergraph, {
    generateQueryFragments: false,
    debug: { maxEvaluatedPlans: Number.MAX_SAFE_INTEGER },
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
    plan(text, activeLabels, search = unhurried) {
      const { document: parsed, taken } = takeDirectives(parse(text));
      const lifted = liftInterfaceObjectFields(types, parsed);
      const operation = operationFromDocument(apiSchema, lifted.document, { validate: false });
      const active = new Set(activeLabels);
      const overrideConditions = new Map(overrideLabels.map((label) => [label, active.has(label)]));
      const { node } = searchFor(search, () => planner.buildQueryPlan(operation, { overrideConditions }));
      const { plan, gives } = convertPlan(node, keys, requiredFields);
      const asked = getOperationAST(parsed);
      invariant(asked != null, 'a normalised operation is one operation');
      checker.check(asked, gives);
      const narrowed = narrowToTypes(plan, lifted.asked, { types, keys, requiredFields });
      const restored = restoreArguments(narrowed, twins, requiredFields);
      checkTypes(restored, lifted.asked, types);
      return putDirectives(mergeFetches(restored, new Set(inProcess)), taken);
    },
  };
}

const unhurried: Search = { width: 'wide', cpuMs: Number.POSITIVE_INFINITY };

function searchFor<Plan>(search: Search, work: () => Plan): Plan {
  try {
    return searchWithin(search, work);
  } catch (error) {
    throw error instanceof PlanningTooLong ? error : unplannable(error);
  }
}

/** What Apollo's planner says when it stops at a limit of its own: plain errors without a code. */
const planningLimits = /exceed(s|ed|ing)? .*(limit|maximum)|too (complex|many)|maximum call stack/i;

/** The operation is valid, so whatever else the planner says of it comes to the same: it has no plan for it. */
function unplannable(error: unknown): Error {
  const reason = messageOf(error);
  if (planningLimits.test(reason)) return new PlanningLimit(reason, { cause: error });
  return new UnsoundPlan(`no plan was found: ${reason}`, { cause: error });
}
