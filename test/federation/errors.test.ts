import { beforeAll, describe, expect, it } from 'vitest';
import { GatewayError } from '../../src/errors/index.ts';
import type { SubgraphResponse } from '../../src/transport/index.ts';
import type { Intercept } from '../testkit/random/in-process-subgraph.ts';
import { type Answer, createTestGraph, type TestGraph } from '../testkit/random/test-graph.ts';
import { abstractTypes } from './schemas/abstract-types.ts';
import { entities } from './schemas/entities.ts';
import { keys } from './schemas/keys.ts';

let shop: TestGraph;
let organisations: TestGraph;
let library: TestGraph;
beforeAll(() => {
  shop = createTestGraph(entities);
  organisations = createTestGraph(keys);
  library = createTestGraph(abstractTypes);
});

/** Changes what one subgraph answers; the others answer as they do. */
function changing(subgraph: string, change: (response: SubgraphResponse) => SubgraphResponse): Intercept {
  return async (name, _request, respond) => (name === subgraph ? change(structuredClone(await respond())) : respond());
}

function failing(subgraph: string): Intercept {
  return async (name, _request, respond) => {
    if (name === subgraph) throw new GatewayError('SUBREQUEST_HTTP_ERROR', { service: name });
    return respond();
  };
}

async function answer(
  graph: TestGraph,
  intercept: Intercept,
  query: string,
  variables = {},
): Promise<{ data: unknown; errors: Answer['errors'] }> {
  graph.intercept = intercept;
  try {
    const { data, errors } = await graph.run(graph.engine, query, variables);
    return { data: JSON.parse(data), errors };
  } finally {
    graph.intercept = undefined;
  }
}

const placesOf = (errors: Answer['errors']): unknown[] =>
  errors.map(({ path, extensions }) => [extensions?.code, path?.join('.')]);

type Entities = { _entities: (Record<string, unknown> | null)[] };
const entitiesOf = ({ data }: SubgraphResponse): Entities['_entities'] => (data as unknown as Entities)._entities;

describe('a failing subgraph', () => {
  it('does not affect the data of other subgraphs; one error covers all its entities', async () => {
    const { data, errors } = await answer(
      shop,
      failing('reviews'),
      '{ all: grid { name score: rating reviews { stars } } maker { name } }',
    );
    expect(data).toEqual({ all: [[null, null], [], [null, null]], maker: { name: 'maker 1' } });
    expect(errors).toHaveLength(1);
    expect(errors[0]).toEqual({
      message: expect.any(String),
      path: ['all', 0, 0, 'score'],
      extensions: { code: 'SUBREQUEST_HTTP_ERROR', service: 'reviews' },
    });
  });

  it('makes its nullable fields null; the data of other subgraphs is returned', async () => {
    const { data, errors } = await answer(shop, failing('reviews'), '{ items(first: 2) { name score: rating } }');
    expect(data).toEqual({
      items: [
        { name: 'item 1', score: null },
        { name: 'item 2', score: null },
      ],
    });
    expect(placesOf(errors)).toEqual([['SUBREQUEST_HTTP_ERROR', 'items.0.score']]);
  });

  it('is one error if fields of another subgraph require its data', async () => {
    const { data, errors } = await answer(shop, failing('catalog'), '{ stocked { label inStock name } }');
    expect(data).toBeNull();
    expect(placesOf(errors)).toEqual([['SUBREQUEST_HTTP_ERROR', 'stocked.0.name']]);
  });

  it('is one error if fields at several positions were in one request', async () => {
    const { errors } = await answer(
      shop,
      failing('stock'),
      '{ items(first: 2) { a: inStock } item(id: "i3") { b: inStock } }',
    );
    expect(errors).toHaveLength(1);
  });

  it('fails its root fields without affecting those of others', async () => {
    const { data, errors } = await answer(
      shop,
      failing('reviews'),
      '{ one: review(id: "r1") { id } two: item(id: "i1") { name } }',
    );
    expect(data).toEqual({ one: null, two: { name: 'item 1' } });
    expect(placesOf(errors)).toEqual([['SUBREQUEST_HTTP_ERROR', 'one']]);
  });

  it('is one error if a non-null root field makes its siblings null', async () => {
    const { data, errors } = await answer(shop, failing('stock'), '{ stocked { inStock } maker { name } }');
    expect(data).toBeNull();
    expect(placesOf(errors)).toEqual([['SUBREQUEST_HTTP_ERROR', 'stocked']]);
  });
});

