/**
 * Three subgraphs that nearly all have nearly everything: shareable fields, interfaces whose fields have to be selected
 * by type, and values without a key. Every field can be fetched in several ways, and ways multiply.
 */
import type { TestData } from '../../testkit/random/in-process-subgraph.ts';
import type { TestSchema } from '../../testkit/random/test-graph.ts';

const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@external"])';
const kinds = ['Lamp', 'Desk', 'Chair'] as const;

const kindsWith = (fields: string) =>
  kinds.map((kind) => `type ${kind} implements Thing @key(fields: "id") { id: ID! ${fields} }`).join('\n');

const makers = `${link}
  type Query { item(n: Int): Item @shareable  thing(n: Int): Thing @shareable }
  type Item @key(fields: "id") { id: ID!  name: String  next(n: Int): Item @shareable  size: Size @shareable }
  type Size @shareable { wide: Int  high: Int }
  interface Thing { id: ID!  label: String  near(n: Int): Thing }
  ${kindsWith('label: String @shareable  near(n: Int): Thing @shareable')}`;

const sellers = `${link}
  type Query { item(n: Int): Item @shareable  thing(n: Int): Thing @shareable }
  type Item @key(fields: "id") { id: ID!  price: Int  next(n: Int): Item @shareable  size: Size @shareable }
  type Size @shareable { wide: Int  deep: Int }
  interface Thing { id: ID!  label: String  price: Int  near(n: Int): Thing  rival(n: Int): Thing }
  ${kindsWith('label: String @shareable  price: Int  near(n: Int): Thing @shareable  rival(n: Int): Thing @shareable')}`;

const movers = `${link}
  type Item @key(fields: "id") { id: ID!  days: Int  next(n: Int): Item @shareable }
  interface Thing { id: ID!  price: Int  days: Int  rival(n: Int): Thing }
  ${kindsWith('price: Int @external  days: Int  rival(n: Int): Thing @shareable')}`;

function data(): TestData {
  const count = 6;
  const at = (list: readonly Record<string, unknown>[], n: unknown, step: number, index: number) =>
    n === 5 ? null : list[(index + step + (typeof n === 'number' ? n : 0)) % count];
  const items: Record<string, unknown>[] = [];
  const things: Record<string, unknown>[] = [];
  for (let index = 0; index < count; index++) {
    items.push({
      __typename: 'Item',
      id: `i${index}`,
      name: `item ${index}`,
      price: index * 10,
      days: index === 2 ? null : index,
      next: ({ n }: { n?: number | null }) => at(items, n, 1, index),
      size: { __typename: 'Size', wide: index, high: index + 1, deep: index + 2 },
    });
    things.push({
      __typename: kinds[index % kinds.length],
      id: `t${index}`,
      label: `thing ${index}`,
      price: index === 4 ? null : index * 7,
      days: index,
      near: ({ n }: { n?: number | null }) => at(things, n, 1, index),
      rival: ({ n }: { n?: number | null }) => at(things, n, 2, index),
    });
  }
  return {
    entities: [...items, ...things],
    root: {
      item: ({ n }: { n?: number | null }) => at(items, n, 0, 0),
      thing: ({ n }: { n?: number | null }) => at(things, n, 0, 0),
    },
  };
}

export const manyWays: TestSchema = {
  name: 'many ways',
  subgraphs: [
    { name: 'makers', sdl: makers },
    { name: 'sellers', sdl: sellers },
    { name: 'movers', sdl: movers },
  ],
  data,
  ids: ['i1', 't2', 'nope'],
};
