/** What the most used operations cost before and after, in points and in dollars of their AI fields. */
import { formatUsd } from '../../../lib/index.ts';
import type { Draft } from './draft.ts';
import type { OperationPrices } from './price-operations.ts';

/** @param max what an operation may cost in points; infinite where there is no limit */
export function costDrafts(prices: readonly OperationPrices[], max: number): readonly Draft[] {
  return prices.flatMap(({ operation, before, after }): Draft[] => {
    const { name, requests } = operation;
    const of = { subject: name, places: [], identity: '' };
    if (typeof after === 'string')
      return [
        {
          ...of,
          severity: 'error',
          code: 'OPERATION_UNPLANNABLE',
          message: `${name} cannot be planned any more: ${after}`,
        },
      ];
    const isMore = after.estimated > before.estimated || after.nanoUsd > before.nanoUsd;
    if (after.estimated === before.estimated && after.nanoUsd === before.nanoUsd) return [];
    const dollars =
      after.nanoUsd === before.nanoUsd ? '' : `, $${formatUsd(before.nanoUsd)} → $${formatUsd(after.nanoUsd)}`;
    const traffic = requests === undefined ? '' : `; ${requests} requests`;
    const change = `${name}: ${before.estimated} → ${after.estimated} points${dollars}${traffic}`;
    if (after.estimated > max && before.estimated <= max) {
      const suggestedFix = 'raise limits.cost.max, or give lists a smaller @listSize';
      const message = `${change}; more than limits.cost.max: ${max}, so it would be refused`;
      return [{ ...of, severity: 'error', code: 'OPERATION_TOO_EXPENSIVE', message, suggestedFix }];
    }
    return [{ ...of, severity: isMore ? 'warning' : 'info', code: 'OPERATION_COST', message: change }];
  });
}

/** Plans that get more or fewer requests to subgraphs. */
export function planDrafts(prices: readonly OperationPrices[]): readonly Draft[] {
  return prices.flatMap(({ operation, before, after }): Draft[] => {
    if (typeof after === 'string' || after.fetches === before.fetches) return [];
    const { name, requests } = operation;
    const traffic = requests === undefined ? '' : `; ${requests} requests`;
    return [
      {
        severity: after.fetches > before.fetches ? 'warning' : 'info',
        code: 'PLAN_FETCHES',
        subject: name,
        message: `${name}: ${before.fetches} → ${after.fetches} requests to subgraphs${traffic}`,
        places: [],
        identity: '',
      },
    ];
  });
}
