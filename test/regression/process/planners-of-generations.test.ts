/**
 * A supergraph stays loaded in the planner processes while any of its generations is leased, whichever ends first; and a
 * gateway that cannot plan reports that it is not ready.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../../src/observability/index.ts';
import { createPlannerPool } from '../../../src/planning/index.ts';
import { shop } from '../../testkit/graphs/shop.ts';
import { childrenOf } from '../../testkit/processes/children-of.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: shop, yaml: 'traffic: { share_identical: off }' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const health = async () => (await fetch(new URL('/health/ready', gateway.url))).status;

async function edit(change: (sdl: string) => string): Promise<string> {
  const file = join(gateway.folder, 'stock.graphql');
  await writeFile(file, change(await readFile(file, 'utf8')));
  return (await gateway.gateway.reload()).kind;
}

/** A request that the stock subgraph delays until `answer` is called. */
async function openRequest(query: string): Promise<{ answer(): void; readonly done: Promise<unknown> }> {
  const { stock } = gateway.subgraphs;
  if (stock === undefined) throw new Error('the shop has a stock subgraph');
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  stock.intercept = async (_request, response) => {
    arrived.resolve();
    await released.promise;
    response.end('{"data":{"_entities":[{"stock":1},{"stock":2},{"stock":3}]}}');
  };
  const done = gateway.query(query);
  await arrived.promise;
  stock.intercept = undefined;
  return { answer: released.resolve, done };
}

describe('a schema edit that is reverted while a request runs', () => {
  it('keeps the supergraph loaded when the old generation ends', async () => {
    const long = await openRequest('query Long { products { id stock } }');
    expect(await edit((sdl) => sdl.replace('stock: Int', 'stock: Int  extra: Int'))).toBe('swapped');
    expect(await edit((sdl) => sdl.replace('  extra: Int', ''))).toBe('swapped');
    long.answer();
    expect(await long.done).toMatchObject({
      status: 200,
      data: { products: [{ stock: 1 }, { stock: 2 }, { stock: 3 }] },
    });
    const fresh = await gateway.query('query Fresh { again: products { price shipping } }');
    expect(fresh.errors).toBeUndefined();
    expect(fresh.data.again[0]).toEqual({ price: 100, shipping: 10 });
    expect(await health()).toBe(200);
  });

  it('does so however often it is reverted, and whichever generation ends first', async () => {
    const first = await openRequest('query First { products { stock } }');
    await edit((sdl) => sdl.replace('stock: Int', 'stock: Int  extra: Int'));
    const between = await openRequest('query Between { products { stock } }');
    await edit((sdl) => sdl.replace('  extra: Int', ''));
    const second = await openRequest('query Second { products { stock } }');
    await edit((sdl) => sdl.replace('stock: Int', 'stock: Int  extra: Int'));
    await edit((sdl) => sdl.replace('  extra: Int', ''));
    for (const [index, request] of [second, first, between].entries()) {
      request.answer();
      expect(await request.done).toMatchObject({ status: 200 });
      const answer = await gateway.query(`query Next${index} { n${index}: products { price shipping } }`);
      expect(answer.errors).toBeUndefined();
    }
  });
});

describe('planner processes', () => {
  const log = createLogger({ level: 'silent', readable: false });
  const sdl = () => gateway.gateway.generations.current?.supergraphSdl ?? '';
  const operation = '{products__0:products{name}}';

  /** To all of this process: those of the gateway, and those that wait for another pool. */
  async function signalAll(signal: NodeJS.Signals): Promise<void> {
    for (const pid of await childrenOf(process.pid)) process.kill(pid, signal);
  }

  it('that hang while they load are replaced, and the load ends', async () => {
    const pool = createPlannerPool({ log, loadDeadlineMs: 4_000 });
    const first = await pool.load('one', { supergraphSdl: sdl(), inProcess: [] });
    await signalAll('SIGSTOP');
    const second = await pool.load('two', { supergraphSdl: sdl(), inProcess: [] });
    expect((await second.plan(operation, [], 20_000)).fetches).toHaveLength(1);
    expect((await first.plan(operation, [], 20_000)).fetches).toHaveLength(1);
    await pool.close();
    await signalAll('SIGCONT');
  });

  it('report when none of them can plan, and when one can again', async () => {
    const pool = createPlannerPool({ log, unavailableAfterMs: 1 });
    const planner = await pool.load('one', { supergraphSdl: sdl(), inProcess: [] });
    expect(planner.isAvailable()).toBe(true);
    await signalAll('SIGKILL');
    await expect.poll(() => planner.isAvailable(), { interval: 5 }).toBe(false);
    await expect.poll(() => planner.isAvailable()).toBe(true);
    await pool.close();
    expect(planner.isAvailable()).toBe(false);
  });

  it('of a closed pool wait for the next, with nothing loaded', async () => {
    const pool = createPlannerPool({ log });
    await pool.load('one', { supergraphSdl: sdl(), inProcess: [] });
    const before = await childrenOf(process.pid);
    await pool.close();
    const next = createPlannerPool({ log });
    const changed = sdl().replace('stock: Int', 'stock: Int  later: Int');
    const planner = await next.load('one', { supergraphSdl: changed, inProcess: [] });
    // It has started none.
    expect(before).toEqual(expect.arrayContaining(await childrenOf(process.pid)));
    const plan = await planner.plan('{products__0:products{later}}', [], 20_000);
    expect(JSON.stringify(plan)).toContain('later');
    await next.close();
  });

  it('are of one pool at a time, also where one is closed twice and its supergraph unloaded late', async () => {
    const closed = createPlannerPool({ log });
    const late = await closed.load('one', { supergraphSdl: sdl(), inProcess: [] });
    await closed.close();
    await closed.close();
    const [first, second] = [createPlannerPool({ log }), createPlannerPool({ log })];
    const planner = await first.load('one', { supergraphSdl: sdl(), inProcess: [] });
    const other = await second.load('two', { supergraphSdl: sdl(), inProcess: [] });
    late.close();
    for (const each of [planner, other]) expect((await each.plan(operation, [], 20_000)).fetches).toHaveLength(1);
    await second.close();
    expect((await planner.plan(operation, [], 20_000)).fetches).toHaveLength(1);
    await first.close();
  });

  it('end what waits when a pool is closed while it loads', async () => {
    const pool = createPlannerPool({ log });
    const loading = pool.load('one', { supergraphSdl: sdl(), inProcess: [] });
    await Promise.all([expect(loading).rejects.toThrow('stopping'), pool.close()]);
  });
});
