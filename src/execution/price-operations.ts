/** Prices operations without running them: planned as the engine plans them, for tools that have no gateway. */
import { type DocumentNode, type GraphQLSchema, type OperationDefinitionNode, visit } from 'graphql';
import type { Denials } from '../access/index.ts';
import type { GatewayError } from '../errors/index.ts';
import { type CostLimits, type Estimate, slicingErrors } from '../limits/index.ts';
import type { OperationPlan, Planner } from '../planning/index.ts';
import { activeLabels } from './compile/active-labels.ts';
import type { PlanPrices, PricedPlace } from './plan-prices.ts';
import { OperationValues } from './prepare/operation-values.ts';
import { PreparedOperation, type Variables } from './prepare/prepared-operation.ts';

export interface PricerOptions {
  readonly apiSchema: GraphQLSchema;
  readonly planner: Planner;
  readonly costs: CostLimits;
  /** What plans cost in dollars. @default nothing */
  readonly prices?: PlanPrices | undefined;
  readonly planDeadlineMs: number;
  /** The named labels of progressive overrides that are on; those of a percentage are off. */
  readonly overrideLabels: readonly string[];
}

export interface PricedOperation extends Estimate {
  /** How many requests to subgraphs the plan has. */
  readonly fetches: number;
  /** The most that its AI fields cost, in nano-dollars. */
  readonly nanoUsd: bigint;
  /** Of each of them. */
  readonly places: readonly PricedPlace[];
  readonly plan: OperationPlan;
  /** `COST_INVALID_SLICING_ARGUMENTS`: of each field of which another number of slicing arguments is set than one. */
  readonly slicing: readonly GatewayError[];
}

export type PriceOperation = (
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  /** What its caller may not read, and is left out; undefined: they may read all of it. */
  denials?: Denials,
) => Promise<PricedOperation>;

/** An operation that fetches nothing, such as one for introspection. */
const nothing = {
  estimated: 0,
  subgraphs: new Map<string, number>(),
  fetches: 0,
  nanoUsd: 0n,
  places: [],
  plan: { fetches: [] },
  slicing: [],
};

/** @returns prices an operation that is valid against the API schema */
export function createPricer({
  apiSchema,
  planner,
  costs,
  prices,
  planDeadlineMs,
  overrideLabels,
}: PricerOptions): PriceOperation {
  const decided = planner.overrideLabels.filter((label) => !label.startsWith('percent('));
  const labels = activeLabels(decided, new Set(overrideLabels));
  return async (document, operation, variables, denials) => {
    const schemas = { schema: apiSchema, answerSchema: apiSchema };
    const prepared = new PreparedOperation(schemas, document, operation, fieldsOf(document));
    const { normalised } = prepared.variant(variables, denials);
    if (normalised.text === '') return nothing;
    const plan = await planner.plan(normalised.text, labels, planDeadlineMs);
    const cost = costs.compile(plan, normalised.text);
    const values = new OperationValues(normalised, variables);
    const price = prices?.compile(plan);
    const nanoUsd = price?.estimate(values) ?? 0n;
    const places = price?.places(values) ?? [];
    const slicing = slicingErrors(cost.slicing, values) ?? [];
    return { ...costs.estimate(cost, values), fetches: plan.fetches.length, nanoUsd, places, plan, slicing };
  };
}

function fieldsOf(document: DocumentNode): number {
  let fields = 0;
  visit(document, { Field: () => void fields++ });
  return fields;
}
