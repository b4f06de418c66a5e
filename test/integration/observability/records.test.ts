/** Operations of a gateway as they are recorded, and as operators read them: the command line, and the admin graph. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type AiGraph, echo, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import { type CommandResult, runCommand } from '../../testkit/processes/run-command.ts';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({
    products: 2,
    ai: '  ledger: true',
    yaml: 'admin: { port: 0 }\ntelemetry: { records: { slow: 20s, documents: normalised, variables: redacted } }',
  });
  graph.provider.respond((request) => ({ ...echo(request), usage: { inputTokens: 1_003, outputTokens: 17 } }));
  const headers = { 'apollographql-client-name': 'web', 'apollographql-client-version': '7' };
  const ask = (id: string, query: string, variables = {}) =>
    graph.query(query, variables, { ...headers, 'x-request-id': id });
  await ask('pitches', 'query Pitches { products { name pitch } }');
  await ask('product', 'query One($id: ID!) { product(id: $id) { name } other: product(id: "p-secret") { id } }', {
    id: 'p1',
  });
  await ask('wrong', 'query Wrong { nothing }');
  const body = JSON.stringify({
    model: 'fast',
    max_tokens: 9,
    messages: [{ role: 'user', content: 'a secret question' }],
  });
  const url = new URL('/v1/chat/completions', graph.gateway.url);
  const v1 = { method: 'POST', headers: { 'content-type': 'application/json', 'x-request-id': 'chat' }, body };
  await (await fetch(url, v1)).text();
  // A client that reads its answer knows of the end before the gateway does.
  const areRecorded = async () => {
    expect(idsOf(await log())).toHaveLength(4);
    expect(JSON.parse((await log('hours', '--by', 'tenant')).out).count).toBe(4);
  };
  await vi.waitFor(areRecorded, { timeout: 30_000 });
}, 120_000);
afterAll(() => graph[Symbol.asyncDispose]());

const run = (...words: readonly string[]): Promise<CommandResult> =>
  runCommand(...words, '--config', join(graph.gateway.folder, 'supergraph.yaml'));

const log = (...args: readonly string[]): Promise<CommandResult> => run('log', ...args);

const idsOf = ({ out }: CommandResult): readonly string[] =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as { requestId: string }).requestId);

describe('isthmus log', () => {
  it('prints a JSON line of each operation to a program, from its client to its tokens', async () => {
    const { out } = await log('--operation', 'Pitches');
    const { nanoUsd: _, ...record } = JSON.parse(out);
    expect(record).toMatchObject({
      ...{
        requestId: 'pitches',
        door: 'graphql',
        kind: 'query',
        operation: 'Pitches',
        client: 'web',
        clientVersion: '7',
      },
      ...{ principal: 'anonymous', tenant: 'public', status: 200, errors: 0, codes: [], weight: 1 },
      ...{
        fields: ['Product.pitch'],
        models: ['fast', 'test/m'],
        inputTokens: 2_006,
        outputTokens: 34,
        usd: '0.002074',
      },
    });
    expect(record.durationMs).toBeGreaterThan(record.waitedMs);
    expect(record.fetches.map(({ subgraph }: { subgraph: string }) => subgraph)).toEqual(['shop', 'assistant']);
    expect(record.calls).toHaveLength(2);
    expect(record.calls[0]).toMatchObject({ field: 'Product.pitch', alias: 'fast', model: 'test/m', finish: 'stop' });
  });

  it('finds operations by what is known of them', async () => {
    const searches: readonly (readonly [readonly string[], readonly string[]])[] = [
      [['--code', 'GRAPHQL_VALIDATION_FAILED'], ['wrong']],
      [['--model', 'fast', '--door', 'v1'], ['chat']],
      [['--field', 'Product.pitch', '--client', 'web'], ['pitches']],
      [['--limit', '1', '--door', 'graphql'], ['wrong']],
      [['--failed', '--tenant', 'public', '--user', 'anonymous'], ['wrong']],
      [['--since', '2026-01-01', '--until', '2026-01-02'], []],
    ];
    for (const [args, ids] of searches) expect(idsOf(await log(...args)), args.join(' ')).toEqual(ids);
  });

  it('shows a request whole, as a waterfall of its fetches, fields and model calls', async () => {
    const pitches = await log('pitches', '--no-json');
    const product = await log('product', '--no-json');
    expect(pitches.out).toMatch(/^request pitches {2}\S+Z {2}graphql {2}200\noperation +query Pitches/);
    expect(pitches.out).toMatch(/client +web 7\n/);
    expect(pitches.out).toMatch(/models +\$0\.002074, 2006 tokens in, 34 out\n/);
    const steps = pitches.out.split('\n').filter((line) => line.includes('█'));
    const order = ['shop, root', 'assistant, 2 entities', 'Product.pitch: 2 items', 'fast test/m', 'fast test/m'];
    expect(
      steps.map((line) => line.replace(/^.*█ +/, '')).filter((text) => !/^(parse|plan|validate)$/.test(text)),
    ).toEqual(order.map((text) => expect.stringContaining(text)));
    expect(product.out).toContain('other: product(id: "")');
    expect(product.out).toContain('variables {"id":"[string]"}');
    expect(product.out).not.toContain('p-secret');
  });

  it('prints a table to a reader, and sums of hours', async () => {
    const table = await log('--no-json');
    const hours = await log('hours', '--by', 'operation,client', '--no-json');
    const models = await log('hours', '--by', 'model', '--per', 'day', '--no-json');
    const json = await log('hours', '--operation', 'Pitches', '--by', 'tenant');
    expect(table.out).toMatch(/^time +status +ms +waited +operation +client +tenant +usd +codes +for +request\n/);
    expect(table.out).toMatch(/ 200 .* Pitches +web +public +0\.002074 +- +pitches\n/);
    expect(hours.out).toMatch(/^operation +client +count +errors +p50 ms +p95 ms +p99 ms +usd +tokens in +out\n/);
    expect(hours.out).toMatch(/\nOne +web +1 +0 /);
    expect(models.out).toMatch(/^day +model .*\n\d{4}-\d\d-\d\d +test\/m +3 +0 .* 0\.003111 +3009 +51\n$/);
    expect(JSON.parse(json.out)).toMatchObject({ tenant: 'public', count: 1, errors: 0, usd: '0.002074' });
  });

  it('says what is wrong of a name or a value', async () => {
    const name = await log('--operation', 'Piches', '--no-json');
    const code = await log('--code', 'GRAPHQL_VALIDATON_FAILED');
    const value = await log('--slower', 'much');
    const option = await log('--operatoin', 'x');
    const request = await log('unheard-of');
    expect(name).toMatchObject({ out: '', errors: 'no operation is recorded that fits; did you mean "Pitches"?\n' });
    expect(code.errors).toContain('did you mean "GRAPHQL_VALIDATION_FAILED"?');
    expect(value).toMatchObject({ code: 2, errors: expect.stringContaining('Write a duration such as 500ms or 2s.') });
    expect(option).toMatchObject({ code: 2, errors: expect.stringContaining('Did you mean --operation?') });
    expect(request).toMatchObject({
      code: 2,
      errors: expect.stringContaining('no operation of the request unheard-of'),
    });
  });
});

describe('the admin graph', () => {
  async function admin(query: string, variables: object = {}) {
    const line = graph.gateway.log.find(({ msg }) => msg === 'the admin listener listens');
    const response = await fetch(String(line?.adminUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields that it selected
    return (await response.json()) as any;
  }

  it('has records page by page, the newest first', async () => {
    const query = `query Records($after: String) {
      records(first: 3, after: $after) { nodes { request } pageInfo { hasNextPage endCursor } }
    }`;
    const { data: first } = await admin(query);
    const { data: second } = await admin(query, { after: first.records.pageInfo.endCursor });
    const requests = [...first.records.nodes, ...second.records.nodes].map(({ request }) => request);
    expect(requests).toEqual(['chat', 'wrong', 'product', 'pitches']);
    expect([first, second].map(({ records }) => records.pageInfo.hasNextPage)).toEqual([true, false]);
  });

  it('has one whole, and finds it by what is known of it', async () => {
    const { data } = await admin(`{
      records(filter: { operation: "Pitches", client: "web", slower: "0ms", failed: false }) { nodes {
        kind operation client clientVersion user tenant status codes usd inputTokens weight source durationMs waitedMs document
        fetches { subgraph kind outcome entities isShared }  calls { field alias model finish usd inputTokens }
      } }
    }`);
    expect(data.records.nodes).toHaveLength(1);
    const [{ durationMs, waitedMs, ...record }] = data.records.nodes;
    expect(durationMs).toBeGreaterThan(waitedMs);
    expect(record).toMatchObject({
      ...{
        kind: 'query',
        operation: 'Pitches',
        client: 'web',
        clientVersion: '7',
        user: 'anonymous',
        tenant: 'public',
      },
      ...{ status: 200, codes: [], usd: '0.002074', inputTokens: 2_006, weight: 1, source: 'made' },
      fetches: [{ subgraph: 'shop' }, { subgraph: 'assistant', kind: 'entities', entities: 2 }],
    });
    const call = { field: 'Product.pitch', alias: 'fast', model: 'test/m', finish: 'stop', inputTokens: 1_003 };
    expect(record.calls).toEqual([
      { ...call, usd: '0.001037' },
      { ...call, usd: '0.001037' },
    ]);
  });

  it('has sums of hours', async () => {
    const { data } = await admin(`{
      all: recordAggregates { at count errors usd }
      days: recordAggregates(by: [MODEL], every: DAY, from: "7d") { at model count inputTokens p99Ms }
      one: recordAggregates(by: [OPERATION], where: { operation: "One" }) { operation count }
    }`);
    expect(data.all).toEqual([{ at: null, count: 4, errors: 1, usd: '0.003111' }]);
    expect(data.days).toEqual([
      {
        at: expect.stringMatching(/T00:00:00.000Z$/),
        model: 'test/m',
        count: 3,
        inputTokens: 3_009,
        p99Ms: expect.any(Number),
      },
    ]);
    expect(data.one).toEqual([{ operation: 'One', count: 1 }]);
  });

  it('says what is wrong of an argument', async () => {
    const messageOf = async (field: string): Promise<string> => (await admin(`{ ${field} }`)).errors[0].message;
    expect(await messageOf('records(first: 501) { nodes { id } }')).toBe('first is from 1 to 500');
    expect(await messageOf('records(filter: { since: "soon" }) { nodes { id } }')).toContain('since: write a duration');
    expect(await messageOf('records(filter: { slower: "much" }) { nodes { id } }')).toContain(
      'slower: write a duration',
    );
    expect(await messageOf('recordAggregates(to: "x") { count }')).toContain('to: write a duration');
  });
});

describe('a person', () => {
  const linesOf = async (): Promise<readonly { readonly kind: string; readonly usd?: string }[]> => {
    const { out } = await run('export', '--user', 'anonymous');
    const lines = out.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as { readonly kind: string });
  };
  const adminUrl = () => String(graph.gateway.log.find(({ msg }) => msg === 'the admin listener listens')?.adminUrl);
  const erase = (...args: readonly string[]) => run('erase', '--user', 'anonymous', ...args);

  it('is exported: model calls and records, a line each', async () => {
    await vi.waitFor(async () => {
      const kinds = (await linesOf()).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'record')).toHaveLength(4);
      expect(kinds.filter((kind) => kind === 'model_call')).toHaveLength(3);
    });
    expect((await run('export', '--user', 'nobody')).out).toBe('');
  });

  it('is erased, with the sums as they were, and caches emptied', async () => {
    const sums = async () => JSON.parse((await log('hours', '--by', 'tenant')).out);
    const before = await sums();
    const { out, code } = await erase('--json', '--gateway', new URL(adminUrl()).origin);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ records: 4, ledgerRows: 3, apiKeys: 0, caches: 'emptied' });
    expect(await linesOf()).toEqual([]);
    expect(await sums()).toEqual(before);
  });

  it('is erased where no gateway answers, and it is said that caches are as they were', async () => {
    const { out, errors, code } = await erase();
    expect(out).toMatch(/anonymous is erased\n.*\n.*\n.*\n.*\n {2}caches +as they were\n$/);
    expect(errors).toContain('cannot be reached');
    expect(code).toBe(1);
    expect((await erase('--no-caches')).code).toBe(0);
  });
});
