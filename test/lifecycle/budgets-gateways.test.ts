/** Budgets that two gateways of two workers each count together, in Redis. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { budgetGateways } from '../testkit/budget-gateways.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../testkit/redis-server.ts';

// A start takes many times as long where the machine is busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

describe.skipIf(withoutRedis)('two gateways', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis.kill());

  it('let exactly 100 calls of a budget of 100 reach the provider, though one is killed', async () => {
    await using gateways = await budgetGateways(
      `  ledger: false
  budgets: [{ name: hundred, limit_calls: 100, every: 1h }]
  budget_counters: { url: "${redis.url}" }`,
    );
    const [one, other] = [await gateways.start(), await gateways.start()];
    const statuses: (number | undefined)[] = [];
    const client = async (index: number): Promise<void> => {
      const gateway = index % 2 === 0 ? one : other;
      const answer = await gateway.chat().catch(() => undefined);
      await answer?.arrayBuffer().catch(() => undefined);
      statuses.push(answer?.status);
    };
    await Promise.all(Array.from({ length: 60 }, (_, index) => client(index)));
    expect(statuses).toEqual(statuses.map(() => 200));
    expect(gateways.provider.requests).toHaveLength(60);
    await one.kill();
    await Promise.all(Array.from({ length: 200 }, (_, index) => client(index * 2 + 1)));
    expect(gateways.provider.requests).toHaveLength(100);
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    const started = await gateways.start();
    const refused = await started.chat();
    expect(refused.status).toBe(429);
    expect(await refused.text()).toContain('The budget \\"hundred\\" allows 100 calls; 0 calls left');
    expect(gateways.provider.requests).toHaveLength(100);
  });

  it('do what is declared while Redis is away, say so, and count together again afterwards', async () => {
    let own = await startRedisServer();
    const { port } = own;
    await using gateways = await budgetGateways(
      `  ledger: false
  budgets: [{ name: ten, limit_calls: 10, every: 1h }]
  budget_counters: { url: "${own.url}", when_down: local_share, gateways: 2 }`,
    );
    const [one, other] = [await gateways.start(1), await gateways.start(1)];
    const ready = async ({ url }: { readonly url: string }) =>
      (await (await fetch(`${url}/health/ready`)).json()).budgets;
    expect(await ready(one)).toEqual({ counters: 'ready' });
    const statusesOf = async (gateway: typeof one, calls: number) => {
      const statuses: number[] = [];
      for (let call = 0; call < calls; call++) statuses.push((await gateway.chat()).status);
      return statuses.filter((status) => status === 200).length;
    };
    expect(await statusesOf(one, 2)).toBe(2);
    await own.kill();
    await expect.poll(() => ready(one)).toEqual({ counters: 'unavailable', whenDown: 'local_share' });
    expect(await statusesOf(one, 10)).toBe(4);
    expect(await statusesOf(other, 10)).toBe(5);
    expect(one.lines().map(({ msg }) => msg)).toContain('the Redis of budgets does not answer');
    own = await startRedisServer(port);
    await expect.poll(() => ready(one), { timeout: 10_000 }).toEqual({ counters: 'ready' });
    await expect.poll(() => ready(other), { timeout: 10_000 }).toEqual({ counters: 'ready' });
    // Redis had nothing left of the first two calls: it was killed without a file.
    const more = (await statusesOf(one, 10)) + (await statusesOf(other, 10));
    expect(more).toBeLessThanOrEqual(3);
    expect(gateways.provider.requests.length).toBeLessThanOrEqual(13);
    await own.kill();
  });
});
