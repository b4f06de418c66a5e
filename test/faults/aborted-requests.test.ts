import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: shop, yaml: 'traffic: { share_identical: off, all: { retries: 0 } }' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** Sends a query and leaves as soon as the subgraph has it. */
function askAndLeave(seen: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const request = httpRequest(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      agent: false,
    });
    request.on('error', () => resolve());
    request.on('close', () => resolve());
    request.end('{"query":"{ products { id stock } }"}');
    void seen.then(() => request.destroy());
  });
}

describe('clients that leave', () => {
  it('leak nothing: 10,000 of them, no socket, timer, lease or memory', async () => {
    const { products } = gateway.subgraphs;
    if (products === undefined) throw new Error('the shop has products');
    const batch = async (): Promise<void> => {
      const seen = Promise.withResolvers<void>();
      let arrived = 0;
      products.intercept = (request) => {
        request.resume();
        arrived++;
        if (arrived === 50) seen.resolve();
      };
      await Promise.all(Array.from({ length: 100 }, () => askAndLeave(seen.promise)));
    };
    const handles = () => process.getActiveResourcesInfo().filter((kind) => kind !== 'TTYWrap').length;

    for (let round = 0; round < 20; round++) await batch();
    const before = { handles: handles(), heap: heapAfterGc() };
    for (let round = 0; round < 100; round++) {
      await batch();
      (gateway.log as unknown[]).length = 0; // the test's own copy of the log
    }
    products.intercept = undefined;

    await expect.poll(() => handles()).toBeLessThan(before.handles + 60);
    expect(heapAfterGc() - before.heap).toBeLessThan(10_000_000);
    // Nothing retains the generation: a swap closes it, which waits for the last lease.
    expect((await gateway.query('{ products { name stock } }')).data.products).toHaveLength(3);
  }, 120_000);

  it('stop their subgraph requests', async () => {
    const { products } = gateway.subgraphs;
    const asked = Promise.withResolvers<void>();
    const stopped = Promise.withResolvers<void>();
    if (products !== undefined) {
      products.intercept = (request) => {
        request.socket.once('close', () => stopped.resolve());
        asked.resolve();
      };
    }
    const controller = new AbortController();
    const answer = fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ products { name } }"}',
      signal: controller.signal,
    }).catch(() => 'left');
    await asked.promise;
    controller.abort();
    await stopped.promise;
    expect(await answer).toBe('left');
    if (products !== undefined) products.intercept = undefined;
  });
});

function heapAfterGc(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
