import { describe, expect, it } from 'vitest';
import type { DataObject } from '../testkit/in-process-subgraph.ts';
import { createTestGraph, type TestSchema } from '../testkit/test-graph.ts';
import { read } from './schemas/read.ts';

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

  it('are right alone, whatever the client asks beside them', async () => {
    for (const query of [
      '{ product { euro price(in: "GBP") } }',
      '{ product { price: id pound } }',
      '{ product { a: price(in: "EUR") b: price pound } }',
    ]) {
      expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
    }
  });

  // Apollo's planner asks for both under one name and gives both the first.
  it.fails('are right together', async () => {
    const query = '{ product { euro pound } }';
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
  });
});
