import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop as productsAndStock } from '../../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';
import { waysIn } from '../../testkit/ways-in.ts';

const shop = {
  ...productsAndStock,
  reviews: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
      type Product @key(fields: "id") { id: ID!  reviews: [Review!] }
      type Review { id: ID!  product: Product }`,
    resolvers: {
      Product: {
        __resolveReference: (reference: object) => reference,
        reviews: ({ id }: { id: string }) => [{ id: `r${id}`, product: { id } }],
      },
    },
  },
};

const limits =
  'limits: { tokens: 80, depth: 3, aliases: 4, root_fields: 3, directives: 3, selections: 8, fetches: 2, representations: 2 }';

/** A document that exceeds one limit, with the value that is found and the place. */
const exceeding: readonly (readonly [string, string, Record<string, unknown>, { line: number; column: number }])[] = [
  [
    'MAX_TOKENS_LIMIT',
    `query ($a: [Int!] = [${'1 '.repeat(40)}\n${'1 '.repeat(30)}]) { __typename }`,
    { limit: 80, found: 86 },
    { line: 2, column: 59 },
  ],
  [
    'MAX_DEPTH_LIMIT',
    '{ products { ... on Product {\n reviews { product { id } } } } }',
    { limit: 3, found: 4 },
    { line: 2, column: 22 },
  ],
  [
    'MAX_ALIASES_LIMIT',
    '{ products { ...A ...A } }\nfragment A on Product { a: id b: id c: id }',
    { limit: 4, found: 6 },
    { line: 1, column: 1 },
  ],
  [
    'MAX_ROOT_FIELDS_LIMIT',
    'query Q { __typename ...A } fragment A on Query { __typename x: __typename y: __typename }',
    { limit: 3, found: 4, operation: 'Q' },
    { line: 1, column: 1 },
  ],
  [
    'MAX_DIRECTIVES_LIMIT',
    `{ products { id ${'@include(if: true) '.repeat(1)} ... @skip(if: false) { name @skip(if: false) @include(if: true) } } }`,
    { limit: 3, found: 4 },
    { line: 1, column: 1 },
  ],
  [
    'MAX_SELECTIONS_LIMIT',
    '{ products { ...A ...A } } fragment A on Product { ...B ...B } fragment B on Product { id name }',
    { limit: 8, found: 9 },
    { line: 1, column: 1 },
  ],
];

describe('documents', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ subgraphs: shop, yaml: limits });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  describe.each(waysIn)('through %s', (_door, send) => {
    it.each(exceeding)('are refused with %s', async (code, query, facts, place) => {
      const { status, errors, data } = await send(gateway, query);
      expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code, ...facts }]);
      expect(errors?.map((error) => (error as { locations?: unknown }).locations)).toEqual([[place]]);
      expect({ status, data }).toEqual({ status: 400, data: undefined });
    });

    it('are told all limits that they exceed at once', async () => {
      const query = `{ a: products { b: reviews { c: product { d: reviews { e: id ${'@skip(if: false) '.repeat(4)} } } } } }`;
      const { errors } = await send(gateway, query);
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual([
        'MAX_DEPTH_LIMIT',
        'MAX_ALIASES_LIMIT',
        'MAX_DIRECTIVES_LIMIT',
      ]);
    });

    it('within all limits are answered, twice', async () => {
      for (const _ of [1, 2]) expect((await send(gateway, '{ products { id } }')).data.products).toHaveLength(3);
    });

    it('that need too many requests to subgraphs are refused', async () => {
      const { status, errors } = await send(gateway, '{ product(id: "p1") { stock reviews { id } } }');
      expect(errors?.map(({ extensions }) => extensions)).toEqual([{ code: 'MAX_FETCHES_LIMIT', limit: 2, found: 3 }]);
      expect(status).toBe(400);
    });

    it('that read too many entities miss the fields of that request', async () => {
      const { status, errors, data } = await send(gateway, '{ products { name stock } }');
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['MAX_REPRESENTATIONS_LIMIT']);
      expect(data.products.map(({ stock }: { stock: unknown }) => stock)).toEqual([null, null, null]);
      expect(data.products[0].name).toBe('Kettle');
      expect(status).toBe(200);
    });

    it('of more tokens than are read are told that alone', async () => {
      const { errors } = await send({ ...gateway, url: gateway.url }, `{ ${'a '.repeat(3_000)} }`);
      expect(errors?.map(({ extensions }) => extensions.code)).toContain('MAX_TOKENS_LIMIT');
    });

    it('with a syntax error are told it', async () => {
      const { errors } = await send(gateway, '{ products { id }');
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['GRAPHQL_PARSE_FAILED']);
    });
  });

  it('of introspection are served however deep they are', async () => {
    const query = '{ __schema { types { fields { type { ofType { ofType { name } } } } } } }';
    expect((await gateway.query(query)).data.__schema.types.length).toBeGreaterThan(5);
  });

  it('with a field that is called like introspection by its alias are measured', async () => {
    const { errors } = await gateway.query('{ __schema: products { reviews { product { id } } } }');
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['MAX_DEPTH_LIMIT']);
  });

  it('reach no subgraph where they are refused', async () => {
    const sent = () => Object.values(gateway.subgraphs).reduce((sum, { requests }) => sum + requests.length, 0);
    const before = sent();
    for (const [, query] of exceeding) await gateway.query(query);
    expect(sent()).toBe(before);
  });
});

describe('a document that exceeds limits', () => {
  const tooDeep = '{ products { reviews { product { id } } } }';

  it('is served and logged each time where limits are measured', async () => {
    await using gateway = await startTestGateway({
      subgraphs: shop,
      yaml: 'limits: { mode: measure, depth: 3, fetches: 1 }',
    });
    for (const _ of [1, 2]) expect((await gateway.query(tooDeep)).data.products).toHaveLength(3);
    const measured = () => gateway.log.filter(({ msg }) => String(msg).startsWith('limits would be exceeded'));
    await expect.poll(() => measured().length).toBe(4);
    expect(measured().map((line) => line.limits)).toEqual([
      [{ code: 'MAX_DEPTH_LIMIT', limit: 3, found: 4, requests: 1 }],
      [{ code: 'MAX_FETCHES_LIMIT', limit: 1, found: 2, requests: 1 }],
      [{ code: 'MAX_DEPTH_LIMIT', limit: 3, found: 4, requests: 2 }],
      [{ code: 'MAX_FETCHES_LIMIT', limit: 1, found: 2, requests: 2 }],
    ]);
  });

  it('is logged once for all of its entities, where its answer comes from caches and is repeated as well', async () => {
    const yaml =
      'limits: { mode: measure, representations: 2 }\ncache: { entities: { enabled: true, default_max_age: 1h } }';
    await using gateway = await startTestGateway({ subgraphs: shop, yaml });
    const query = '{ products { stock reviews { id } } }';
    const served = async (times: number): Promise<void> => {
      for (let time = 0; time < times; time++) expect((await gateway.query(query)).errors).toBeUndefined();
    };
    await served(4);
    expect(await gateway.gateway.invalidate([{ kind: 'subgraph', subgraph: 'stock' }])).toBeDefined();
    await served(2);
    const measured = () => gateway.log.filter(({ msg }) => String(msg).startsWith('limits would be exceeded'));
    await expect.poll(() => measured().length).toBeGreaterThanOrEqual(6);
    expect(measured().map((line) => line.limits)).toEqual(
      [1, 2, 3, 4, 5, 6].map((requests) => [{ code: 'MAX_REPRESENTATIONS_LIMIT', limit: 2, found: 6, requests }]),
    );
  });

  it('is answered to the client whose limits allow it, and to no other, whoever asks first', async () => {
    const yaml = 'limits: { depth: 3, clients: [{ client_name: reports, depth: 10 }] }';
    await using gateway = await startTestGateway({ subgraphs: shop, yaml });
    const reports = { 'apollographql-client-name': 'reports' };
    const codesFor = async (headers: Record<string, string>) =>
      (await gateway.query(tooDeep, {}, headers)).errors?.map(({ extensions }) => extensions.code) ?? [];
    expect(await codesFor(reports)).toEqual([]);
    expect(await codesFor({})).toEqual(['MAX_DEPTH_LIMIT']);
    expect(await codesFor({ 'apollographql-client-name': 'web' })).toEqual(['MAX_DEPTH_LIMIT']);
    const atOnce = await Promise.all([codesFor(reports), codesFor({}), codesFor(reports), codesFor({})]);
    expect(atOnce).toEqual([[], ['MAX_DEPTH_LIMIT'], [], ['MAX_DEPTH_LIMIT']]);
  });

  it('is refused at the start where the engine does not limit what plans fetch', async () => {
    const start = (limits: string) =>
      startTestGateway({ subgraphs: shop, yaml: `engine: reference\nlimits: { ${limits} }` });
    await expect(start('fetches: 3')).rejects.toThrow(/limits\.fetches: the reference engine does not limit fetches/);
    await expect(start('clients: [{ principal: a, representations: 3 }]')).rejects.toThrow(/limits\.representations/);
  });
});
