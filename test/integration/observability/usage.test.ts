/** What operations use, counted by workers and read by operators: the command line, with the store and without it, and the admin graph. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../testkit/processes/run-command.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const products = {
  sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
    type Query {
      products(filter: Filter, currency: Currency = EUR): [Product!]
      old: String @deprecated(reason: "Use products. (sunset: 2027-03-01)")
      failing: String
    }
    input Filter { kind: Kind, text: String, not: Filter }
    enum Kind { BOOK TOY }
    enum Currency { EUR USD }
    type Product @key(fields: "id") { id: ID! name: String unread: Int }`,
  resolvers: {
    Query: {
      products: () => [{ id: 'p1', name: 'Kettle' }],
      old: () => 'old',
      failing: () => {
        throw new Error('it fails');
      },
    },
  },
};

let gateway: TestGateway;
let admin: string;
const listing = 'query List($f: Filter) { products(filter: $f) { id } }';

beforeAll(async () => {
  const yaml = `admin: { port: 0 }
telemetry: { records: true }
cache: { response: { enabled: true, default_max_age: 60s } }
persisted_operations: { automatic: true }
limits: { batch: 5 }`;
  gateway = await startTestGateway({ subgraphs: { products }, yaml, workers: 2 });
  const web = { 'apollographql-client-name': 'web', 'apollographql-client-version': '7' };
  for (let count = 0; count < 6; count++) await gateway.query(listing, { f: { kind: 'TOY', text: 'Berta' } }, web);
  await Promise.all(
    [1, 2, 3, 4].map(() => gateway.query('query Shared { products(currency: USD) { name } }', {}, web)),
  );
  await gateway.query('{ old }', {}, { 'apollographql-client-name': 'app' });
  await gateway.query('query Failing { failing }', {}, web);
  await gateway.query('{ nothing }', {}, web);
  const query = 'query Persisted { products { name } }';
  const extensions = { persistedQuery: { version: 1, sha256Hash: createHash('sha256').update(query).digest('hex') } };
  const post = (body: unknown) =>
    fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...web },
      body: JSON.stringify(body),
    }).then((response) => response.text());
  await post({ query, extensions });
  await post({ extensions });
  await post([{ query: '{ old }' }, { query: '{ old }' }]);
  admin = String(gateway.log.find(({ adminUrl }) => adminUrl !== undefined)?.adminUrl).replace(/\/admin\/graphql$/, '');
  await vi.waitFor(async () => expect((await usage('operations')).requests).toBe(16), { timeout: 20_000 });
}, 60_000);
afterAll(() => gateway[Symbol.asyncDispose]());

const config = () => join(gateway.folder, 'supergraph.yaml');

async function usage(...args: readonly string[]) {
  const { out, errors } = await runCommand('usage', ...args, '--config', config(), '--json');
  expect(errors).toBe('');
  return JSON.parse(out);
}

describe('isthmus usage', () => {
  it('counts each request once, cached and shared ones, those by hash and those with errors', async () => {
    const { operations } = await usage('operations');
    const rows = operations.map(({ operationName, kind, requests, errors }: Record<string, unknown>) => [
      operationName ?? kind,
      requests,
      errors,
    ]);
    expect(Object.fromEntries(rows.map(([name, ...counts]: readonly unknown[]) => [name, counts]))).toEqual({
      List: [6, 0],
      Shared: [4, 0],
      Persisted: [2, 0],
      Failing: [1, 1],
      query: [3, 0],
    });
    expect(JSON.stringify(operations)).not.toContain('Berta');
  });

  it('says what is used, by whom, in documents and in variables', async () => {
    const { coordinates, requests } = await usage('coordinates', '--of', 'Filter');
    expect(requests).toBe(16);
    const clients = [{ name: 'web', version: '7', requests: 6 }];
    expect(coordinates).toMatchObject([
      { coordinate: 'Filter', requests: 6, operations: 1, clients },
      { coordinate: 'Filter.kind', requests: 6 },
      { coordinate: 'Filter.text', requests: 6 },
    ]);
    expect((await usage('coordinates', '--of', 'Currency')).coordinates).toMatchObject([
      { coordinate: 'Currency' },
      { coordinate: 'Currency.USD', requests: 4 },
    ]);
    expect((await usage('clients')).clients).toEqual([
      { name: 'web', version: '7', requests: 15, errors: 1, operations: 5 },
      { name: 'app', requests: 1, errors: 0, operations: 1 },
    ]);
  });

  it('lists what nobody uses, and who uses what is deprecated', async () => {
    const { unused } = await usage('unused');
    expect(unused.map(({ coordinate }: { coordinate: string }) => coordinate)).toEqual([
      'Currency.EUR',
      'Filter.not',
      'Kind.BOOK',
      'Product.unread',
    ]);
    const { deprecated } = await usage('deprecated');
    expect(deprecated).toMatchObject([
      {
        coordinate: 'Query.old',
        sunset: '2027-03-01',
        requests: 3,
        clients: [
          { name: 'web', requests: 2 },
          { name: 'app', requests: 1 },
        ],
      },
    ]);
  });

  it.each(['coordinates', 'operations', 'clients', 'unused', 'deprecated'])(
    'prints the same %s of a running gateway',
    async (view) => {
      const remote = await usage(view, '--gateway', admin);
      const own = await usage(view);
      const withoutNulls = (value: unknown) =>
        JSON.parse(JSON.stringify(value, (_, inner) => (inner === null ? undefined : inner)));
      expect(withoutNulls(remote[view])).toEqual(withoutNulls(own[view]));
    },
  );

  it('prints tables for readers, and says where nothing is known', async () => {
    const table = async (...args: readonly string[]) => (await runCommand('usage', ...args, '--config', config())).out;
    expect(await table('deprecated')).toMatch(
      /^coordinate +sunset +requests +last used +clients +reason\nQuery\.old +2027-03-01 +3 +\d{4}-\d\d-\d\d \d\dh +web 7: 2, app: 1 +Use products\./,
    );
    expect(await table('coordinates', '--of', 'Query')).toMatch(/Query\.products +12 +75\.0 % +3 .* web 7: 12\n/);
    expect(await table('operations', '--limit', '2')).toMatch(/\n\(the first 2; --limit prints more\)\n$/);
    expect(await table('operations')).toMatch(/\nFailing +\w{12} +1 +1 /);
    expect(await table('unused', '--since', '2020-01-01', '--until', '2020-01-02')).toContain('nothing is known');
    expect((await runCommand('usage', 'unused', '--limit', '0')).code).toBe(2);
  });
});
