import type { GraphQLObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { expectAgreement } from '../testkit/random/expect-agreement.ts';
import type { DataObject } from '../testkit/random/in-process-subgraph.ts';
import { createTestGraph, type TestSchema } from '../testkit/random/test-graph.ts';
import { read } from './schemas/read.ts';
import { requiredArguments, requiredArgumentsOfInterfaces } from './schemas/required-arguments.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])';
const price = ({ in: currency }: { in?: string | null }): string => `1 ${currency}`;

/** Two fields of one type that require the same field with different arguments. */
const prices: TestSchema = {
  name: 'prices',
  ids: ['p1'],
  subgraphs: [
    {
      name: 'catalog',
      sdl: `${federation} type Query { product: Product } type Product @key(fields: "id") { id: ID! price(in: String = "USD"): String! }`,
    },
    {
      name: 'tax',
      sdl: `${federation} type Product @key(fields: "id") { id: ID! price(in: String = "USD"): String! @external
        euro: String @requires(fields: "price(in: \\"EUR\\")") pound: String @requires(fields: "price(in: \\"GBP\\")") }`,
    },
  ],
  data: () => {
    const product: DataObject = {
      __typename: 'Product',
      id: 'p1',
      price,
      euro(this: DataObject) {
        return `taxed ${read(this, 'price', { in: 'EUR' })}`;
      },
      pound(this: DataObject) {
        return `taxed ${read(this, 'price', { in: 'GBP' })}`;
      },
    };
    return { root: { product }, entities: [product] };
  },
};

describe('two fields that require one field with different arguments', () => {
  const graph = createTestGraph(prices);

  it('are correct alone, whatever else the client selects', async () => {
    for (const query of [
      '{ product { euro price(in: "GBP") } }',
      '{ product { price: id pound } }',
      '{ product { a: price(in: "EUR") b: price pound } }',
    ]) {
      expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
    }
  });

  it('are correct together: each has its own representation, in one request', async () => {
    const query = '{ product { euro price pound } }';
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
    expect(graph.requests.map(({ subgraph }) => subgraph)).toEqual(['catalog', 'tax']);
    const variables = JSON.stringify(graph.requests[1]?.request.variablesJson);
    expect(variables).toContain('1 EUR');
    expect(variables).toContain('1 GBP');
  });

  it('have separate requests where nothing is merged', async () => {
    const apart = createTestGraph({ ...prices, inProcess: ['tax'] });
    const query = '{ product { euro pound } }';
    expect(await apart.run(apart.engine, query)).toEqual(await apart.monolith(query));
    expect(apart.requests.map(({ subgraph }) => subgraph)).toEqual(['catalog', 'tax', 'tax']);
  });

  it('do not appear in the API schema, and a client cannot select their internal names', () => {
    const { text, plan } = graph.explain('{ product { euro } }');
    const [twin] = /\w+(?=:price\(in:"EUR"\))/.exec(JSON.stringify(plan).replaceAll('\\', '')) ?? [];
    expect(text).not.toContain(twin);
    expect(twin).toMatch(/^price_/);
    const product = graph.apiSchema.getType('Product') as GraphQLObjectType;
    expect(Object.keys(product.getFields())).toEqual(['id', 'price', 'euro', 'pound']);
  });
});

describe('random operations over fields that require others with arguments', () => {
  it('are answered like a monolith of the same data, including the order of keys', async () => {
    await expectAgreement({ graph: createTestGraph(requiredArguments), operations: 500, mutations: 0 });
  }, 300_000);

  it('are answered like a monolith where an interface object requires them', async () => {
    await expectAgreement({ graph: createTestGraph(requiredArgumentsOfInterfaces), operations: 300, mutations: 0 });
  }, 300_000);
});
