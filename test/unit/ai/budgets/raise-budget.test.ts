import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  BudgetRaiseError,
  Budgets,
  FollowedRaises,
  RaisedLimits,
  raiseBudget,
} from '../../../../src/ai/budgets/index.ts';
import { aiYaml, resolveAi } from '../../../../src/config/ai/ai.ts';
import { ProcessCounters } from '../../../../src/counters/index.ts';
import type { BudgetRaise } from '../../../../src/store/index.ts';

const now = Date.parse('2026-11-29T10:00:00Z');
const until = '2026-12-01T00:00Z';
const ai = resolveAi(
  aiYaml.parse({
    budgets: [
      { name: 'tenants', per: 'tenant', limit_calls: 2, every: 'year', alerts: [100] },
      { name: 'dollars', limit_usd: '25', every: '1d' },
    ],
  }),
  (path) => path,
);

function fakeStore(fails: () => boolean = () => false) {
  const puts: { readonly raise: BudgetRaise; readonly actor: string }[] = [];
  const budgetRaises = {
    put: async (change: (typeof puts)[number]) => void puts.push(change),
    changedSince: async (revision: number | undefined) => {
      if (fails()) throw new Error('the disk is full');
      return revision === puts.length ? undefined : { revision: puts.length, raises: puts.map(({ raise }) => raise) };
    },
  };
  return { store: { budgetRaises, close: async () => undefined } as never, puts };
}

/** The calls that a tenant may make, of those that are tried. */
function callsOf(account: ReturnType<Budgets['open']>, tried: number): number {
  const call = { alias: 'a', prompt: undefined, field: undefined, model: 'p/m', requestId: undefined };
  let calls = 0;
  for (let index = 0; index < tried; index++) {
    try {
      const charge = account?.charge({ ...call, nanoUsd: 10n, tokens: 1 });
      if (charge !== undefined && 'settle' in charge)
        charge.settle({ nanoUsd: 10n, tokens: 1, isSent: true, outcome: 'answered' } as never);
      calls++;
    } catch {
      return calls;
    }
  }
  return calls;
}

afterEach(() => vi.useRealTimers());

