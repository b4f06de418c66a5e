import { readFile } from 'node:fs/promises';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors/index.ts';
import { compilePlan } from '../../src/execution/compile/compile-plan.ts';
import { MemoryBudget } from '../../src/lib/index.ts';
import { createLogger } from '../../src/observability/index.ts';
import { createPlannerPool, PlanCache, type Planner, type PlannerPool } from '../../src/planning/index.ts';

const log = createLogger({ level: 'silent', readable: false });
const apiSchema = buildSchema('type Query { products: [ID] }');
const operation = '{products__0:products{name reviewSummary__0:reviewSummary shippingEstimate__0:shippingEstimate}}';

let pool: PlannerPool;
let planner: Planner;
let supergraphSdl: string;
beforeAll(async () => {
  supergraphSdl = await readFile('schema/supergraph.graphql', 'utf8');
  pool = createPlannerPool({ log });
  planner = await pool.load('sample', { supergraphSdl, inProcess: ['assistant'] });
});
afterAll(() => pool.close());

async function codeOf(work: Promise<unknown>): Promise<string> {
  const failure: unknown = await work.catch((error: unknown) => error);
  return failure instanceof GatewayError ? failure.code : 'none';
}

describe('planner processes', () => {
  it('plan, each fetch with its dependencies', async () => {
    const { fetches } = await planner.plan(operation, [], 10_000);
    expect(fetches.map((fetch) => fetch.subgraph).sort()).toEqual(['assistant', 'inventory', 'products', 'reviews']);
    expect(fetches[0]).toMatchObject({ subgraph: 'products', after: [] });
  });

  it('never block the event loop of the gateway', async () => {
    let turns = 0;
    let isPlanned = false;
    const turn = (): void => {
      turns++;
      if (!isPlanned) setImmediate(turn);
    };
    setImmediate(turn);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        planner.plan(`{products__0:products{name} c${index}:__typename}`, [], 10_000),
      ),
    );
    isPlanned = true;
    expect(turns).toBeGreaterThan(100); // plans made in this process would leave the loop one turn each
  });

  it('are ended by a plan past its deadline, which is refused; another process makes the next plan', async () => {
    const late = planner.plan(operation, [], 0.01);
    expect(await codeOf(late)).toBe('PLAN_DEADLINE_EXCEEDED');
    expect((await planner.plan(operation, [], 10_000)).fetches).toHaveLength(4);
  });

  it('fail alone: operations behind an ended plan are planned', async () => {
    const all = [
      planner.plan(operation, [], 0.01),
      ...Array.from({ length: 5 }, () => planner.plan(operation, [], 10_000)),
    ];
    const outcomes = await Promise.allSettled(all);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', ...Array(5).fill('fulfilled')]);
  });

  it('distinguish a defect from a limit', async () => {
    expect(await codeOf(planner.plan('{nowhere}', [], 10_000))).toBe('INTERNAL_SERVER_ERROR');
  });

  it('refuse a supergraph that cannot be loaded, and continue with the others', async () => {
    await expect(pool.load('broken', { supergraphSdl: 'type Query { a: Int }', inProcess: [] })).rejects.toThrow();
    expect((await planner.plan(operation, [], 10_000)).fetches).toHaveLength(4);
  });

  it('bound the queue', async () => {
    const small = createPlannerPool({ log, maxProcesses: 1, maxWaiting: 2 });
    const one = await small.load('sample', { supergraphSdl, inProcess: [] });
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => codeOf(one.plan(operation, [], 10_000))));
    expect(outcomes.filter((code) => code === 'OVERLOADED')).toHaveLength(3);
    await small.close();
  });

  it('end when nothing is planned, stay available, and start again with the next operation', async () => {
    const idle = Promise.withResolvers<void>();
    const destination = {
      write: (line: string) => (line.includes('planner processes stopped') ? idle.resolve() : undefined),
    };
    const idleLog = createLogger({ level: 'debug', readable: false, destination });
    const sleepy = createPlannerPool({ log: idleLog, idleMs: 20, unavailableAfterMs: 1 });
    const one = await sleepy.load('sample', { supergraphSdl, inProcess: ['assistant'] });
    await idle.promise;
    expect(one.isAvailable()).toBe(true);
    expect((await one.plan(operation, [], 10_000)).fetches).toHaveLength(4);
    await sleepy.close();
  });
});

describe('the plan cache', () => {
  const cacheOver = (counted: Planner, maxBytes = 10_000_000) =>
    new PlanCache({
      planner: counted,
      deadlineMs: 10_000,
      cache: new MemoryBudget(maxBytes).group().cache(),
      compile: (plan) => compilePlan(apiSchema, new Map(), plan, new Set()),
    });
  const counting = (deadlineMs?: number) => {
    let plans = 0;
    const counted: Planner = {
      ...planner,
      plan(text, labels, deadline) {
        plans++;
        return planner.plan(text, labels, deadlineMs ?? deadline);
      },
    };
    return { counted, plans: () => plans };
  };

  it('plans an operation once, however many requests need it at the same time', async () => {
    const { counted, plans } = counting();
    const cache = cacheOver(counted);
    const made = await Promise.all(Array.from({ length: 50 }, () => cache.plan(operation, [])));
    expect({ plans: plans(), distinct: new Set(made).size }).toEqual({ plans: 1, distinct: 1 });
    await cache.plan(operation, []);
    expect(plans()).toBe(1);
  });

  it('caches refusals: the same bad operation is planned once', async () => {
    const { counted, plans } = counting(0.01);
    const cache = cacheOver(counted);
    for (let time = 0; time < 5; time++) expect(await codeOf(cache.plan(operation, []))).toBe('PLAN_DEADLINE_EXCEEDED');
    expect(plans()).toBe(1);
  });

  it('separates plans by their active labels', async () => {
    const { counted, plans } = counting();
    const cache = cacheOver(counted);
    await cache.plan(operation, []);
    await cache.plan(operation, ['percent(50)']);
    expect(plans()).toBe(2);
  });

  it('is bounded by memory', async () => {
    const cache = cacheOver(counting().counted, 15_000);
    for (let index = 0; index < 30; index++) await cache.plan(`{products__0:products{name} c${index}:__typename}`, []);
    expect(cache.size).toBeLessThan(30);
    expect(cache.size).toBeGreaterThan(0);
  });
});
