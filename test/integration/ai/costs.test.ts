/** What models cost, as `isthmus costs` and the admin graph have it, against what a provider reported. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatUsd } from '../../../src/lib/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { type AiGraph, echo, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import { runCommand } from '../../testkit/processes/run-command.ts';
import { ledgerRow } from '../../unit/store/ledger-contract.ts';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({
    products: 3,
    ai: '  ledger: true\n  budgets: [{ limit_usd: "100000", every: 365d }]',
    models: 'cached: { targets: [test/m], retries: 0, cache: { exact: true } }',
    yaml: 'admin: { port: 0 }',
  });
}, 120_000);
afterAll(() => graph[Symbol.asyncDispose]());

const run = (...words: readonly string[]) =>
  runCommand(...words, '--config', join(graph.gateway.folder, 'supergraph.yaml'));

async function isthmus(...words: readonly string[]): Promise<string> {
  const { out, errors, code } = await run(...words);
  expect({ errors, code }).toEqual({ errors: '', code: 0 });
  return out;
}

async function withLedger<T>(run: (ledger: Awaited<ReturnType<typeof openStore>>['ledger']) => Promise<T>): Promise<T> {
  const file = join(graph.gateway.folder, '.isthmus', 'state.db');
  const config = { kind: 'sqlite', file, key: undefined, previousKeys: [], line: undefined } as const;
  const store = await openStore({ config, configFile: '', log: { warn: () => undefined } });
  try {
    return await run(store.ledger);
  } finally {
    await store.close();
  }
}

async function admin(query: string) {
  const line = graph.gateway.log.find(({ msg }) => msg === 'the admin listener listens');
  const response = await fetch(String(line?.adminUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields that it selected
  return (await response.json()) as any;
}

describe('the costs of models', () => {
  it('are those that providers reported, by field, operation and client; what is cached costs nothing', async () => {
    graph.provider.reset();
    graph.provider.respond((request) => ({ ...echo(request), usage: { inputTokens: 1_003, outputTokens: 17 } }));
    const headers = { 'apollographql-client-name': '=cmd()' };
    await graph.query('query Pitches { products { pitch } }', {}, headers);
    await graph.query('query Summaries { products { summary } }', {}, headers);
    const body = JSON.stringify({
      model: 'cached',
      temperature: 0,
      max_tokens: 10,
      messages: [{ role: 'user', content: 'Hi' }],
    });
    const url = new URL('/v1/chat/completions', graph.gateway.url);
    for (let turn = 0; turn < 2; turn++)
      await (await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).text();
    const call = 1_003_000 + 2 * 17_000;
    await expect
      .poll(() => withLedger(async (ledger) => (await ledger.sums({ from: 0, to: Date.now() + 1, by: [] }))[0]?.rows))
      .toBe(8n);
    const { total, groups } = JSON.parse(await isthmus('costs', '--by', 'field,operation', '--json'));
    expect(total).toMatchObject({ rows: 8, cached: 1, inputTokens: 7_021, usd: formatUsd(BigInt(7 * call)) });
    expect(groups).toHaveLength(3);
    expect(groups).toContainEqual(
      expect.objectContaining({
        field: 'Product.pitch',
        operation: 'Pitches',
        rows: 3,
        usd: formatUsd(BigInt(3 * call)),
      }),
    );
    const table = await isthmus('costs', '--by', 'door,client', '--where', 'door=graphql');
    expect(table).toMatch(/^door +client +rows +cached +input tokens +output tokens +usd\n/);
    expect(table).toMatch(/graphql +=cmd\(\) +6 +0 +6018 +102 +0\.006222 +█{30}\n/);
    expect(table).toMatch(/total +6 /);
    expect(await isthmus('costs', '--by', 'client', '--csv')).toContain("'=cmd(),6,0,6018,102,0.006222\r\n");
    const lines = (await isthmus('costs', 'export', '--format', 'jsonl', '--where', 'field=Product.pitch'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatchObject({
      operation: 'Pitches',
      field: 'Product.pitch',
      prompt: expect.stringContaining('pitch'),
      model: 'test/m',
      usd: formatUsd(BigInt(call)),
      usageSource: 'reported',
      priceSource: 'config',
    });
    const { data } = await admin(
      '{ costs(by: [FIELD], where: [{ dimension: OPERATION, value: "Pitches" }]) { total { usd rows } groups { of { value } sums { usd } } } calls(limit: 2) { field usd outcome } }',
    );
    const usd = formatUsd(BigInt(3 * call));
    expect(data.costs).toEqual({
      total: { usd, rows: 3 },
      groups: [{ of: [{ value: 'Product.pitch' }], sums: { usd } }],
    });
    expect(data.calls).toHaveLength(2);
    expect(data.calls[0]).toMatchObject({ usd: formatUsd(BigInt(call)), outcome: 'ok' });
    expect((await admin('{ costs(since: "soon") { since } }')).errors[0].message).toContain('since: write a duration');
  }, 60_000);

  it('of a month add up to the nano-dollar, by day and as rows', async () => {
    const start = Date.parse('2026-09-01T00:00:00Z');
    const day = 86_400_000;
    let seed = 5;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
      return (seed >>> 8) % below;
    };
    const rows = Array.from({ length: 6_000 }, (_, index) =>
      ledgerRow(`month-${index}`, {
        at: start + random(30 * 86_400) * 1_000 + random(1_000),
        tenant: `tenant ${random(4)}`,
        settled: random(3_000_000) * 977 + random(977),
      }),
    );
    await withLedger((ledger) => ledger.add(rows));
    const expected = rows.reduce((sum, { settled }) => sum + BigInt(settled), 0n);
    const month = ['--since', '2026-09-01', '--until', '2026-10-01'];
    const perDay = JSON.parse(await isthmus('costs', ...month, '--by', 'tenant', '--per', 'day', '--json'));
    expect(perDay.total.usd).toBe(formatUsd(expected));
    expect(perDay.groups).toHaveLength(120);
    const third = rows.filter(({ at, tenant }) => Math.floor((at - start) / day) === 2 && tenant === 'tenant 1');
    const thirdUsd = formatUsd(third.reduce((sum, { settled }) => sum + BigInt(settled), 0n));
    expect(perDay.groups).toContainEqual(
      expect.objectContaining({ at: '2026-09-03T00:00:00.000Z', tenant: 'tenant 1', usd: thirdUsd }),
    );
    const exported = (await isthmus('costs', 'export', ...month)).trim().split('\r\n');
    const [head = '', ...lines] = exported;
    const usdAt = head.split(',').indexOf('usd');
    const nanoUsd = lines.map((line) => {
      const [whole = '0', fraction = ''] = (line.split(',')[usdAt] ?? '').split('.');
      return BigInt(whole + fraction.padEnd(9, '0'));
    });
    expect(lines).toHaveLength(6_000);
    expect(nanoUsd.reduce((sum, amount) => sum + amount, 0n)).toBe(expected);
  }, 60_000);

  it('are listed against budgets', async () => {
    expect(await isthmus('budgets')).toMatch(
      /^budget +of +limit +spent +left +used +resets\norganization usd 365d +- +\$100000 +\$8207\.\d+ +\$91792\.\d+ +8 % +rolling\n$/,
    );
  }, 30_000);

  it('are refused where a dimension or a moment is none', async () => {
    expect(await run('costs', '--by', 'colour')).toMatchObject({
      code: 2,
      errors: expect.stringMatching(/tenant, team/),
    });
    expect(await run('costs', '--since', 'soon')).toMatchObject({ code: 2 });
    for (const [command = '', ...more] of [
      ['costs'],
      ['costs', 'export'],
      ['log'],
      ['log', 'hours'],
      ['usage', 'clients'],
    ])
      expect(await run(command, ...more, '--since', '1d', '--until', '3d')).toMatchObject({
        code: 2,
        errors: expect.stringContaining('--until is before --since'),
      });
  });
});
