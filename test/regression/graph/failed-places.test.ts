/** A failure is reported at each position where a client sees it, with its subgraph. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])';
const shop = `${link}
type Query { orders: [Order!]! featured: Product plain: Int }
type Mutation { order: Int }
type Order { product: Product gift: Product }
type Product @key(fields: "id") { id: ID! }
`;
const weights = `${link}
type Product @key(fields: "id") { id: ID!  weight: Int!  maker: Maker }
type Maker { country: String! }
`;
const shipping = `${link}
type Product @key(fields: "id") {
  id: ID!  weight: Int! @external  maker: Maker @external
  cost: Int! @requires(fields: "weight")  duty: Int! @requires(fields: "maker { country }")  speed: Int
}
type Maker { country: String! @external }
`;

let orders: unknown[] = [];
let speed: () => unknown;
let plain: () => unknown;
let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    subgraphs: {
      shop: {
        sdl: shop,
        resolvers: { Query: { orders: () => orders, featured: () => ({ id: 'lost' }), plain: () => plain() } },
      },
      weights: {
        sdl: weights,
        resolvers: {
          Product: {
            __resolveReference: ({ id }: { id: string }) => (id === 'lost' ? null : { id, weight: 1, maker: {} }),
          },
        },
      },
      shipping: {
        sdl: shipping,
        resolvers: {
          Product: { __resolveReference: (one: object) => one, cost: () => 5, duty: () => 1, speed: () => speed() },
        },
      },
    },
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => {
  plain = () => 1;
  speed = () => {
    throw new Error('no carrier');
  };
});

describe('an entity that fails', () => {
  it('is an error at each of its positions', async () => {
    orders = [
      { product: { id: 'a' }, gift: { id: 'b' } },
      { product: { id: 'b' }, gift: null },
      { product: { id: 'a' }, gift: { id: 'a' } },
    ];
    const { data, errors = [] } = await gateway.query(
      '{ orders { product { speed } present: gift { speed } } featured { speed } }',
    );
    expect(data.orders[1]).toEqual({ product: { speed: null }, present: null });
    expect(errors.map(({ path }) => path?.join('.')).sort()).toEqual([
      'featured.speed',
      'orders.0.present.speed',
      'orders.0.product.speed',
      'orders.1.product.speed',
      'orders.2.present.speed',
      'orders.2.product.speed',
    ]);
    expect(new Set(errors.map(({ extensions }) => extensions.service))).toEqual(new Set(['shipping']));
  });

  it('is so at a thousand places at most', async () => {
    orders = Array.from({ length: 1_500 }, () => ({ product: { id: 'a' }, gift: null }));
    const { errors = [] } = await gateway.query('{ orders { product { speed } } }');
    expect(errors).toHaveLength(1_000);
    expect(errors[999]?.path).toEqual(['orders', 999, 'product', 'speed']);
  });

  it('is one error at a single position', async () => {
    const { errors = [] } = await gateway.query('{ featured { speed } }');
    expect(errors.map(({ path }) => path)).toEqual([['featured', 'speed']]);
  });
});

describe('a required field of an entity that is unknown to its subgraph', () => {
  it.each([
    ['{ featured { cost } }', ['featured', 'cost'], 'weights'],
    ['{ featured { price: cost } }', ['featured', 'price'], 'weights'],
    ['{ featured { duty } }', ['featured', 'duty'], 'weights'],
    ['{ featured { weight } }', ['featured', 'weight'], 'weights'],
  ])('is laid to that subgraph: %s', async (query, path, service) => {
    speed = () => 1;
    const { data, errors = [] } = await gateway.query(query);
    expect(data).toEqual({ featured: null });
    expect(errors).toMatchObject([{ path, extensions: { code: 'SUBREQUEST_MALFORMED_RESPONSE', service } }]);
  });
});

describe('the errors of an answer', () => {
  it.each([
    ['orders { product { speed } } plain', ['orders.0.product.speed', 'plain']],
    ['plain orders { product { speed } }', ['plain', 'orders.0.product.speed']],
  ])('are in the order of its fields, whichever fails first: %s', async (fields, paths) => {
    orders = [{ product: { id: 'a' }, gift: null }];
    plain = () => {
      throw new Error('nothing plain');
    };
    const { errors = [] } = await gateway.query(`{ ${fields} }`);
    expect(errors.map(({ path }) => path?.join('.'))).toEqual(paths);
  });

  it('are in the order of a list', async () => {
    orders = ['c', 'a', 'b', 'a'].map((id) => ({ product: { id }, gift: { id: 'b' } }));
    const { errors = [] } = await gateway.query('{ orders { gift { speed } product { late: speed } } }');
    const paths = orders.flatMap((_, index) => [`orders.${index}.gift.speed`, `orders.${index}.product.late`]);
    expect(errors.map(({ path }) => path?.join('.'))).toEqual(paths);
  });
});

describe('a root answer of nothing', () => {
  it.each(['{"data":null}', '{"data":null,"errors":null}', '{"data":null,"errors":[]}'])(
    'is malformed: %s',
    async (body) => {
      const { shop: subgraph } = gateway.subgraphs;
      if (subgraph === undefined) throw new Error('it is started');
      subgraph.intercept = (_request, response) => response.writeHead(200).end(body);
      for (const query of ['{ plain }', 'mutation { plain: order }']) {
        const { data, errors } = await gateway.query(query);
        expect(data).toEqual({ plain: null });
        expect(errors).toMatchObject([
          { path: ['plain'], extensions: { code: 'SUBREQUEST_MALFORMED_RESPONSE', service: 'shop' } },
        ]);
      }
      subgraph.intercept = undefined;
    },
  );
});
