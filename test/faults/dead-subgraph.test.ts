/** A subgraph that is dead for eleven minutes: what is cached is sent, then what is stale, then declared values, then null. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startSubgraph, type TestSubgraph } from '../testkit/subgraph-server.ts';
import { startTestGateway, type TestAnswer, type TestGateway } from '../testkit/test-gateway.ts';

const federation = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])';
const stockSdl = `${federation}
  extend schema @link(url: "https://isthmus.dev/cache/v1.0", import: ["@fallback"])
  directive @cacheControl(maxAge: Int) on OBJECT | FIELD_DEFINITION
  type Product @key(fields: "id") @cacheControl(maxAge: 60) { id: ID! stock: Int! @fallback(value: "0") label: String }`;
const stockResolvers = { Product: { stock: () => 7, label: ({ id }: { readonly id: string }) => `label of ${id}` } };

let gateway: TestGateway;
let revived: TestSubgraph | undefined;

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  gateway = await startTestGateway({
    subgraphs: {
      products: {
        sdl: `${federation} type Query { products(ids: [ID!]!): [Product!]! } type Product @key(fields: "id") { id: ID! }`,
        resolvers: { Query: { products: (_: unknown, { ids }: { ids: string[] }) => ids.map((id) => ({ id })) } },
      },
      stock: { sdl: stockSdl, resolvers: stockResolvers },
    },
    yaml: 'cache: { entities: { enabled: true, stale_if_error: 10m } }',
  });
});
afterAll(async () => {
  vi.useRealTimers();
  await gateway[Symbol.asyncDispose]();
  await revived?.close();
});

const minutes = (count: number): void => void vi.advanceTimersByTime(count * 60_000);
const ask = (ids: readonly string[]): Promise<TestAnswer> =>
  gateway.query('query ($ids: [ID!]!) { products(ids: $ids) { id stock label } }', { ids });

const whole = { id: 'a', stock: 7, label: 'label of a' };
const fallback = {
  reason: 'fallback',
  code: expect.stringMatching(/^(SUBREQUEST_HTTP_ERROR|SUBGRAPH_CIRCUIT_BREAKER_REJECTED)$/),
};

it('sends what is cached, stale, declared, and null, in this order, until it lives again', async () => {
  expect((await ask(['a'])).data.products).toEqual([whole]);
  const { stock } = gateway.subgraphs;
  await stock?.close();

  minutes(0.5);
  const fresh = await ask(['a']);
  expect(fresh).toMatchObject({ data: { products: [whole] } });
  expect(fresh.extensions).toBeUndefined();

  // Every minute several clients ask: the circuit of the subgraph opens, and is tried now and then.
  for (let minute = 1; minute <= 10; minute++) {
    minutes(1);
    const answers = await Promise.all([ask(['a']), ask(['a']), ask(['a', 'b']), ask(['b'])]);
    for (const answer of answers.slice(0, 2)) {
      expect(answer.data.products).toEqual([whole]);
      expect(answer.errors).toBeUndefined();
      const stale = { reason: 'stale_if_error', subgraph: 'stock', ageSeconds: minute * 60 + 30 };
      expect(answer.extensions.degraded).toEqual({ 'products.0': stale });
    }
    const [, , both, neither] = answers;
    expect(both?.data.products).toEqual([whole, { id: 'b', stock: 0, label: null }]);
    expect(both?.extensions.degraded).toMatchObject({
      'products.0': { reason: 'stale_if_error' },
      'products.1.stock': fallback,
    });
    expect(both?.errors?.map(({ path }) => path)).toEqual([['products', 1, 'label']]);
    expect(neither?.data.products).toEqual([{ id: 'b', stock: 0, label: null }]);
  }

  minutes(1);
  const over = await ask(['a']);
  expect(over.data.products).toEqual([{ id: 'a', stock: 0, label: null }]);
  expect(over.extensions.degraded).toEqual({ 'products.0.stock': fallback });
  expect(over.errors).toHaveLength(1);

  const port = Number(new URL(stock?.url ?? '').port);
  revived = await startSubgraph(stockSdl, stockResolvers, port);
  await vi.waitFor(
    async () => {
      minutes(0.5);
      expect((await ask(['a'])).data.products).toEqual([whole]);
    },
    { timeout: 20_000, interval: 10 },
  );
  expect((await ask(['a'])).extensions).toBeUndefined();
});
