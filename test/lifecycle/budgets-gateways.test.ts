/** Budgets that two gateways of two workers each count together, in Redis; and those of one whose worker dies. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type BudgetGateway, type BudgetGateways, budgetGateways } from '../testkit/processes/budget-gateways.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../testkit/servers/redis-server.ts';

// A start takes many times as long where the machine is busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const exitPlugin = `export const plugin = {
  name: 'exit',
  onRequest({ headers }) {
    if (headers['x-end'] === 'exit') process.exit(7);
  },
};
`;

/**
 * Clients that go on asking until so many calls have reached the provider and every gateway that lives refuses.
 *
 * A call is marked as sent before it is sent, so that one is never sent twice: what is killed in between counts as used.
 * So that exactly all reach the provider, clients ask nothing of a thread while it is killed.
 *
 * @param onReached told of each call that reaches it; `idle` resolves once no client asks anything of the gateway, and none
 *   does until what it returned is called
 * @returns how many were answered
 */
async function exactly(
  calls: number,
  { provider }: BudgetGateways,
  all: readonly BudgetGateway[],
  onReached: (reached: number, idle: (gateway: BudgetGateway) => Promise<() => void>) => Promise<void>,
): Promise<number> {
  let reached = 0;
  let answered = 0;
  const asking = new Map(all.map((gateway) => [gateway, 0]));
  const resting = new Set<BudgetGateway>();
  const idle = async (gateway: BudgetGateway): Promise<() => void> => {
    resting.add(gateway);
    await expect.poll(() => asking.get(gateway), { timeout: 60_000 }).toBe(0);
    return () => resting.delete(gateway);
  };
  const ask = async (gateway: BudgetGateway): Promise<number | undefined> => {
    asking.set(gateway, (asking.get(gateway) ?? 0) + 1);
    const answer = await gateway.chat().catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    asking.set(gateway, (asking.get(gateway) ?? 0) - 1);
    return answer?.status;
  };
  const disturbed: Promise<void>[] = [];
  provider.respond(async () => {
    disturbed.push(onReached(++reached, idle));
    await setImmediate();
    return { text: 'ok', usage: { inputTokens: 10, outputTokens: 10 } };
  });
  const end = performance.now() + 120_000;
  const client = async (index: number): Promise<void> => {
    const gateway = all[index % all.length];
    while (gateway !== undefined && performance.now() < end) {
      if (!resting.has(gateway) && (await ask(gateway)) === 200) answered++;
      else if (reached >= calls) return;
      else await setTimeout(20);
    }
  };
  await Promise.all(Array.from({ length: 60 }, (_, index) => client(index)));
  await Promise.all(disturbed);
  expect(reached).toBe(calls);
  return answered;
}

/** Calls that hold their room and are not sent. @returns ends those whose gateway lives */
async function holdUnsent(gateways: BudgetGateways, all: readonly BudgetGateway[], each: number): Promise<() => void> {
  const controller = new AbortController();
  for (const gateway of all)
    for (let call = 0; call < each; call++)
      void gateway.chat({ signal: controller.signal }, 'stuck').catch(() => undefined);
  await expect.poll(() => gateways.stuck.size, { timeout: 60_000 }).toBe(each * all.length);
  return () => controller.abort();
}

it('a worker that is killed leaves what it had not sent to the other: exactly 100 calls reach the provider', async () => {
  await using gateways = await budgetGateways(
    '  budgets: [{ name: hundred, limit_calls: 100, every: 1h }]',
    'plugins: [exit.mjs]',
  );
  await writeFile(join(gateways.folder, 'exit.mjs'), exitPlugin);
  const gateway = await gateways.start();
  const end = await holdUnsent(gateways, [gateway], 40);
  await exactly(100, gateways, [gateway], async (reached, idle) => {
    if (reached !== 10) return;
    const goOn = await idle(gateway);
    await gateway.chat({ headers: { 'x-end': 'exit' } }).catch(() => undefined);
    goOn();
    end();
  });
  expect((await gateway.chat()).status).toBe(429);
});

describe.skipIf(withoutRedis)('two gateways', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis.kill());

  it('let exactly 100 calls of a budget of 100 reach the provider, though one is killed, and a worker of the other', async () => {
    await using gateways = await budgetGateways(
      `  ledger: false
  budgets: [{ name: hundred, limit_calls: 100, every: 1h }]
  budget_counters: { url: "${redis.url}" }`,
      'plugins: [exit.mjs]',
    );
    await writeFile(join(gateways.folder, 'exit.mjs'), exitPlugin);
    const [one, other] = [await gateways.start(), await gateways.start()];
    const end = await holdUnsent(gateways, [one, other], 20);
    const answers = await exactly(100, gateways, [one, other], async (reached, idle) => {
      if (reached === 10) {
        const goOn = await idle(other);
        await other.chat({ headers: { 'x-end': 'exit' } }).catch(() => undefined);
        goOn();
      }
      if (reached === 20) {
        await idle(one);
        await one.kill();
        end();
      }
    });
    expect(answers).toBeLessThanOrEqual(100);
    const started = await gateways.start(1);
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
