/** What a gateway recorded, played against another one that answers otherwise. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../testkit/processes/run-command.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const sdl = `type Query { product(id: ID!): Product  broken: Int }
type Mutation { order: Int }
type Product { id: ID!  name: String!  price: Int }`;

async function start(price: (id: string) => number, broken: () => number): Promise<TestGateway> {
  const product = (_: unknown, { id }: { id: string }) => ({ id, name: `Product ${id}`, price: price(id) });
  const resolvers = { Query: { product, broken }, Mutation: { order: () => 1 } };
  const yaml = 'telemetry: { records: { documents: on, variables: on } }';
  return startTestGateway({ subgraphs: { shop: { sdl, resolvers } }, yaml });
}

let before: TestGateway;
let after: TestGateway;
let file: string;
beforeAll(async () => {
  const fails = (): number => {
    throw new Error('it is broken');
  };
  [before, after] = [
    await start((id) => id.length, fails),
    await start(
      (id) => (id === 'p22' ? 9 : id.length),
      () => 1,
    ),
  ];
  const query = 'query Product($id: ID!) { product(id: $id) { name price } }';
  for (const id of ['p1', 'p22', 'p3']) await before.query(query, { id });
  await before.query('query Broken { broken }');
  await before.query('mutation Order { order }');
  file = join(before.folder, 'recording.jsonl');
  await vi.waitFor(
    async () => {
      const { out } = await runCommand('log', '--json', '--config', join(before.folder, 'supergraph.yaml'));
      expect(out.trim().split('\n')).toHaveLength(5);
      writeFileSync(file, `${out}{"no":"record"}\n`);
    },
    { timeout: 30_000 },
  );
}, 120_000);
afterAll(async () => {
  await before[Symbol.asyncDispose]();
  await after[Symbol.asyncDispose]();
});

const replay = (...args: readonly string[]) => runCommand('replay', file, ...args);
const urlOf = ({ url }: TestGateway): string => new URL('/graphql', url).href;

describe('isthmus replay', () => {
  it('finds no difference to the gateway that was recorded', async () => {
    const { out, code } = await replay('--against', urlOf(before), '--baseline', urlOf(before), '--json');
    expect(JSON.parse(out)).toMatchObject({
      replayed: 4,
      different: 0,
      skipped: { 'a mutation': 1, 'not a record': 1 },
      before: { failed: 1, usd: '0' },
      after: { failed: 1, usd: '0' },
      differences: [],
    });
    expect(code).toBe(0);
  });

  it('tells where data and errors differ, and exits 1', async () => {
    const { out, code } = await replay('--against', urlOf(after), '--baseline', urlOf(before), '--json');
    const { different, differences } = JSON.parse(out);
    expect(different).toBe(2);
    const of = differences.map((each: { operation: string; of: string[] }) => [each.operation, ...each.of]).sort();
    expect(of).toEqual([
      ['Broken', 'data.broken', 'codes'],
      ['Product', 'data.product.price'],
    ]);
    expect(code).toBe(1);
  });

  it('compares with the recording itself where nothing else is asked, as a table', async () => {
    const { out, code } = await replay('--against', urlOf(after), '--mutations');
    expect(out).toContain('5 operations replayed, 1 differ; skipped: 1 not a record');
    expect(out).toMatch(/Broken {2}codes {2}200 \S+ → 200/);
    expect(code).toBe(1);
  });

  it('knows operations with variables wherever they are in a document, and no others', async () => {
    const documents = [
      'fragment Name on Product { name } query One($id: ID!) { product(id: $id) { ...Name } }',
      '# ($id)\nquery None { product(id: "p1") { name } }',
      'query Broken($ {',
    ];
    const mixed = join(before.folder, 'mixed.jsonl');
    const records = documents.map((document) => ({ requestId: 'r', status: 200, door: 'graphql', document }));
    writeFileSync(mixed, records.map((each) => `${JSON.stringify(each)}\n`).join(''));
    const { out } = await runCommand('replay', mixed, '--against', urlOf(after), '--json');
    expect(JSON.parse(out)).toMatchObject({ replayed: 2, skipped: { 'no variables': 1 } });
  });

  it('says what it cannot replay, and why', async () => {
    const nowhere = await replay('--against', 'http://127.0.0.1:1/graphql', '--json');
    expect(nowhere.code).toBe(2);
    expect(JSON.parse(nowhere.out).error).toMatchObject({
      code: 'GATEWAY_UNREACHABLE',
      message: expect.stringContaining('unanswered: '),
    });
    const noFile = await runCommand('replay', 'missing.jsonl', '--against', urlOf(after));
    expect([noFile.code, noFile.errors]).toEqual([2, expect.stringContaining('missing.jsonl cannot be read')]);
    writeFileSync(join(before.folder, 'empty.jsonl'), '{"requestId":"r","status":200,"door":"graphql"}\n');
    const empty = await runCommand('replay', join(before.folder, 'empty.jsonl'), '--against', urlOf(after));
    expect([empty.code, empty.errors]).toEqual([
      2,
      expect.stringContaining('nothing that can be replayed; skipped: 1 no document'),
    ]);
    expect((await replay('--against', 'nowhere')).errors).toContain('Write a URL such as');
  });
});