describe('errors of a subgraph', () => {
  it('under _entities have the path of the client, with its aliases', async () => {
    const { data, errors } = await answer(
      shop,
      changing('reviews', ({ data }) => {
        const list = entitiesOf({ data: data ?? null });
        (list[1] as Record<string, unknown>).rating = null;
        return { data: { _entities: list }, errors: [{ message: 'secret', path: ['_entities', 1, 'rating'] }] };
      }),
      '{ wares: items(first: 3) { mark: rating } }',
    );
    expect(data).toEqual({ wares: [{ mark: 0.5 }, { mark: null }, { mark: 1.5 }] });
    expect(errors).toEqual([
      {
        message: expect.not.stringContaining('secret'),
        path: ['wares', 1, 'mark'],
        extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', service: 'reviews' },
      },
    ]);
  });

  it('deep inside an entity preserve the remaining path', async () => {
    const { errors } = await answer(
      shop,
      changing('reviews', ({ data }) => {
        const [entity = {}] = entitiesOf({ data: data ?? null });
        const key = Object.keys(entity ?? {}).find((one) => one.startsWith('reviews')) ?? '';
        const [, second] = (entity as Record<string, unknown>)[key] as Record<string, unknown>[];
        if (second !== undefined) second.author = null;
        return {
          data: { _entities: [entity] },
          errors: [{ message: 'x', path: ['_entities', 0, key, 1, 'author', 'name'] }],
        };
      }),
      '{ ware: item(id: "i2") { opinions: reviews(first: 2) { who: author { called: name } } } }',
    );
    expect(placesOf(errors)).toEqual([['DOWNSTREAM_SERVICE_ERROR', 'ware.opinions.1.who.called']]);
  });

  it('have the alias whose selection failed', async () => {
    const { errors } = await answer(
      shop,
      changing('catalog', ({ data }) => ({
        data: data ?? null,
        errors: [{ message: 'x', path: pathTo(data, 'country', 1) }],
      })),
      '{ items(first: 2) { id } wares: items(first: 2) { maker { id } by: maker { from: country } } }',
    );
    expect(placesOf(errors)).toEqual([['DOWNSTREAM_SERVICE_ERROR', 'wares.1.by.from']]);
  });

  it('of an entity that several aliases share are one error for each alias', async () => {
    const { errors } = await answer(
      shop,
      changing('reviews', ({ data }) => ({
        data: data ?? null,
        errors: [{ message: 'x', path: ['_entities', 0, 'rating'] }],
      })),
      '{ a: item(id: "i1") { rating } b: item(id: "i1") { rating } }',
    );
    expect(placesOf(errors)).toEqual([
      ['DOWNSTREAM_SERVICE_ERROR', 'a.rating'],
      ['DOWNSTREAM_SERVICE_ERROR', 'b.rating'],
    ]);
  });

  it('that made a whole entity null are the only error, although other fields of it are non-null', async () => {
    const { data, errors } = await answer(
      shop,
      changing('stock', () => ({
        data: { _entities: [null] },
        errors: [{ message: 'x', path: ['_entities', 0, 'inStock'] }],
      })),
      '{ item(id: "i1") { name shelves { code } inStock } }',
    );
    expect(data).toEqual({ item: null });
    expect(placesOf(errors)).toEqual([['DOWNSTREAM_SERVICE_ERROR', 'item.inStock']]);
  });

  it('that made all of its data null are the only error', async () => {
    const { data, errors } = await answer(
      shop,
      changing('stock', () => ({ data: null, errors: [{ message: 'x', path: ['stocked', 0, 'inStock'] }] })),
      '{ stocked { inStock } }',
    );
    expect(data).toBeNull();
    expect(placesOf(errors)).toEqual([['DOWNSTREAM_SERVICE_ERROR', 'stocked.0.inStock']]);
    const root = await answer(
      shop,
      changing('catalog', () => ({ data: null, errors: [{ message: 'x', path: ['items__0', 0, 'name'] }] })),
      '{ maker { name } items { name } }',
    );
    expect(root.data).toBeNull();
    expect(placesOf(root.errors)).toEqual([['DOWNSTREAM_SERVICE_ERROR', 'items.0.name']]);
  });

  it('without a path are attributed to the first requested field', async () => {
    const { data, errors } = await answer(
      shop,
      changing('reviews', () => ({ errors: [{ message: 'x' }] })),
      '{ items(first: 2) { name mark: rating } }',
    );
    expect(data).toEqual({
      items: [
        { name: 'item 1', mark: null },
        { name: 'item 2', mark: null },
      ],
    });
    expect(placesOf(errors)).toEqual([['DOWNSTREAM_SERVICE_ERROR', 'items.0.mark']]);
  });

  it('do not hide another field that is null without an error', async () => {
    const { data, errors } = await answer(
      shop,
      changing('stock', ({ data }) => {
        const list = entitiesOf({ data: data ?? null });
        (list[0] as Record<string, unknown>).cost__0 = null;
        (list[1] as Record<string, unknown>).inStock = null;
        return { data: { _entities: list }, errors: [{ message: 'x', path: ['_entities', 0, 'cost__0'] }] };
      }),
      '{ grid { price: cost here: inStock } }',
    );
    expect(data).toMatchObject({ grid: [[{ price: null, here: false }, null], [], [null, {}]] });
    expect(placesOf(errors)).toEqual([
      ['DOWNSTREAM_SERVICE_ERROR', 'grid.0.0.price'],
      ['SUBREQUEST_MALFORMED_RESPONSE', 'grid.2.0.here'],
    ]);
  });
});

