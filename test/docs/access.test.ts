/** docs/access.md: its schema, configurations and policies run together, and the answers are those that it shows. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import demoTokens from '../../subgraphs/demo-tokens/tokens.json' with { type: 'json' };
import { startSample } from '../testkit/graphs/sample.ts';
import { startTestGateway, type TestAnswer, type TestGateway } from '../testkit/test-gateway.ts';
import { chapter, snippetsIn } from './pages.ts';

const page = 'docs/access.md';
const jsonIn = (text: string) => snippetsIn(text, 'json').map((snippet) => JSON.parse(snippet));

describe('what callers may read', () => {
  let gateway: TestGateway;
  let folder: string;
  let reading: string;
  const requests: unknown[] = [];
  const decisionService = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    requests.push({ path: request.url, ...JSON.parse(body) });
    response.end(JSON.stringify(jsonIn(reading)[1]));
  });

  beforeAll(async () => {
    reading = await chapter(page, 'What they may read');
    const [headers = ''] = snippetsIn(await chapter(page, 'Towards subgraphs'), 'yaml');
    const [[sdl = ''], [yaml = ''], [code = '']] = ['graphql', 'yaml', 'ts'].map((language) =>
      snippetsIn(reading, language),
    ) as [string[], string[], string[]];
    folder = await mkdtemp(join(tmpdir(), 'isthmus-page-'));
    const module = join(folder, 'regional.ts');
    await writeFile(module, code);
    await new Promise<void>((resolve) => decisionService.listen(0, '127.0.0.1', resolve));
    const { port } = decisionService.address() as AddressInfo;
    const { access } = parse(
      yaml
        .replace('policies/regional.ts', module)
        .replace('127.0.0.1:8181', `127.0.0.1:${port}`)
        .replace('100ms', '10s'),
    );
    // The callers of the test come from a proxy, which the header of the test names.
    access.proxy = { from: ['127.0.0.1'], id: 'x-user-id', roles: 'x-roles', scopes: 'x-scopes' };
    gateway = await startTestGateway({
      subgraphs: {
        shop: {
          sdl,
          resolvers: {
            Query: {
              user: (_source: unknown, { id }: { id: string }) => ({ id, name: 'Ann', email: 'ann@example.com' }),
              orders: () => [{ id: 'o1' }],
              margins: () => [40],
              invoice: (_source: unknown, { id }: { id: string }) => `for ${id}`,
            },
          },
        },
      },
      yaml: `access: ${JSON.stringify(access)}\nheaders: ${JSON.stringify(parse(headers).headers)}`,
    });
  });
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    decisionService.close();
    await rm(folder, { recursive: true, force: true });
  });

  const denied = ({ errors = [] }: TestAnswer) => errors.map(({ path }) => path?.join('.'));

  it('is stated by the directives of the page, and decided by its expressions and its function', async () => {
    const query = '{ own: user(id: "u3") { name email } other: user(id: "u4") { email } orders { id } margins }';
    const anonymous = await gateway.query(query);
    expect(denied(anonymous).sort()).toEqual(['margins', 'orders', 'other', 'own']);
    const customer = await gateway.query(query, {}, { 'x-user-id': 'u3' });
    expect(denied(customer).sort()).toEqual(['margins', 'other', 'own.email']);
    expect(customer.data).toMatchObject({ own: { name: 'Ann' }, orders: [{ id: 'o1' }] });
    const support = { 'x-user-id': 'u5', 'x-roles': 'support', 'x-scopes': 'email:read' };
    expect(denied(await gateway.query(query, {}, support))).toEqual(['margins']);
  });

  it('is asked of a decision service in the form of the page', async () => {
    const query = 'query Invoices { own: invoice(id: "u3") other: invoice(id: "u4") }';
    const answer = await gateway.query(query, {}, { 'x-user-id': 'u3' });
    expect(answer.data).toEqual({ own: 'for u3', other: null });
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({ path: '/v1/data/shop', ...jsonIn(reading)[0] });
  });

  it('is explained as the page shows it', async () => {
    const [explained] = jsonIn(await chapter(page, 'Asked and answered'));
    const headers = { 'x-user-id': 'u3', 'x-scopes': 'access:explain', 'isthmus-explain': 'access' };
    const answer = await gateway.query('{ user(id: "u3") { name email } }', {}, headers);
    expect(answer).toMatchObject({ extensions: { access: explained } });
  });

  it('is accompanied by the headers of the page, for subgraphs', async () => {
    const seen: unknown[] = [];
    const { shop } = gateway.subgraphs;
    if (shop === undefined) throw new Error('the subgraph is there');
    shop.intercept = ({ headers }, response) => {
      seen.push(headers['x-user-id'], headers['x-region']);
      response.end('{"data":{"orders":[]}}');
    };
    await gateway.query('{ orders { id } }', {}, { 'x-user-id': 'u3', 'x-region': 'forged' });
    expect(seen).toEqual(['u3', undefined]);
  });
});

it('leaves out the rows that its policies deny', async () => {
  const [, rows = ''] = (await chapter(page, 'What they may read')).split('### Rows');
  const [[sdl = ''], [yaml = '']] = [snippetsIn(rows, 'graphql'), snippetsIn(rows, 'yaml')];
  const { access } = parse(yaml);
  access.proxy = { from: ['127.0.0.1'], id: 'x-user-id', tenant: 'x-tenant' };
  const tickets = [
    { id: '1', tenant: 't1', author: { id: 'a1' } },
    { id: '2', tenant: 't1', author: { id: 'a2' } },
    { id: '3', tenant: 't2', author: { id: 'a1' } },
  ];
  await using gateway = await startTestGateway({
    subgraphs: { desk: { sdl, resolvers: { Query: { tickets: () => tickets, drafts: () => tickets } } } },
    yaml: `access: ${JSON.stringify(access)}`,
  });
  const headers = { 'x-user-id': 'a1', 'x-tenant': 't1' };
  const { data } = await gateway.query('{ tickets { id } drafts { id } }', {}, headers);
  expect(data).toEqual({ tickets: [{ id: '1' }, { id: '2' }], drafts: [{ id: '1' }] });
});

it('shows what the sample answers to a demo token', async () => {
  await using sample = await startSample();
  const text = await readFile(page, 'utf8');
  const [command = ''] = snippetsIn(text, 'sh').filter((snippet) => snippet.includes('demo-tokens'));
  const { query } = JSON.parse(/-d '(.*)'/.exec(command)?.[1] ?? '');
  expect(command).toContain("require('./subgraphs/demo-tokens/tokens.json').priya");
  const { data, errors } = await sample.query(query, { authorization: `Bearer ${demoTokens.priya}` });
  expect({ errors, data }).toEqual(jsonIn(text)[0]);
});
