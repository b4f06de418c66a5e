/** What an operation cost, where it is told: `extensions.cost` for `isthmus-explain: cost`, response headers, and the log. */
import type { ResolvedConfig } from '../../config/index.ts';
import type { ExecutionOutcome } from '../../execution/index.ts';
import type { PointsCharge } from '../../limits/index.ts';
import type { OperationCosts, RequestContext } from '../../transport/index.ts';
import type { OperationFacts } from '../request/request-facts.ts';
import { withExtension } from './with-extension.ts';

/**
 * @param charge what takes the points from the caller's rates; undefined where they are not limited
 * @returns what is filled while the operation runs; undefined where nothing is priced
 */
export function openCosts(
  { limits }: ResolvedConfig,
  charge: (() => PointsCharge | undefined) | undefined,
): OperationCosts | undefined {
  return limits.cost === undefined ? undefined : { ...charge?.() };
}

/** The answer, with what it cost where the client asked for that. */
export function explainCosts(
  outcome: ExecutionOutcome,
  { costs, explain }: RequestContext,
  namesSubgraphs: boolean,
): ExecutionOutcome {
  if (costs?.estimated === undefined || explain?.has('cost') !== true) return outcome;
  const { subgraphs, charge: _charge, settle: _settle, ...cost } = costs;
  if (!namesSubgraphs || subgraphs === undefined) return withExtension(outcome, { cost });
  return withExtension(outcome, { cost: { ...cost, subgraphs: Object.fromEntries(subgraphs) } });
}

/** @returns nothing where the client has not asked, and the configuration does not say so for all */
export function costHeaders(
  { limits }: ResolvedConfig,
  { costs, explain }: RequestContext,
): readonly (readonly [string, string])[] {
  const isShown = limits.cost?.headers === true || explain?.has('cost') === true;
  if (!isShown || costs?.estimated === undefined) return [];
  return [
    ['isthmus-cost-estimated', String(costs.estimated)],
    ['isthmus-cost-actual', String(costs.actual ?? 0)],
  ];
}

export function costFacts(costs: OperationCosts | undefined): Pick<OperationFacts, 'costEstimated' | 'costActual'> {
  if (costs?.estimated === undefined) return {};
  return { costEstimated: costs.estimated, costActual: costs.actual };
}