describe('values that their types do not allow', () => {
  it('propagate null to the nearest nullable position, with the exact path, once', async () => {
    const { data, errors } = await answer(
      organisations,
      changing('members', ({ data }) => {
        const copy = JSON.parse(JSON.stringify(data)) as { teams: { chain: { strong: { text: unknown } } }[] };
        const [, team] = copy.teams;
        if (team !== undefined) team.chain.strong.text = null;
        return { data: copy };
      }),
      '{ groups: teams { name way: chain { strong { words: text } } } }',
    );
    expect(data).toEqual({ groups: null });
    expect(placesOf(errors)).toEqual([['SUBREQUEST_MALFORMED_RESPONSE', 'groups.1.way.strong.words']]);
  });

  it('are null with an error at nullable positions, and the remaining data is returned', async () => {
    const { data, errors } = await answer(
      shop,
      changing('catalog', ({ data }) => {
        const { items__0: items } = JSON.parse(JSON.stringify(data)) as { items__0: Record<string, unknown>[] };
        Object.assign(items[0] ?? {}, { weight: 'heavy', size: [1] });
        Object.assign(items[1] ?? {}, { weight: 2 ** 40, matrix: [[1], 'row', [{}]] });
        return { data: { items__0: items } };
      }),
      '{ items(first: 2) { weight size { w } matrix } }',
    );
    expect(data).toEqual(null);
    expect(placesOf(errors)).toContainEqual(['SUBREQUEST_MALFORMED_RESPONSE', 'items.1.matrix.1']);
    expect(placesOf(errors)).toContainEqual(['SUBREQUEST_MALFORMED_RESPONSE', 'items.0.weight']);
    expect(placesOf(errors)).toContainEqual(['SUBREQUEST_MALFORMED_RESPONSE', 'items.0.size']);
    // One per field, for any number of items: `items.1.weight` is invalid like `items.0.weight`.
    expect(errors).toHaveLength(3);
    expect(errors.map(({ extensions }) => extensions?.service)).toEqual(['catalog', 'catalog', 'catalog']);
  });

  it('name the subgraph that returned them, once for all entities of a request', async () => {
    const { data, errors } = await answer(
      shop,
      changing('reviews', (response) => ({
        data: { _entities: entitiesOf(response).map(() => ({ rating: 'good' })) },
      })),
      '{ items(first: 3) { name score: rating } }',
    );
    expect(data).toMatchObject({ items: [{ score: null }, { score: null }, { score: null }] });
    expect(errors).toEqual([
      {
        message: expect.any(String),
        path: ['items', 0, 'score'],
        extensions: { code: 'SUBREQUEST_MALFORMED_RESPONSE', service: 'reviews' },
      },
    ]);
  });

  it('reject an enum value and an object type that the API schema does not have', async () => {
    const hidden = await answer(
      library,
      changing(
        'library',
        ({ data }) => JSON.parse(JSON.stringify({ data }).replace('"PAPER"', '"HIDDEN"')) as SubgraphResponse,
      ),
      '{ media { id kind } }',
    );
    expect(hidden.data).toMatchObject({ media: [{ id: 'b1', kind: null }, { id: 'f1', kind: 'DIGITAL' }, {}, {}] });
    expect(placesOf(hidden.errors)).toEqual([['SUBREQUEST_MALFORMED_RESPONSE', 'media.0.kind']]);
    const secret = await answer(
      library,
      changing(
        'library',
        ({ data }) => JSON.parse(JSON.stringify({ data }).replace('"Book"', '"Secret"')) as SubgraphResponse,
      ),
      '{ things { ... on Node { id } } }',
    );
    expect(secret.data).toEqual({ things: [{ id: 'p1' }, null, null, { id: 'f1' }, { id: 'f3' }] });
    expect(placesOf(secret.errors)).toEqual([['SUBREQUEST_MALFORMED_RESPONSE', 'things.1']]);
  });
});

