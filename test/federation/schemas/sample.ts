/** The sample graph's own schemas; its AI fields are answered by functions of exactly what they require. */
import { readFileSync } from 'node:fs';
import type { DataObject, TestData } from '../../testkit/random/in-process-subgraph.ts';
import type { TestSchema } from '../../testkit/random/test-graph.ts';
import { first, read } from './read.ts';

const names = ['accounts', 'reviews', 'products', 'inventory', 'assistant'] as const;
/** Without its rule of objects: what is compared is what everybody reads. */
const schemaOf = (name: string): string =>
  readFileSync(new URL(`../../../subgraphs/${name}/schema.graphql`, import.meta.url), 'utf8').replace(
    / @rows\(policy: "[^)]*\)/,
    '',
  );

function data(): TestData {
  const users: DataObject[] = [];
  const products: DataObject[] = [];
  const reviews: DataObject[] = [];
  const newestFirst = (list: readonly DataObject[]): DataObject[] => [...list].reverse();
  const bodies = (product: DataObject): DataObject[] => read(product, 'reviews', { first: 20 }) as DataObject[];

  for (let index = 1; index <= 3; index++) {
    users.push({
      __typename: 'User',
      id: `u${index}`,
      name: `user ${index}`,
      email: index === 2 ? null : `u${index}@shop.example`,
      reviews: (args: { first?: number }) =>
        first(newestFirst(reviews.filter((one) => one.author === users[index - 1])), args.first),
    });
  }
  for (let index = 1; index <= 6; index++) {
    products.push({
      __typename: 'Product',
      id: `p${index}`,
      name: `product ${index}`,
      description: `what product ${index} is`,
      category: index % 2 === 0 ? 'AUDIO' : 'HOME',
      priceCents: index * 999,
      price: ({ currency }: { currency?: string | null }) =>
        index * 9.99 * (currency === 'EUR' ? 0.9 : currency === 'GBP' ? 0.8 : 1),
      weightGrams: index === 3 ? null : index * 120,
      averageRating: index === 6 ? null : index / 2 + 1,
      reviews: (args: { first?: number }) =>
        first(newestFirst(reviews.filter((one) => one.product === products[index - 1])), args.first),
      inStock: index !== 2,
      stock: index === 2 ? 0 : index,
      shippingEstimate(this: DataObject, { zip }: { zip?: string | null }) {
        const weight = read(this, 'weightGrams');
        return typeof weight === 'number'
          ? Math.round(Number(read(this, 'priceCents')) / 100 + weight / 10) + (zip?.length ?? 0)
          : null;
      },
      reviewSummary(this: DataObject, { locale }: { locale?: string | null }) {
        return `${locale}: ${read(this, 'name')} ${bodies(this)
          .map(({ body, rating }) => `${body}=${rating}`)
          .join('; ')}`;
      },
      answer(this: DataObject, { question }: { question: string }) {
        return `${question}? ${read(this, 'name')}, ${read(this, 'description')}, ${bodies(this)
          .map(({ body }) => body)
          .join('; ')}`;
      },
    });
  }
  const review = (product: DataObject, author: DataObject, rating: number, body: string): DataObject => ({
    __typename: 'Review',
    id: `r${reviews.length + 1}`,
    rating,
    body,
    createdAt: '2026-01-01T00:00:00Z',
    flagged: false,
    author,
    product,
    sentiment(this: DataObject) {
      return String(read(this, 'body')).length % 2 === 0 ? 'POSITIVE' : 'NEGATIVE';
    },
    topics(this: DataObject) {
      return String(read(this, 'body')).split(' ');
    },
  });
  for (let index = 0; index < 14; index++) {
    reviews.push(
      review(
        products[index % 5] as DataObject,
        users[index % 3] as DataObject,
        (index % 5) + 1,
        `body ${'x'.repeat(index)}`,
      ),
    );
  }
  const all = [...users, ...products, ...reviews];
  return {
    entities: all,
    root: {
      me: users[0],
      user: ({ id }: { id: string }) => users.find((one) => one.id === id) ?? null,
      users: (args: { first?: number }) => first(users, args.first),
      product: ({ id }: { id: string }) => products.find((one) => one.id === id) ?? null,
      products: (args: { first?: number; after?: string | null; category?: string | null }) => {
        const start = args.after == null ? 0 : products.findIndex(({ id }) => id === args.after) + 1;
        return first(
          products.slice(start).filter(({ category }) => args.category == null || category === args.category),
          args.first,
        );
      },
      addReview: ({ productId, rating, body }: { productId: string; rating: number; body: string }) => {
        const written = review(
          products.find(({ id }) => id === productId) ?? (products[0] as DataObject),
          users[0] as DataObject,
          rating,
          body,
        );
        reviews.push(written);
        all.push(written);
        return written;
      },
    },
  };
}

export const sample: TestSchema = {
  name: 'sample graph',
  subgraphs: names.map((name) => ({ name, sdl: schemaOf(name) })),
  data,
  inProcess: ['assistant'],
  ids: ['p1', 'p3', 'p6', 'u1', 'u2', 'nope'],
};
