import { beforeEach, describe, expect, it } from 'vitest';
import type { SubgraphError, SubgraphResponse } from '../../src/transport/index.ts';
import { variablesOf } from '../testkit/random/in-process-subgraph.ts';
import { createTestGraph, type TestGraph } from '../testkit/random/test-graph.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])';

const item = (id: string) => ({
  __typename: 'Item',
  id,
  name: `item ${id}`,
  count: 7,
  parts: [part(`${id}-1`), part(`${id}-2`)],
  title: `title of ${id}`,
  plan: `plan of ${id}`,
  digest: `digest of ${id}`,
});
const part = (id: string) => ({ __typename: 'Part', id, note: `note ${id}`, label: `label ${id}` });
const items = ['a', 'b', 'c'].map(item);

let graph: TestGraph;
beforeEach(() => {
  graph = createTestGraph({
    name: 'failed-nulls',
    ids: ['a', 'b', 'c'],
    inProcess: ['writer'],
    subgraphs: [
      {
        name: 'shop',
        sdl: `${federation}
          type Query { items: [Item!]!  best: Item  rows: [[Item]] }
          type Item @key(fields: "id") { id: ID!  name: String  parts: [Part] }
          type Part @key(fields: "id") { id: ID!  note: String  label: String! }`,
      },
      { name: 'stock', sdl: `${federation} type Item @key(fields: "id") { id: ID!  count: Int }` },
      {
        name: 'writer',
        sdl: `${federation}
          type Item @key(fields: "id") { id: ID!  name: String @external  count: Int @external  parts: [Part] @external
            title: String @requires(fields: "name")
            plan: String @requires(fields: "count")
            digest: String @requires(fields: "parts { note label }") }
          type Part @key(fields: "id") { id: ID!  note: String @external  label: String! @external }`,
      },
    ],
    data: () => ({
      root: { items, best: items[0], rows: [[items[0], null], [items[1]]] },
      entities: [...items, ...items.flatMap(({ parts }) => parts)],
    }),
  });
  Object.assign(graph.clients.get('writer') ?? {}, { kind: 'in-process' });
});

type Change = (data: Record<string, unknown>) => readonly SubgraphError['path'][];

/** Has a subgraph report an error at each place that `change` made null. */
function failAt(subgraph: string, change: Change): void {
  graph.intercept = async (name, _request, respond) => {
    const response = structuredClone(await respond());
    if (name !== subgraph || response.data == null) return response;
    const errors = change(response.data).map((path) => ({
      message: 'broken',
      ...(path === undefined ? {} : { path }),
    }));
    return { ...response, errors } satisfies SubgraphResponse;
  };
}

async function ask(query: string): Promise<{ data: unknown; errors: number; written: unknown[] }> {
  const { data, errors } = await graph.run(graph.engine, query);
  const written = graph.requests
    .filter(({ subgraph }) => subgraph === 'writer')
    .flatMap(({ request }) => variablesOf(request).representations as { id: string }[])
    .map(({ id }) => id);
  return { data: JSON.parse(data), errors: errors.length, written };
}

type Items = { name?: unknown; count?: unknown; parts?: { note: unknown; label: unknown }[] | null }[];
const listOf = (data: Record<string, unknown>): Items => Object.values(data)[0] as Items;

describe('required data of an in-process subgraph', () => {
  it('includes nulls that no error explains: they are data', async () => {
    failAt('shop', (data) => {
      Object.assign(listOf(data)[0] ?? {}, { name: null });
      return [];
    });
    const { written, errors } = await ask('{ items { title } }');
    expect({ written, errors }).toEqual({ written: ['a', 'b', 'c'], errors: 0 });
  });

  it('excludes an entity for which it failed, and no other', async () => {
    failAt('shop', (data) => {
      const [key = ''] = Object.keys(data);
      Object.assign(listOf(data)[1] ?? {}, { name: null });
      return [[key, 1, 'name']];
    });
    const { data, written, errors } = await ask('{ items { title } }');
    expect(written).toEqual(['a', 'c']);
    expect(data).toEqual({ items: [{ title: 'title of a' }, { title: null }, { title: 'title of c' }] });
    expect(errors).toBe(1);
  });

  it('excludes an entity for which it failed in a fetch of another subgraph', async () => {
    failAt('stock', (data) => {
      Object.assign(listOf(data)[2] ?? {}, { count: null });
      return [['_entities', 2, 'count']];
    });
    const { data, written } = await ask('{ items { plan } }');
    expect(written).toEqual(['a', 'b']);
    expect(data).toMatchObject({ items: [{}, {}, { plan: null }] });
  });

  it('is failed if something nested in its list failed', async () => {
    failAt('shop', (data) => {
      const [key = ''] = Object.keys(data);
      Object.assign(listOf(data)[0]?.parts?.[1] ?? {}, { note: null });
      return [[key, 0, 'parts', 1, 'note']];
    });
    expect((await ask('{ items { digest } }')).written).toEqual(['b', 'c']);
  });

  it.each([
    ['the list’s item', (parts: unknown[]) => [parts[0], null]],
    ['the whole list', () => null],
  ] as const)('is failed where null propagated to %s', async (_name, climbed) => {
    failAt('shop', (data) => {
      const [key = ''] = Object.keys(data);
      const owner = listOf(data)[0];
      Object.assign(owner ?? {}, { parts: climbed(owner?.parts ?? []) });
      return [[key, 0, 'parts', 1, 'label']];
    });
    expect((await ask('{ items { digest } }')).written).toEqual(['b', 'c']);
  });

  it('is found in lists of lists', async () => {
    failAt('shop', (data) => {
      const [key = ''] = Object.keys(data);
      const rows = Object.values(data)[0] as Items[];
      Object.assign(rows[1]?.[0] ?? {}, { name: null });
      return [[key, 1, 0, 'name']];
    });
    expect((await ask('{ rows { title } }')).written).toEqual(['a']);
  });

  it('is failed at every position of an entity that was fetched once', async () => {
    failAt('stock', (data) => {
      const list = listOf(data);
      for (const entity of list) Object.assign(entity, { count: null });
      return list.map((_entity, index) => ['_entities', index, 'count']);
    });
    // The same item in two places with different content: two objects behind one representation.
    const { data, written, errors } = await ask('{ best { plan name } rows { plan } }');
    expect(written).toEqual([]);
    expect(data).toEqual({ best: { plan: null, name: 'item a' }, rows: [[{ plan: null }, null], [{ plan: null }]] });
    expect(errors).toBeGreaterThan(0);
  });

  it('is failed if an error has no path', async () => {
    failAt('stock', (data) => {
      Object.assign(listOf(data)[1] ?? {}, { count: null });
      return [undefined];
    });
    expect((await ask('{ items { plan } }')).written).toEqual(['a', 'c']);
  });

  it('does not affect fields that do not require it', async () => {
    failAt('stock', (data) => {
      Object.assign(listOf(data)[0] ?? {}, { count: null });
      return [['_entities', 0, 'count']];
    });
    const { data } = await ask('{ items { title plan } }');
    expect(data).toMatchObject({ items: [{ title: 'title of a', plan: null }, { plan: 'plan of b' }, {}] });
  });
});

describe('an HTTP subgraph', () => {
  it('is sent failed nulls: it decides what they mean', async () => {
    Object.assign(graph.clients.get('writer') ?? {}, { kind: 'http' });
    failAt('stock', (data) => {
      Object.assign(listOf(data)[0] ?? {}, { count: null });
      return [['_entities', 0, 'count']];
    });
    expect((await ask('{ items { plan } }')).written).toEqual(['a', 'b', 'c']);
  });
});