describe('hostile answers to _entities', () => {
  const query = '{ items(first: 3) { name rating } }';
  const unrated = {
    items: [
      { name: 'item 1', rating: null },
      { name: 'item 2', rating: null },
      { name: 'item 3', rating: null },
    ],
  };

  it.each([
    ['shorter than asked for', (list: unknown[]) => list.slice(1)],
    ['longer than asked for', (list: unknown[]) => [...list, ...list]],
    ['empty', () => []],
    ['an object', () => ({})],
    ['text', () => 'text'],
    ['a list of one list', (list: unknown[]) => [list]],
  ])('that are %s are rejected as a whole', async (_name, change) => {
    const { data, errors } = await answer(
      shop,
      changing('reviews', ({ data }) => ({ data: { _entities: change(entitiesOf({ data: data ?? null })) } })),
      query,
    );
    expect(data).toEqual(unrated);
    expect(placesOf(errors)).toEqual([['SUBREQUEST_MALFORMED_RESPONSE', 'items.0.rating']]);
  });

  it('with nulls make the fields of those entities null', async () => {
    const { data, errors } = await answer(
      shop,
      changing('reviews', ({ data }) => ({
        data: { _entities: entitiesOf({ data: data ?? null }).map((one, index) => (index === 1 ? null : one)) },
      })),
      query,
    );
    expect(data).toEqual({
      items: [
        { name: 'item 1', rating: 0.5 },
        { name: 'item 2', rating: null },
        { name: 'item 3', rating: 1.5 },
      ],
    });
    expect(errors).toEqual([]);
  });

  it('with keys named __proto__ or constructor have no side effects', async () => {
    const { data } = await answer(
      shop,
      changing('reviews', ({ data }) => {
        const list = entitiesOf({ data: data ?? null }).map((one) => JSON.stringify(one));
        const hostile = list.map((text) =>
          text.replace('{', '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1,'),
        );
        return {
          data: JSON.parse(`{"__proto__":{"polluted":1},"_entities":[${hostile.join(',')}]}`) as Record<
            string,
            unknown
          >,
        };
      }),
      query,
    );
    expect(data).toEqual({
      items: [
        { name: 'item 1', rating: 0.5 },
        { name: 'item 2', rating: 1 },
        { name: 'item 3', rating: 1.5 },
      ],
    });
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('with another __typename are not treated as that type', async () => {
    const { data } = await answer(
      library,
      changing(
        'ratings',
        ({ data }) => JSON.parse(JSON.stringify({ data }).replaceAll('"Film"', '"Person"')) as SubgraphResponse,
      ),
      '{ rated { __typename ... on Film { score } ... on Book { score } } }',
    );
    expect(data).toBeNull();
  });
});

describe('a root type below a field', () => {
  it('reports its errors at the client’s path', async () => {
    const { data, errors } = await answer(
      organisations,
      changing('members', () => ({
        data: { members__0: null },
        errors: [{ message: 'x', path: ['members__0', 1, 'name'] }],
      })),
      '{ again: self { all: members { called: name } } }',
    );
    expect(data).toEqual({ again: { all: null } });
    expect(placesOf(errors)).toEqual([['DOWNSTREAM_SERVICE_ERROR', 'again.all.1.called']]);
  });

  it('is not fetched where the field is null', async () => {
    const { data, errors } = await answer(
      organisations,
      changing('organisations', () => ({ data: { self: null }, errors: [{ message: 'x', path: ['self'] }] })),
      '{ self { members { name } } }',
    );
    expect(data).toEqual({ self: null });
    expect(placesOf(errors)).toEqual([['DOWNSTREAM_SERVICE_ERROR', 'self']]);
    expect(organisations.requests.map(({ subgraph }) => subgraph)).toEqual(['organisations']);
  });
});

describe('unrequested data of a subgraph', () => {
  it('never replaces the data of another subgraph', async () => {
    const { data } = await answer(
      shop,
      changing('reviews', (response) => ({
        data: { _entities: entitiesOf(response).map((one) => ({ ...one, name: 'evil', id: 'evil' })), maker: null },
      })),
      '{ items(first: 1) { id name rating } maker { name } }',
    );
    expect(data).toEqual({ items: [{ id: 'i1', name: 'item 1', rating: 0.5 }], maker: { name: 'maker 1' } });
  });
});

describe('an error of a whole entity', () => {
  it('is reported at a field that it made null', async () => {
    const { errors } = await answer(
      shop,
      changing('reviews', () => ({ data: { _entities: [null] }, errors: [{ message: 'x', path: ['_entities', 0] }] })),
      '{ items(first: 1) { name score: rating } }',
    );
    expect(placesOf(errors)).toEqual([['DOWNSTREAM_SERVICE_ERROR', 'items.0.score']]);
  });
});

/** Where an answer has a key, at an item of each list on the way. */
function pathTo(value: unknown, key: string, item: number): (string | number)[] {
  if (value === null || typeof value !== 'object') return [];
  if (Object.hasOwn(value, key)) return [key];
  for (const [step, inner] of Object.entries(value)) {
    if (Array.isArray(value) && Number(step) !== item) continue;
    const rest = pathTo(inner, key, item);
    if (rest.length > 0) return [Array.isArray(value) ? Number(step) : step, ...rest];
  }
  return [];
}
