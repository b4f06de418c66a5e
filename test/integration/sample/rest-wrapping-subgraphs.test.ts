import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startInventory } from '../../../subgraphs/inventory/inventory.ts';
import { startWarehouse } from '../../../subgraphs/inventory/rest/warehouse.ts';
import type { RunningService } from '../../../subgraphs/listen.ts';
import { startProducts } from '../../../subgraphs/products/products.ts';
import { startCatalog } from '../../../subgraphs/products/rest/catalog.ts';
import { postGraphQL } from './post-graphql.ts';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';

const entities = (fields: string) =>
  `query($representations: [_Any!]!) { _entities(representations: $representations) { ... on Product { ${fields} } } }`;
const references = (ids: readonly string[]) => ({ representations: ids.map((id) => ({ __typename: 'Product', id })) });
const codesOf = (errors: readonly { readonly extensions: Readonly<Record<string, unknown>> }[]) =>
  errors.map(({ extensions }) => extensions.code);

const running: RunningService[] = [];
let catalog: RecordingProxy;
let warehouse: RecordingProxy;
let products: string;
let inventory: string;

async function run<Service extends RunningService>(starting: Promise<Service>): Promise<Service> {
  const service = await starting;
  running.unshift(service);
  return service;
}

beforeAll(async () => {
  catalog = await run(startRecordingProxy((await run(startCatalog({ port: 0 }))).url));
  warehouse = await run(startRecordingProxy((await run(startWarehouse({ port: 0 }))).url));
  products = (await run(startProducts({ port: 0, catalogUrl: catalog.url }))).url;
  inventory = (await run(startInventory({ port: 0, warehouseUrl: warehouse.url }))).url;
});
beforeEach(() => {
  catalog.seen.length = 0;
  warehouse.seen.length = 0;
});
afterAll(() => Promise.all(running.map((service) => service.close())));

describe('products', () => {
  it('costs one REST call for however many references, repeated and unknown ones included', async () => {
    const { data } = await postGraphQL<{ _entities: ({ name: string } | null)[] }>(
      products,
      entities('name priceCents'),
      references(['p2', 'p3', 'p2', 'p99', 'p1']),
    );
    expect(data._entities.map((product) => product?.name)).toEqual([
      'Kessel Gooseneck Kettle 0.9 L',
      'Tern Buds 2',
      'Kessel Gooseneck Kettle 0.9 L',
      undefined,
      'Halden One Wireless Headphones',
    ]);
    expect(catalog.seen).toEqual(['/products?ids=p2%2Cp3%2Cp99%2Cp1']);
  });

  it('does not reuse data of one request for the next', async () => {
    await postGraphQL(products, '{ product(id: "p1") { name } }');
    await postGraphQL(products, '{ product(id: "p1") { name } }');
    expect(catalog.seen).toHaveLength(2);
  });

  it('lets no client write into a REST URL', async () => {
    const ids = ['p1,p2', '../stock', 'p1&category=home', 'x'.repeat(100_000), ''];
    const { data } = await postGraphQL(products, entities('name'), references(ids));
    expect(data).toEqual({ _entities: ids.map(() => null) });
    expect(catalog.seen).toEqual([]);
  });

  it('filters by category and pages by id, in the REST service', async () => {
    const { data } = await postGraphQL(
      products,
      '{ products(first: 2, after: "p3", category: AUDIO) { id category } }',
    );
    expect(data).toEqual({
      products: [
        { id: 'p6', category: 'AUDIO' },
        { id: 'p10', category: 'AUDIO' },
      ],
    });
    expect(catalog.seen).toEqual(['/products?limit=2&after=p3&category=audio']);
  });

  it('converts prices at fixed rates', async () => {
    const query =
      '{ product(id: "p1") { priceCents price usd: price(currency: USD) eur: price(currency: EUR) gbp: price(currency: GBP) } }';
    const { data } = await postGraphQL(products, query);
    expect(data).toEqual({ product: { priceCents: 24_900, price: 249, usd: 249, eur: 229.08, gbp: 196.71 } });
  });

  it('answers null for a product that does not exist and for an unknown weight', async () => {
    const { data } = await postGraphQL(
      products,
      '{ none: product(id: "p99") { id } blanket: product(id: "p23") { weightGrams } }',
    );
    expect(data).toEqual({ none: null, blanket: { weightGrams: null } });
  });

  it('refuses a negative first and an unknown after, and bounds a first too large', async () => {
    expect(codesOf((await postGraphQL(products, '{ products(first: -1) { id } }')).errors)).toEqual(['BAD_USER_INPUT']);
    expect(codesOf((await postGraphQL(products, '{ products(after: "p99") { id } }')).errors)).toEqual([
      'BAD_USER_INPUT',
    ]);
    const { data } = await postGraphQL<{ products: unknown[] }>(products, '{ products(first: 2000000000) { id } }');
    expect(data.products).toHaveLength(38);
  });

  it('reports that the catalog did not answer, without its address', async () => {
    const orphan = await run(startProducts({ port: 0, catalogUrl: 'http://127.0.0.1:1' }));
    const { errors } = await postGraphQL(orphan.url, '{ products { id } }');
    expect(errors).toMatchObject([
      { message: 'The catalog did not answer.', extensions: { code: 'DOWNSTREAM_SERVICE_ERROR' } },
    ]);
    expect(JSON.stringify(errors)).not.toContain('127.0.0.1');
  });
});

describe('inventory', () => {
  const parcel = (id: string, priceCents: number, weightGrams: number | null) => ({
    representations: [{ __typename: 'Product', id, priceCents, weightGrams }],
  });

  it('costs one REST call for however many references', async () => {
    const { data } = await postGraphQL(inventory, entities('stock inStock'), references(['p1', 'p9', 'p99']));
    expect(data).toEqual({ _entities: [{ stock: 42, inStock: true }, { stock: 0, inStock: false }, null] });
    expect(warehouse.seen).toEqual(['/stock?ids=p1%2Cp9%2Cp99']);
  });

  it.each([
    ['490 and 120 for a started 500 g', 6_900, 1, '', 610],
    ['the step at exactly 500 g', 6_900, 500, '', 610],
    ['the next step above it', 6_900, 501, '', 730],
    ['a surcharge for a far zip code', 6_900, 501, '(zip: "98101")', 1_180],
    ['no surcharge for a near one', 6_900, 501, '(zip: "02108")', 730],
    ['nothing from a price of 15000 on', 15_000, 9_000, '', 0],
    ['only the surcharge from a price of 15000 on', 15_000, 9_000, '(zip: "60601")', 300],
    ['null without a weight', 6_900, null, '(zip: "98101")', null],
  ])('estimates shipping: %s', async (_what, priceCents, weightGrams, zip, cents) => {
    const { data, errors } = await postGraphQL(
      inventory,
      entities(`shippingEstimate${zip}`),
      parcel('p4', priceCents, weightGrams),
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ _entities: [{ shippingEstimate: cents }] });
  });

  it('refuses a zip code that does not begin with a digit', async () => {
    const { errors } = await postGraphQL(
      inventory,
      entities('shippingEstimate(zip: "SW1A")'),
      parcel('p4', 6_900, 100),
    );
    expect(codesOf(errors)).toEqual(['BAD_USER_INPUT']);
  });
});
