/**
 * A shop made up for the operations that the public benchmark has no match for: one subgraph, three hops, long lists.
 * Every value follows from its index, so that answers are the same in every run; no two entities are alike.
 */
import type { SubgraphResolvers } from './graph.ts';

const cities = ['Lisbon', 'Zürich', 'Osaka', 'Nairobi', 'Lima', 'Oslo', 'Boston'];
const words = 'solid light quiet folding washable oak steel linen compact repairable everyday two-year guarantee'.split(
  ' ',
);

const pick = <Item>(list: readonly Item[], index: number): Item => list[index % list.length] as Item;
const indexOf = (id: string): number => Number(id.slice(1));

/** Text of about so many characters; one in twenty has quotes and letters beyond ASCII. */
function textOf(index: number, length: number): string {
  let text = index % 20 === 0 ? `“No ${index}” — "très bien". ` : `No ${index}. `;
  for (let step = 0; text.length < length; step++) text += `${pick(words, index * 7 + step * step)} `;
  return text;
}

const customer = (index: number) => ({
  id: `c${index}`,
  name: `Customer ${index}`,
  email: `customer${index}@example.com`,
  city: pick(cities, index),
  since: 1990 + (index % 30),
  tier: { code: `t${index}` },
});

const item = (index: number) => ({
  sku: `i${index}`,
  name: `Item ${index}`,
  description: textOf(index, 600),
  priceCents: 100 + ((index * 37) % 90_000),
  tags: [pick(words, index), pick(words, index + 3), pick(words, index + 5)],
  maker: { name: `Maker ${index % 97}`, country: pick(cities, index * 3) },
});

export function shopGraph(): Readonly<Record<string, SubgraphResolvers>> {
  return {
    orders: {
      Query: {
        order: (_root: never, { id }: { id: string }) => ({
          id,
          placedAt: `2026-01-${String(1 + (indexOf(id) % 28)).padStart(2, '0')}T08:00:00Z`,
          totalCents: 500 + indexOf(id),
          customer: { id: `c${indexOf(id)}` },
        }),
      },
    },
    customers: {
      Query: { customer: (_root: never, { id }: { id: string }) => customer(indexOf(id)) },
      Customer: { __resolveReference: ({ id }: { id: string }) => customer(indexOf(id)) },
    },
    loyalty: {
      Tier: {
        __resolveReference: ({ code }: { code: string }) => ({
          code,
          title: `Tier ${indexOf(code)}`,
          discountPercent: indexOf(code) % 30,
          perks: [pick(words, indexOf(code)), pick(words, indexOf(code) + 1)],
        }),
      },
    },
    catalog: {
      Query: {
        items: (_root: never, { first }: { first: number }) =>
          Array.from({ length: first }, (_, index) => item(index + 1)),
      },
    },
    stock: {
      Item: {
        __resolveReference: ({ sku }: { sku: string }) => ({
          sku,
          quantity: (indexOf(sku) * 13) % 500,
          deliveryNote: textOf(indexOf(sku) + 11, 320),
          warehouse: { city: pick(cities, indexOf(sku) + 2), aisle: indexOf(sku) % 60 },
        }),
      },
    },
  };
}
