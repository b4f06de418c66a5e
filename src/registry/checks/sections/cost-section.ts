/** What the most used operations cost before and after, in points and in dollars of their AI fields. */
import { formatUsd } from '../../../lib/index.ts';
import type { Draft } from './draft.ts';
import type { OperationPrices, PriceableOperation } from './price-operations.ts';

/** What an operation may cost in points; infinite where there is no limit. */
export interface CostBounds {
  readonly before: number;
  readonly after: number;
}

export function costDrafts(prices: readonly OperationPrices[], max: CostBounds): readonly Draft[] {
  return prices.flatMap(({ operation, before, after }): Draft[] => {
    const { name } = operation;
    const of = { subject: name, places: [], identity: '' };
    if (typeof after === 'string') {
      const message = `${name} cannot be planned any more: ${after}`;
      return [{ ...of, severity: 'error', code: 'OPERATION_UNPLANNABLE', message }];
    }
    const dollars =
      after.nanoUsd === before.nanoUsd ? '' : `, $${formatUsd(before.nanoUsd)} → $${formatUsd(after.nanoUsd)}`;
    const change = `${name}: ${before.estimated} → ${after.estimated} points${dollars}${trafficOf(operation)}`;
    if (after.estimated > max.after && before.estimated <= max.before) {
      const suggestedFix = 'raise limits.cost.max, or give lists a smaller @listSize';
      const message = `${change}; more than limits.cost.max: ${max.after}, so it would be refused`;
      return [{ ...of, severity: 'error', code: 'OPERATION_TOO_EXPENSIVE', message, suggestedFix }];
    }
    if (after.estimated === before.estimated && after.nanoUsd === before.nanoUsd) return [];
    const isMore = after.estimated > before.estimated || after.nanoUsd > before.nanoUsd;
    return [{ ...of, severity: isMore ? 'warning' : 'info', code: 'OPERATION_COST', message: change }];
  });
}

/** Plans that get more or fewer requests to subgraphs. */
export function planDrafts(prices: readonly OperationPrices[]): readonly Draft[] {
  return prices.flatMap(({ operation, before, after }): Draft[] => {
    if (typeof after === 'string' || after.fetches === before.fetches) return [];
    const { name } = operation;
    return [
      {
        severity: after.fetches > before.fetches ? 'warning' : 'info',
        code: 'PLAN_FETCHES',
        subject: name,
        message: `${name}: ${before.fetches} → ${after.fetches} requests to subgraphs${trafficOf(operation)}`,
        places: [],
        identity: '',
      },
    ];
  });
}

function trafficOf({ requests }: PriceableOperation): string {
  return requests === undefined ? '' : `; ${requests} requests`;
}
