import { describe, expect, it } from 'vitest';
import { Budgets } from '../../../../src/ai/budgets/index.ts';
import { BudgetExceeded, type SpendAccount } from '../../../../src/ai/model-call/index.ts';
import { aiYaml, resolveAi } from '../../../../src/config/ai/ai.ts';
import { ProcessCounters } from '../../../../src/counters/index.ts';
import { createLogger } from '../../../../src/observability/index.ts';

const payer = {
  door: 'graphql',
  tenant: 'acme',
  team: undefined,
  id: 'u1',
  kind: 'user',
  client: undefined,
  operation: undefined,
} as const;

function open(budgets: readonly object[], counters = new ProcessCounters()): SpendAccount {
  const config = resolveAi(aiYaml.parse({ budgets }), (path) => path);
  const log = createLogger({ level: 'silent', readable: false });
  const account = new Budgets({ budgets: config.budgets, counters, log }).open(() => payer, undefined);
  if (account === undefined) throw new Error('there are budgets');
  return account;
}

const call = {
  alias: 'smart',
  prompt: undefined,
  field: undefined,
  model: 'p/m',
  requestId: undefined,
  nanoUsd: 10n,
  tokens: 1,
};

function chargesOf(account: SpendAccount, most: number): { readonly charges: number; readonly refusal: unknown } {
  for (let charges = 0; charges < most; charges++) {
    try {
      account.charge(call);
    } catch (refusal) {
      return { charges, refusal };
    }
  }
  return { charges: most, refusal: undefined };
}

describe('budgets that count the same calls', () => {
  const soft = { name: 'soft', per: 'tenant', limit_calls: 3, every: '1h', cheaper_model: 'fast' };
  const hard = { name: 'hard', per: 'tenant', limit_calls: 5, every: '1h' };

  it.each([
    ['the smaller first', [soft, hard]],
    ['the larger first', [hard, soft]],
  ])('each hold: %s', (_order, budgets) => {
    const { charges, refusal } = chargesOf(open(budgets), 10);
    expect(charges).toBe(3);
    expect(refusal).toBeInstanceOf(BudgetExceeded);
    expect(refusal).toMatchObject({ cheaperModel: 'fast', message: expect.stringContaining('"soft"') });
  });

  it('go on counting where they were when a limit changes', () => {
    const counters = new ProcessCounters();
    chargesOf(open([soft, hard], counters), 3);
    const raised = { ...soft, limit_calls: 4 };
    expect(chargesOf(open([raised, hard], counters), 10).charges).toBe(1);
  });
});
