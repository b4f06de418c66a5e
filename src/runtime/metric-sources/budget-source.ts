/** How much of budgets is left, and what was told of them. */
import { nanoPerUsd } from '../../lib/index.ts';
import type { SetMetric } from '../../observability/index.ts';
import type { GatewayGeneration } from '../generation.ts';

export function budgetSource({ budgets }: GatewayGeneration, set: SetMetric): void {
  for (const { name, unit, limit, spent } of budgets.used()) {
    const scale = unit === 'usd' ? nanoPerUsd : 1;
    set('isthmus_budget_limit', limit / scale, name, unit);
    set('isthmus_budget_remaining', Math.max(0, limit - spent) / scale, name, unit);
    set('isthmus_budget_used_ratio', limit === 0 ? 1 : spent / limit, name);
  }
}
