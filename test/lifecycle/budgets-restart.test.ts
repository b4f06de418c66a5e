/** Budgets and the ledger outlive the process, however it ends. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { expect, it, vi } from 'vitest';
import { createGateway, createLogger } from '../../src/index.ts';
import type { LedgerRow } from '../../src/observability/index.ts';
import { openStore } from '../../src/store/index.ts';
import { budgetGateways, callNanoUsd } from '../testkit/processes/budget-gateways.ts';

// A start takes many times as long where the machine is busy.
vi.setConfig({ testTimeout: 240_000 });

async function ledgerOf(folder: string): Promise<readonly LedgerRow[]> {
  const file = join(folder, '.isthmus', 'state.db');
  const config = { kind: 'sqlite', file, key: undefined, previousKeys: [], line: undefined } as const;
  const store = await openStore({ config, configFile: '', log: { warn: () => undefined } });
  try {
    return await Array.fromAsync(store.ledger.rows({ from: 0, to: Number.MAX_SAFE_INTEGER }));
  } finally {
    await store.close();
  }
}

it('a budget of 120 calls lets 120 reach the provider over kills at any moment, and no settled cent is lost', async () => {
  await using gateways = await budgetGateways(
    `  budgets:
    - { name: rolling, limit_calls: 120, every: 1d }
    - { name: of the month, per: tenant, limit_usd: "1", every: month, alerts: [1, 100] }`,
  );
  const { provider, folder } = gateways;
  let seed = 11;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (seed >>> 8) % below;
  };
  let answered = 0;
  let inFlightAtKills = 0;
  for (let round = 0; round < 4; round++) {
    const gateway = await gateways.start();
    let open = 0;
    const target = 10 + random(15);
    const killed = Promise.withResolvers<void>();
    let received = 0;
    const client = async (): Promise<void> => {
      for (;;) {
        open++;
        const answer = await gateway.chat().catch(() => undefined);
        if (answer?.status !== 200) return;
        open--;
        answered++;
        received++;
        if (received === target) {
          inFlightAtKills += open;
          void gateway.kill().then(killed.resolve);
        }
      }
    };
    await Promise.all(Array.from({ length: 6 }, client));
    await killed.promise;
  }
  const last = await gateways.start();
  const statuses: number[] = [];
  while (statuses.at(-1) !== 429) statuses.push((await last.chat()).status);
  answered += statuses.length - 1;
  expect(provider.requests.length).toBeLessThanOrEqual(120);
  expect(provider.requests.length).toBeGreaterThanOrEqual(120 - inFlightAtKills);
  // It was reported before the first kill, and not at each start.
  const alerts = last.lines().filter(({ msg }) => msg === 'a share of a budget is used up');
  expect(alerts.filter(({ budget }) => budget === 'of the month').length).toBeLessThanOrEqual(0);
  const ended = last.isthmus.ended;
  last.isthmus.child.kill('SIGTERM');
  expect(await ended).toBe(0);
  const rows = await ledgerOf(folder);
  expect(rows.reduce((sum, { calls }) => sum + calls, 0)).toBe(120);
  const settled = rows.filter(({ outcome }) => outcome === 'ok');
  expect(settled.length).toBeGreaterThanOrEqual(answered);
  expect(new Set(settled.map((row) => row.settled))).toEqual(new Set([callNanoUsd]));
  for (const row of rows) expect(['ok', 'lost', 'aborted']).toContain(row.outcome);
  expect(readdirSync(join(folder, '.isthmus', 'ledger'))).toEqual([]);
});

it('a folder that cannot be written is a warning where budgets alone want the ledger, and refuses the start where it is configured', async () => {
  const budgets = '  budgets: [{ limit_calls: 2, every: 1d }]\n';
  await using gateways = await budgetGateways(budgets, 'store: { url: "sqlite:products.graphql/state.db" }');
  const lines: string[] = [];
  const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
    lines.push(...chunk.toString().split('\n').filter(Boolean));
    done();
  };
  const log = createLogger({ level: 'warn', readable: false, destination: new Writable({ write }) });
  const open = () => createGateway({ configFile: gateways.config, log, watch: false });
  const gateway = await open();
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      reason: expect.stringContaining('products.graphql/state.db cannot be used'),
      msg: 'there is no ledger: budgets are counted in memory, and begin anew at each start',
    }),
  );
  const chat = async (): Promise<number> => {
    const body = JSON.stringify({ model: 'smart', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] });
    const headers = { 'content-type': 'application/json' };
    const request = new Request('http://gateway/v1/chat/completions', { method: 'POST', headers, body });
    return (await gateway.fetch(request)).status;
  };
  expect([await chat(), await chat(), await chat()]).toEqual([200, 200, 429]);
  await gateway.close();
  await gateways.save(`${budgets}  ledger: true`, 'store: { url: "sqlite:products.graphql/state.db" }');
  await expect(open()).rejects.toThrow(/store\.url: .*cannot be used/);
  await gateways.save(`${budgets}  ledger: { folder: products.graphql/ledger }`);
  await expect(open()).rejects.toThrow(/ai\.ledger: the ledger cannot be written in \S+products\.graphql\/ledger/);
});

it('a clean stop leaves every call in the ledger, whole, and no file', async () => {
  await using gateways = await budgetGateways('  ledger: true');
  const gateway = await gateways.start(2);
  const answers = await Promise.all(Array.from({ length: 20 }, () => gateway.chat()));
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  const { ended } = gateway.isthmus;
  gateway.isthmus.child.kill('SIGTERM');
  expect(await ended).toBe(0);
  const rows = await ledgerOf(gateways.folder);
  expect(rows).toHaveLength(20);
  expect(rows[0]).toMatchObject({
    door: '/v1/chat/completions',
    alias: 'smart',
    model: 'test/m',
    kind: 'anonymous',
    inputTokens: 10,
    outputTokens: 10,
    usageSource: 'reported',
    settled: callNanoUsd,
    priceSource: 'config',
    outcome: 'ok',
  });
  expect(readdirSync(join(gateways.folder, '.isthmus', 'ledger'))).toEqual([]);
});
