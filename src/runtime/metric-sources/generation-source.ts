/** What the generation that serves is like: its plans, the breakers of its subgraphs and models, counters that it shares. */
import type { SetMetric } from '../../observability/index.ts';
import type { GatewayGeneration } from '../generation.ts';

const breakerStates = { closed: 0, 'half-open': 1, open: 2 } as const;

export function generationSource(
  { engine, subgraphs, models, budgets, jointRates }: GatewayGeneration,
  set: SetMetric,
): void {
  set('isthmus_plan_cache_size', engine.planCount());
  for (const subgraph of subgraphs)
    for (const { url, breaker, inFlight } of subgraph.status?.() ?? []) {
      const origin = new URL(url).host;
      set('isthmus_subgraph_breaker_state', breakerStates[breaker], subgraph.name, origin);
      set('isthmus_subgraph_requests_in_flight', inFlight, subgraph.name, origin);
    }
  for (const { states } of models.describe?.() ?? [])
    for (const { reference, state } of states)
      set('isthmus_model_breaker_state', state === 'failing' ? breakerStates.open : 0, reference);
  const { joint } = budgets;
  if (joint !== undefined) set('isthmus_shared_counters_ready', joint.isAvailable ? 1 : 0, 'budgets', joint.whenDown);
  if (jointRates !== undefined)
    set('isthmus_shared_counters_ready', jointRates.isAvailable ? 1 : 0, 'rates', jointRates.whenDown);
}
