/** Model calls that two budgets count, of a tenant and of everyone: what `bench/counters.ts` and `bench/limit-steps.ts` measure. */
import { Budgets, type Payer } from '../src/ai/budgets/index.ts';
import type { Charge } from '../src/ai/model-call/index.ts';
import { aiYaml, resolveAi } from '../src/config/ai/ai.ts';
import type { LocalCounters } from '../src/counters/index.ts';
import { createLogger } from '../src/observability/index.ts';

const payer: Payer = {
  door: 'graphql',
  tenant: 'acme',
  team: undefined,
  id: 'u1',
  kind: 'user',
  client: undefined,
  operation: undefined,
};
const call = { alias: 'smart', prompt: undefined, field: undefined, model: 'p/m', requestId: undefined };
const bound = { ...call, nanoUsd: 30_000n, tokens: 20 };
const used = { nanoUsd: 20_000n, tokens: 10, isSent: true, outcome: 'ok', usage: undefined, price: undefined } as const;

/**
 * @param every the period of both budgets
 * @returns an account is opened, room is held for a call, and a whole call is made
 */
export function budgetCalls(
  counters: LocalCounters,
  every: string,
): Readonly<Record<'open' | 'hold' | 'call', () => void>> {
  const budgets = [
    { per: 'tenant', limit_usd: '1000000', every },
    { limit_usd: '1000000', every },
  ];
  const { budgets: resolved } = resolveAi(aiYaml.parse({ budgets }), (path) => path);
  const accounts = new Budgets({ budgets: resolved, counters, log: createLogger({ level: 'silent' }) });
  const open = () => accounts.open(() => payer, undefined);
  const hold = () => open()?.charge(bound) as Charge | undefined;
  return {
    open: () => void open(),
    hold: () => void hold(),
    call: () => {
      const charge = hold();
      charge?.commit();
      charge?.settle(used);
    },
  };
}
