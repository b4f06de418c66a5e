/**
 * Calls over real sockets that fail, are cut, aborted in the midst or before their answer: none leaves a hold in its budget,
 * which has lost what the ledger says, to the nano-dollar, and the next call passes.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { openStore } from '../../src/store/index.ts';
import type { ScriptedReply } from '../../src/testing.ts';
import { type BudgetGateway, budgetGateways } from '../testkit/processes/budget-gateways.ts';
import { Random } from '../testkit/random/random.ts';
import { newSeed, randomRuns } from '../testkit/random/random-runs.ts';

vi.setConfig({ testTimeout: 240_000 * randomRuns(1) });

const limitUsd = 1_000;
const clients = 40;

async function settledNanoUsd(folder: string): Promise<number> {
  const file = join(folder, '.isthmus', 'state.db');
  const config = { kind: 'sqlite', file, key: undefined, previousKeys: [], line: undefined } as const;
  const store = await openStore({ config, configFile: '', log: { warn: () => undefined } });
  let sum = 0;
  for await (const { settled } of store.ledger.rows({ from: 0, to: Number.MAX_SAFE_INTEGER })) sum += settled;
  await store.close();
  return sum;
}

function chat({ url }: BudgetGateway, body: object, signal?: AbortSignal): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'Hello' }], ...body }),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** As a call is told that needs more than the whole budget. */
async function leftNanoUsd(gateway: BudgetGateway): Promise<number> {
  const refused = await chat(gateway, { max_tokens: 2 * limitUsd * 1_000_000 });
  expect(refused.status).toBe(429);
  const [, left = ''] = /\$([\d.]+) left/.exec(await refused.text()) ?? [];
  return Math.round(Number(left) * 1e9);
}

it('calls that end in any way leave no hold, and the next call passes', async () => {
  const random = new Random(newSeed('calls that end in any way'));
  await using gateways = await budgetGateways(`  breaker: { min_requests: 1000000 }
  budgets: [{ name: all, limit_usd: "${limitUsd}", every: day }]`);
  const { provider, folder } = gateways;
  const usage = { inputTokens: 10, outputTokens: 10 };
  provider.respond((): ScriptedReply => {
    const kind = random.below(6);
    if (kind === 0) return { error: { status: random.pick([429, 500, 503]) } };
    if (kind === 1)
      return {
        text: 'cut in the midst of it',
        usage,
        faults: { stop: { at: random.chance(0.2) ? 'before-headers' : { afterBytes: random.below(400) } } },
      };
    if (kind === 2) return { text: 'one two three four', usage, faults: { chunkDelayMs: 2 + random.below(8) } };
    return { text: 'ok', usage, faults: { delayMs: random.below(15) } };
  });
  const gateway = await gateways.start();
  const calls = randomRuns(200);
  const outcomes = { answered: 0, refused: 0, left: 0 };
  let begun = 0;
  const client = async (): Promise<void> => {
    while (begun++ < calls) {
      const controller = new AbortController();
      if (random.chance(0.3)) setTimeout(() => controller.abort(), random.below(25));
      try {
        const answer = await chat(gateway, { max_tokens: 10, stream: random.chance(0.6) }, controller.signal);
        await answer.text();
        outcomes[answer.status === 200 ? 'answered' : 'refused']++;
      } catch {
        outcomes.left++;
      }
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  for (const count of Object.values(outcomes)) expect(count).toBeGreaterThan(0);
  // Those whose client has left end by themselves, on a busy machine some time after the provider has heard of it.
  await expect.poll(() => provider.inFlight, { timeout: 60_000 }).toBe(0);
  let left = await leftNanoUsd(gateway);
  for (let same = 0; same < 10; ) {
    await delay(50);
    const now = await leftNanoUsd(gateway);
    same = now === left ? same + 1 : 0;
    left = now;
  }
  provider.respond(() => ({ text: 'ok', usage }));
  const last = await gateway.chat();
  expect(last.status).toBe(200);
  const lastNanoUsd = Math.round(Number(last.headers.get('isthmus-cost-usd')) * 1e9);
  gateway.isthmus.child.kill('SIGTERM');
  expect(await gateway.isthmus.ended).toBe(0);
  expect(await settledNanoUsd(folder)).toBe(limitUsd * 1e9 - left + lastNanoUsd);
  console.info(`${calls} calls: ${JSON.stringify(outcomes)}`);
});
