import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Budgets,
  type Payer,
  RaisedLimits,
  readBudgetStates,
  restoreBudgets,
} from '../../../../src/ai/budgets/index.ts';
import { BudgetExceeded } from '../../../../src/ai/model-call/index.ts';
import { aiYaml, resolveAi } from '../../../../src/config/ai/ai.ts';
import {
  createCounterMemory,
  type LocalCounters,
  ProcessCounters,
  SharedCounters,
} from '../../../../src/counters/index.ts';
import { createLogger, type LedgerRow } from '../../../../src/observability/index.ts';
import type { Store } from '../../../../src/store/index.ts';
import { ledgerRow } from '../../store/ledger-contract.ts';
import { openAt } from '../../store/store-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'isthmus-restore-'));
let store: Store;
const now = Date.now();
const minutes = 60_000;

const rows: readonly LedgerRow[] = [
  ledgerRow('1', { at: now - 5 * minutes, principal: 'Ann', kind: 'user', tenant: 'acme', team: 'red' }),
  ledgerRow('2', { at: now - 30 * minutes, principal: 'key:k1', kind: 'key', tenant: 'acme', prompt: 'summary@4' }),
  ledgerRow('3', { at: now - 50 * minutes, principal: 'Ann', kind: 'user', tenant: 'other', alias: 'fast' }),
  ledgerRow('4', { at: now - 3 * 60 * minutes, principal: 'Ann', kind: 'user', tenant: 'acme' }),
  ledgerRow('5', { at: now - minutes, traffic: 'shadow', settled: 11 }),
  ledgerRow('6', { at: now - minutes, cached: 'exact', settled: 0, tokens: 0, calls: 0 }),
];

