import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../../src/errors/index.ts';
import { MemoryBudget } from '../../../../src/lib/index.ts';
import {
  createPortPlannerPool,
  createSharedPlans,
  type OperationPlan,
  type PlannerPool,
  servePlanners,
} from '../../../../src/planning/index.ts';

const plan: OperationPlan = { fetches: [] };
const options = { supergraphSdl: 'type Query { a: Int }', inProcess: [] };

interface Asked {
  readonly operation: string;
  readonly deadlineMs: number;
  readonly client: string | undefined;
}

function fakePool(answer: (operation: string) => Promise<OperationPlan>) {
  const asked: Asked[] = [];
  const loads: string[] = [];
  const closedLoads: string[] = [];
  const state = { isAvailable: true };
  const pool: PlannerPool = {
    async load(supergraph) {
      if (supergraph === 'broken') throw new Error('it cannot be loaded');
      loads.push(supergraph);
      return {
        overrideLabels: ['percent(5)'],
        plan(operation, _labels, deadlineMs, client) {
          asked.push({ operation, deadlineMs, client });
          return answer(operation);
        },
        isAvailable: () => state.isAvailable,
        close: () => void closedLoads.push(supergraph),
      };
    },
    async close() {},
  };
  return { pool, asked, loads, closedLoads, state };
}

function connect(pool: PlannerPool): { readonly remote: PlannerPool; readonly ended: () => Promise<unknown> } {
  const { port1, port2 } = new MessageChannel();
  servePlanners(pool, port1);
  return {
    remote: createPortPlannerPool(port2),
    ended: () => {
      const closed = once(port1, 'close');
      port2.close();
      return closed;
    },
  };
}

describe('the planners of another thread', () => {
  it('plan with the deadline and the client of the operation', async () => {
    const { pool, asked } = fakePool(async () => plan);
    const { remote, ended } = connect(pool);
    const planner = await remote.load('shop', options);
    expect(planner.overrideLabels).toEqual(['percent(5)']);
    expect(await planner.plan('{ a }', [], 5_000, '10.0.0.1')).toEqual(plan);
    expect(asked).toEqual([{ operation: '{ a }', deadlineMs: 5_000, client: '10.0.0.1' }]);
    await ended();
  });

  it('refuse with the same code and detail', async () => {
    const { pool } = fakePool(async () => {
      throw new GatewayError('PLAN_UNSOUND', { detail: 'no plan was found' });
    });
    const { remote, ended } = connect(pool);
    const planner = await remote.load('shop', options);
    await expect(planner.plan('{ a }', [], 5_000)).rejects.toMatchObject({
      code: 'PLAN_UNSOUND',
      detail: 'no plan was found',
    });
    await expect(remote.load('broken', options)).rejects.toThrow('it cannot be loaded');
    await ended();
  });

  it('unload what a thread had loaded when it ends, and refuse what it waits for', async () => {
    const { pool, loads, closedLoads } = fakePool(() => new Promise(() => undefined));
    const { remote, ended } = connect(pool);
    const planner = await remote.load('shop', options);
    await remote.load('other', options);
    const waiting = planner.plan('{ a }', [], 5_000);
    const refused = expect(waiting).rejects.toMatchObject({ code: 'OVERLOADED' });
    await ended();
    await refused;
    expect(closedLoads.sort()).toEqual(loads.sort());
  });

  it('are no longer available once they cannot plan', async () => {
    const { pool, state } = fakePool(async () => plan);
    const { remote, ended } = connect(pool);
    const planner = await remote.load('shop', options);
    expect(planner.isAvailable()).toBe(true);
    state.isAvailable = false;
    await expect.poll(() => planner.isAvailable(), { timeout: 5_000 }).toBe(false);
    await ended();
  });
});

describe('shared plans', () => {
  it('plan an operation once for all threads, also at the same time', async () => {
    const release = Promise.withResolvers<void>();
    const { pool, asked } = fakePool(async () => {
      await release.promise;
      return plan;
    });
    const shared = createSharedPlans(pool, new MemoryBudget(1_000_000).group());
    const first = await shared.load('shop', options);
    const second = await shared.load('shop', options);
    const both = [first.plan('{ a }', [], 5_000), second.plan('{ a }', [], 5_000)];
    release.resolve();
    expect(await Promise.all(both)).toEqual([plan, plan]);
    expect(await second.plan('{ a }', [], 5_000)).toEqual(plan);
    expect(asked).toHaveLength(1);
    await second.plan('{ a }', ['percent(5)'], 5_000);
    await (await shared.load('other', options)).plan('{ a }', [], 5_000);
    expect(asked).toHaveLength(3);
  });

  it('plan again what was refused', async () => {
    let attempts = 0;
    const { pool } = fakePool(async () => {
      if (attempts++ === 0) throw new GatewayError('OVERLOADED');
      return plan;
    });
    const planner = await createSharedPlans(pool, new MemoryBudget(1_000_000).group()).load('shop', options);
    await expect(planner.plan('{ a }', [], 5_000)).rejects.toMatchObject({ code: 'OVERLOADED' });
    expect(await planner.plan('{ a }', [], 5_000)).toEqual(plan);
  });
});