describe('a temporary increase', () => {
  const raise = { budget: 'tenants', subject: 'acme', unit: 'calls', amount: 3, until: Date.parse(until) } as const;

  function openFor(raises: RaisedLimits, counters = new ProcessCounters(), lines: object[] = []) {
    const write = (fields: object): void => void lines.push(fields);
    const log = { debug: write, info: write, warn: write, error: write, fatal: write } as never;
    const budgets = new Budgets({ budgets: ai.budgets.slice(0, 1), counters, log, raises });
    const payer = { door: 'graphql', team: undefined, id: 'u', kind: 'user', client: undefined, operation: undefined };
    return (tenant: string) => budgets.open(() => ({ ...payer, tenant }) as never, undefined);
  }

  it('raises the limit of its subject until it ends, and of no other', () => {
    vi.useFakeTimers({ now });
    const counters = new ProcessCounters();
    const of = openFor(new RaisedLimits([raise]), counters);
    expect(callsOf(of('acme'), 3)).toBe(3);
    expect(callsOf(of('other'), 9)).toBe(2);
    vi.setSystemTime(raise.until);
    // Three are spent of two.
    expect(callsOf(of('acme'), 9)).toBe(0);
  });

  it('of one subject and of all add up; one in another unit is none', () => {
    vi.useFakeTimers({ now });
    const all = { ...raise, subject: undefined, amount: 1 };
    const of = openFor(new RaisedLimits([raise, all, { ...all, unit: 'usd', amount: 100 }]));
    expect(callsOf(of('acme'), 20)).toBe(6);
    expect(callsOf(of('other'), 20)).toBe(3);
  });

  it('has alerts of its own: a share that was reached is reported again of the raised limit', () => {
    vi.useFakeTimers({ now });
    const [counters, lines] = [new ProcessCounters(), [] as object[]];
    callsOf(openFor(new RaisedLimits([]), counters, lines)('acme'), 9);
    callsOf(openFor(new RaisedLimits([raise]), counters, lines)('acme'), 9);
    expect(lines).toMatchObject([
      { percent: 100, limit: '2 calls', spent: '2 calls' },
      { percent: 100, limit: '5 calls', spent: '5 calls' },
    ]);
  });

  it('is taken up from the store, and stays known while the store does not answer', async () => {
    vi.useFakeTimers({ now });
    let isDown = false;
    const { store, puts } = fakeStore(() => isDown);
    const lines: unknown[] = [];
    const write = (_: object, msg: string): void => void lines.push(msg);
    const followed = await FollowedRaises.open({ openStore: async () => store, log: { warn: write, info: write } });
    const [config] = ai.budgets;
    if (config === undefined) throw new Error('there is a budget');
    expect(followed.by(config, 'acme')).toBe(0);
    puts.push({ raise, actor: 'cli:ann' });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(followed.by(config, 'acme')).toBe(3);
    isDown = true;
    await vi.advanceTimersByTimeAsync(3_000);
    expect(followed.by(config, 'acme')).toBe(3);
    isDown = false;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(lines).toEqual([
      'increases of budgets cannot be read',
      'the store answers again: increases of budgets are taken up',
    ]);
    await followed.close();
  });

  it('does not keep a gateway from starting where the store cannot be opened, and is taken up when it can be', async () => {
    vi.useFakeTimers({ now });
    const { store, puts } = fakeStore();
    puts.push({ raise, actor: 'cli:ann' });
    const opened = Promise.withResolvers<void>();
    let opens = 0;
    const log = { warn: () => undefined, info: () => undefined };
    const openStore = async () => {
      opens++;
      if (opens === 1) throw new Error('it is away');
      if (opens === 2) await opened.promise;
      return store;
    };
    const followed = await FollowedRaises.open({ openStore, log });
    const [config] = ai.budgets;
    if (config === undefined) throw new Error('there is a budget');
    await vi.advanceTimersByTimeAsync(5_000);
    expect([opens, followed.by(config, 'acme')]).toEqual([2, 0]);
    opened.resolve();
    await vi.advanceTimersByTimeAsync(0);
    expect(followed.by(config, 'acme')).toBe(3);
    await followed.close();
  });

  it.each([
    [
      { name: 'tenants', by: '50', until },
      { amount: 50, unit: 'calls', subject: undefined, until: Date.parse(until) },
    ],
    [
      { name: 'tenants', by: '0', until: '3d', subject: 'acme' },
      { amount: 0, subject: 'acme', until: now + 259_200_000 },
    ],
    [
      { name: 'dollars', by: '12.5', until },
      { amount: 12_500_000_000, unit: 'usd' },
    ],
  ])('is stored as it was meant: %j', async (request, stored) => {
    vi.useFakeTimers({ now });
    const { store, puts } = fakeStore();
    await raiseBudget(store, ai, { subject: undefined, ...request }, 'cli:ann');
    expect(puts).toMatchObject([{ actor: 'cli:ann', at: now, raise: stored }]);
  });

  it.each([
    [{ name: 'tenant' }, 'there is no budget "tenant" under ai.budgets; did you mean "tenants"?'],
    [{ name: 'xyz' }, 'there is no budget "xyz" under ai.budgets; there are: tenants, dollars'],
    [{ name: 'dollars', subject: 'acme' }, 'everyone has the budget "dollars" together: leave the subject out'],
    [{ subject: '' }, 'a subject has a name: leave it out to raise the budget of all'],
    [{ by: '-5' }, 'by: write a whole number of calls'],
    [{ by: '1e3' }, 'by: write a whole number of calls'],
    [{ name: 'dollars', by: '-5' }, 'by: write US dollars as a decimal, such as 25.50'],
    [{ by: '99999999999999999' }, 'by: the limit would be too large'],
    [{ until: 'tomorrow' }, 'until: write a moment such as 2026-12-01T00:00Z, or a duration such as 3d'],
    [{ until: '2026-11-29' }, 'until: it is in the past'],
  ])('that cannot be made says why, and nothing is stored: %j', async (wrong, message) => {
    vi.useFakeTimers({ now });
    const { store, puts } = fakeStore();
    const request = { name: 'tenants', subject: undefined, by: '5', until, ...wrong };
    const failure: unknown = await raiseBudget(store, ai, request, 'cli:ann').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BudgetRaiseError);
    expect(failure).toMatchObject({ message });
    expect(puts).toEqual([]);
  });

  it('is refused where gateways would not read it', async () => {
    const { store } = fakeStore();
    const without = { ...ai, ledger: { ...ai.ledger, enabled: false } };
    await expect(
      raiseBudget(store, without, { name: 'tenants', subject: undefined, by: '5', until: '3d' }, 'cli:ann'),
    ).rejects.toThrow('gateways with ai.ledger: false read no increases');
  });
});