beforeAll(async () => {
  store = await openAt({
    kind: 'sqlite',
    file: join(folder, 'state.db'),
    key: undefined,
    previousKeys: [],
    line: undefined,
  });
  await store.ledger.add(rows);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const ann: Payer = {
  door: 'graphql',
  tenant: 'acme',
  team: 'red',
  id: 'Ann',
  kind: 'user',
  client: 'the web shop',
  operation: 'Reviews',
};
const call = {
  alias: 'smart',
  prompt: 'summary@9',
  field: undefined,
  model: 'p/m',
  requestId: undefined,
  nanoUsd: 1_000_000_000_000n,
  tokens: 1_000_000,
};

/** What is left of a budget after the restart, by its refusal. */
async function leftOf(yaml: object, payer = ann, counters: LocalCounters = new ProcessCounters()): Promise<string> {
  const { budgets } = resolveAi(aiYaml.parse({ budgets: [yaml] }), (path) => path);
  await restoreBudgets({ budgets, readLedger: async () => store.ledger, counters, restored: new Set() });
  const account = new Budgets({ budgets, counters, log: createLogger({ level: 'silent', readable: false }) });
  try {
    for (let charge = 0; charge < 100; charge++) await account.open(() => payer, undefined)?.charge(call);
  } catch (error) {
    if (error instanceof BudgetExceeded) return /; (\S+)/.exec(error.message)?.[1] ?? error.message;
    throw error;
  }
  return 'no limit';
}

const machineStart = (): LocalCounters =>
  new SharedCounters({ memory: createCounterMemory({ capacity: 64, slidingCapacity: 64 }), holder: 1, now: () => 5 });

describe('a budget after a restart', () => {
  const usd = { limit_usd: '0.00001' };
  it.each([
    ['everyone, rolling', { ...usd, every: '1h' }, '$0.0000079'],
    ['everyone, of a longer period', { ...usd, every: '4h' }, '$0.0000072'],
    ['a year', { ...usd, every: '365d' }, '$0.0000072'],
    ['a tenant', { ...usd, per: 'tenant', every: '1h' }, '$0.0000086'],
    ['a team', { ...usd, per: 'team', every: '1h' }, '$0.0000093'],
    ['a user', { ...usd, per: 'user', every: '1h' }, '$0.0000086'],
    ['a client', { ...usd, per: 'client', every: '1h' }, '$0.0000079'],
    ['an operation', { ...usd, per: 'operation', every: '1h' }, '$0.0000079'],
    ['a prompt, whatever its version', { ...usd, per: 'prompt', every: '1h' }, '$0.0000079'],
    ['a matched prompt', { ...usd, match: { prompt: 'summary' }, per: 'tenant', every: '1h' }, '$0.0000086'],
    ['a model', { ...usd, per: 'model', every: '1h' }, '$0.0000086'],
    ['a matched user', { ...usd, match: { user: 'Ann', tenant: 'acme' }, every: '1h' }, '$0.0000093'],
    ['a matched key', { ...usd, match: { key: 'Ann' }, every: '1h' }, 'no limit'],
    ['tokens', { limit_tokens: 1_000, every: '1h' }, '640'],
    ['calls of the calendar', { limit_calls: 1, every: 'year' }, '0'],
  ])('begins where it was: %s', async (_name, budget, left) => {
    expect(await leftOf(budget)).toBe(left);
  });

  it('counts calls, of which those are left that the ledger has not', async () => {
    const counters = new ProcessCounters();
    const { budgets } = resolveAi(aiYaml.parse({ budgets: [{ limit_calls: 5, every: '1h' }] }), (path) => path);
    await restoreBudgets({ budgets, readLedger: async () => store.ledger, counters, restored: new Set() });
    const account = new Budgets({ budgets, counters, log: createLogger({ level: 'silent', readable: false }) }).open(
      () => ann,
      undefined,
    );
    account?.charge(call);
    account?.charge(call);
    expect(() => account?.charge(call)).toThrow('allows 5 calls; 0 calls left');
  });

  it('begins where it was right after the machine has started too', async () => {
    expect(await leftOf({ ...usd, every: '1h' }, ann, machineStart())).toBe('$0.0000079');
  });

  it('is restored once: a reload leaves what has been counted since', async () => {
    const counters = new ProcessCounters();
    const { budgets } = resolveAi(aiYaml.parse({ budgets: [{ limit_calls: 5, every: '1h' }] }), (path) => path);
    const restored = new Set<string>();
    const restore = () => restoreBudgets({ budgets, readLedger: async () => store.ledger, counters, restored });
    await restore();
    await restore();
    const log = createLogger({ level: 'silent', readable: false });
    expect(() =>
      new Budgets({ budgets, counters, log }).open(() => ann, undefined)?.charge({ ...call, nanoUsd: 1n }),
    ).not.toThrow();
  });

  it('is listed with what is spent of it by whom', async () => {
    const { budgets } = resolveAi(
      aiYaml.parse({
        budgets: [
          { ...usd, per: 'tenant', every: '1h' },
          { limit_calls: 5, every: 'year' },
          { limit_calls: 1, match: { tenant: 'nobody' }, every: '1h' },
        ],
      }),
      (path) => path,
    );
    const raise = {
      budget: 'tenant usd 1h',
      subject: 'acme',
      unit: 'usd',
      amount: 7,
      until: Date.now() + 60_000,
    } as const;
    const states = await readBudgetStates(budgets, store.ledger, new RaisedLimits([raise]));
    const [acme, other] = states;
    expect((acme?.limit ?? 0) - (other?.limit ?? 0)).toBe(7);
    expect(states.map(({ subject, spent }) => [subject, spent])).toEqual([
      ['acme', 1_400],
      ['other', 700],
      ['', expect.any(Number)],
      ['', 0],
    ]);
    expect(states[0]?.resetsAt).toBeUndefined();
    expect(states[2]?.resetsAt).toBeGreaterThan(now);
  });

  it('makes room as what was spent before the restart leaves the period', async () => {
    const clock = { ms: 1_000 };
    const counters = new ProcessCounters({ now: () => clock.ms });
    const { budgets } = resolveAi(aiYaml.parse({ budgets: [{ limit_calls: 3, every: '1h' }] }), (path) => path);
    await restoreBudgets({ budgets, readLedger: async () => store.ledger, counters, restored: new Set() });
    const log = createLogger({ level: 'silent', readable: false });
    const account = new Budgets({ budgets, counters, log }).open(() => ann, undefined);
    expect(() => account?.charge(call)).toThrow(BudgetExceeded);
    clock.ms += 13 * minutes;
    account?.charge(call);
    expect(() => account?.charge(call)).toThrow(BudgetExceeded);
  });
});
