/** The public federation benchmark's four subgraphs: six users, nine products, every review by user 1. */
import { readFileSync } from 'node:fs';
import type { SubgraphResolvers } from './graph.ts';
import { sharedBenchmarkFile } from './shared-data.ts';

interface Review {
  readonly id: string;
  readonly body: string;
  readonly upc: string;
}

interface Product {
  readonly upc: string;
  readonly name: string;
  readonly price: number;
  readonly weight: number;
}

const users = [
  ['Uri Goldshtein', 'urigo'],
  ['Dotan Simha', 'dotansimha'],
  ['Kamil Kisiela', 'kamilkisiela'],
  ['Arda Tanrikulu', 'ardatan'],
  ['Gil Gardosh', 'gilgardosh'],
  ['Laurin Quast', 'laurin'],
].map(([name, username], index) => ({ id: String(index + 1), name, username }));

const products = (
  [
    ['Table', 899, 100],
    ['Couch', 1299, 1000],
    ['Glass', 15, 20],
    ['Chair', 499, 100],
    ['TV', 1299, 1000],
    ['Lamp', 6999, 300],
    ['Grill', 3999, 2000],
    ['Fridge', 100_000, 6000],
    ['Sofa', 9999, 800],
  ] as const
).map(([name, price, weight], index): Product => ({ upc: String(index + 1), name, price, weight }));

const inStock: ReadonlySet<string> = new Set(['1', '5', '6', '7', '9']);

const userOf = (id: string) => users.find((user) => user.id === id);
const productOf = (upc: string) => products.find((product) => product.upc === upc);

function shippingEstimate({ price, weight }: { readonly price?: number; readonly weight?: number }): number | null {
  if (price !== undefined && price > 1000) return 0;
  return weight === undefined ? null : Math.floor(weight / 2);
}

export function benchmarkGraph(): Readonly<Record<string, SubgraphResolvers>> {
  const reviews = JSON.parse(readFileSync(sharedBenchmarkFile('reviews.json'), 'utf8')) as readonly Review[];
  return {
    accounts: {
      Query: { me: () => users[0], user: (_root: never, { id }: { id: string }) => userOf(id), users: () => users },
      User: { __resolveReference: ({ id }: { id: string }) => userOf(id) },
    },
    products: {
      Query: { topProducts: (_root: never, { first }: { first: number }) => products.slice(0, first) },
      Product: { __resolveReference: ({ upc }: { upc: string }) => productOf(upc) },
    },
    inventory: {
      Product: { inStock: ({ upc }: { upc: string }) => inStock.has(upc), shippingEstimate },
    },
    reviews: {
      Review: {
        __resolveReference: ({ id }: { id: string }) => reviews.find((review) => review.id === id),
        product: ({ upc }: Review) => ({ upc }),
        author: () => ({ id: '1', username: userOf('1')?.username }),
      },
      User: { reviews: () => reviews.slice(0, 2) },
      Product: { reviews: ({ upc }: { upc: string }) => reviews.filter((review) => review.upc === upc) },
    },
  };
}
