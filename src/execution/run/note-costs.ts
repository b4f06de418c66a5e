/** Writes what an operation costs to the request's own account of it, from where answers, headers and the log have it. */
import type { EstimatedCost } from '../../limits/index.ts';
import type { OperationCosts, RequestContext } from '../../transport/index.ts';

export function noteEstimate(
  costs: OperationCosts | undefined,
  { estimated, max, subgraphs, meter }: EstimatedCost,
): void {
  if (costs === undefined) return;
  costs.estimated = estimated;
  costs.actual = 0;
  if (Number.isFinite(max)) costs.max = max;
  // Few ask for it.
  costs.subgraphs = () =>
    [...subgraphs].map(([name, points]) => [name, { estimated: points, actual: meter.subgraphs.get(name) ?? 0 }]);
}

export function noteActual({ costs, charges }: RequestContext, { meter }: EstimatedCost): void {
  charges?.settle('points', meter.total);
  if (costs === undefined) return;
  costs.actual = meter.total;
}
