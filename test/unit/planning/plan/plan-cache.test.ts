import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { GatewayError } from '../../../../src/errors/index.ts';
import { MemoryBudget } from '../../../../src/lib/index.ts';
import { type OperationPlan, PlanCache, type PlanCacheEntry, type Planner } from '../../../../src/planning/index.ts';

type Compiled = { readonly plan: OperationPlan };

let failure: GatewayError | undefined;
let planned: string[] = [];
const planner: Planner = {
  overrideLabels: [],
  async plan(operation, labels) {
    planned.push([...labels, operation].join(' '));
    if (failure !== undefined) throw failure;
    return { fetches: [] };
  },
  isAvailable: () => true,
  close() {},
};

function createCache(): PlanCache<Compiled> {
  const cache = new MemoryBudget(1_000_000).group().cache<PlanCacheEntry<Compiled>>();
  return new PlanCache({ planner, compile: (plan) => ({ plan }), deadlineMs: 1_000, cache });
}

beforeEach(() => {
  failure = undefined;
  planned = [];
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the plan cache', () => {
  it('plans an operation once, however many request it at a time', async () => {
    const cache = createCache();
    const [first, second] = await Promise.all([cache.plan('{a}', []), cache.plan('{a}', [])]);
    expect(second).toBe(first);
    expect(await cache.plan('{a}', [])).toBe(first);
    expect(planned).toEqual(['{a}']);
  });

  it('plans it for each set of active labels', async () => {
    const cache = createCache();
    await cache.plan('{a}', []);
    await cache.plan('{a}', ['x']);
    expect(planned).toEqual(['{a}', 'x {a}']);
  });

  it('adds up the time of all plans that a request waits for', async () => {
    const cache = createCache();
    const event = { planMs: 1_000, isPlanCached: true };
    await cache.plan('{a}', [], undefined, event);
    expect(event.isPlanCached).toBe(false);
    const { planMs } = event;
    expect(planMs).toBeGreaterThan(1_000);
    await cache.plan('{a}', [], undefined, event);
    expect(event.planMs).toBe(planMs);
  });

  it('reports the memory of a plan', async () => {
    const cache = createCache();
    const plan = await cache.plan('{a}', []);
    expect(cache.partsOf(plan)).toEqual([{ object: plan, bytes: expect.any(Number) }]);
    expect(cache.size).toBe(1);
  });

  it('caches that an operation has no plan', async () => {
    const cache = createCache();
    failure = new GatewayError('PLAN_UNSOUND');
    await expect(cache.plan('{a}', [])).rejects.toThrow(failure);
    await expect(cache.plan('{a}', [])).rejects.toThrow(failure);
    expect(planned).toHaveLength(1);
  });

  it('plans again after a missed deadline expired', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const cache = createCache();
    failure = new GatewayError('PLAN_DEADLINE_EXCEEDED');
    await expect(cache.plan('{a}', [])).rejects.toThrow(failure);
    failure = undefined;
    await expect(cache.plan('{a}', [])).rejects.toThrow();
    vi.advanceTimersByTime(300_001);
    await expect(cache.plan('{a}', [])).resolves.toEqual({ plan: { fetches: [] } });
  });

  it('does not cache that planning was overloaded', async () => {
    const cache = createCache();
    failure = new GatewayError('OVERLOADED');
    await expect(cache.plan('{a}', [])).rejects.toThrow(failure);
    failure = undefined;
    await expect(cache.plan('{a}', [])).resolves.toBeDefined();
  });
});
