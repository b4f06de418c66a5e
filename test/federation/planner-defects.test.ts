import { describe, expect, it } from 'vitest';
import type { DataObject } from '../testkit/in-process-subgraph.ts';
import { createTestGraph, type TestGraph, type TestSchema } from '../testkit/test-graph.ts';
import { read } from './schemas/read.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@interfaceObject"])\n';

async function expectAgreement(graph: TestGraph, query: string): Promise<void> {
  expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
}

describe('keys that a subgraph cannot be asked by', () => {
  const parcel: DataObject = {
    __typename: 'Parcel',
    barcode: 'b1',
    route: { from: 'ulm', to: 'bonn' },
    weight: 3,
    postage(this: DataObject) {
      return Number(read(this, 'weight')) * 2;
    },
  };
  const graph = createTestGraph({
    name: 'parcels',
    ids: [],
    subgraphs: [
      {
        name: 'scales',
        sdl: `${federation}type Parcel @key(fields: "barcode") { barcode: ID!, weight: Int }`,
      },
      {
        name: 'post',
        sdl: `${federation}type Query { parcel: Parcel }
          type Parcel @key(fields: "barcode", resolvable: false) @key(fields: "route { from }", resolvable: false) @key(fields: "route { from to }") {
            barcode: ID!
            route: Route!
            weight: Int @external
            postage: Int @requires(fields: "weight")
          }
          type Route { from: String!, to: String! }`,
      },
    ],
    data: () => ({ root: { parcel }, entities: [parcel] }),
  });

  it('are not used to come back to it, though they stand first', async () => {
    await expectAgreement(graph, '{ parcel { postage } }');
    const { subgraph, request } = graph.requests.at(-1) ?? {};
    expect(subgraph).toBe('post');
    expect(request?.representationsJson?.map((one) => JSON.parse(one) as unknown)).toEqual([
      { __typename: 'Parcel', weight: 3, route: { from: 'ulm', to: 'bonn' } },
    ]);
  });
});

describe('a field that no plan can ask for', () => {
  const note = { __typename: 'Note', id: 'n1' };
  const graph = createTestGraph({
    name: 'marks',
    ids: [],
    subgraphs: [
      {
        name: 'marks',
        sdl: `${federation}interface Mark @key(fields: "id") { id: ID! }
          type Query { mark: Mark, note: Note }
          type Note { id: ID!, mark: Mark }`,
      },
      {
        name: 'colours',
        sdl: `${federation}type Mark @interfaceObject @key(fields: "id", resolvable: false) { id: ID!, colour: String }
          type Query { coloured: Mark }`,
      },
    ],
    data: () => ({ root: { mark: null, note, coloured: null }, entities: [] }),
  });

  it.each(['{ mark { colour } }', '{ note { id mark { colour } } }'])(
    'is refused, not answered with a null that no subgraph gave: %s',
    async (query) => {
      await expect(graph.run(graph.engine, query)).rejects.toMatchObject({ code: 'PLAN_UNSOUND' });
      expect(graph.requests).toEqual([]);
    },
  );

  it('does not keep others from being asked', async () => {
    await expectAgreement(graph, '{ note { id } coloured { colour } mark { id } }');
  });
});

/** stamp requires tag, of labels, which requires duty, of customs again, which requires price. */
const chained: TestSchema = {
  name: 'chained requirements',
  ids: [],
  subgraphs: [
    {
      name: 'shop',
      sdl: `${federation}type Query { ware: Ware, wares: [Sold!]! }
        union Sold = Ware | Voucher
        type Ware @key(fields: "id") { id: ID!, price: Int }
        type Voucher @key(fields: "id") { id: ID!, price: Int }`,
    },
    {
      name: 'customs',
      sdl: `${federation}type Ware @key(fields: "id") {
          id: ID!
          price: Int @external
          tag: String @external
          duty: Int @requires(fields: "price")
          stamp: String @requires(fields: "tag")
          office: String
        }
        type Voucher @key(fields: "id") { id: ID!, price: Int @external, duty: Int @requires(fields: "price") }`,
    },
    {
      name: 'labels',
      sdl: `${federation}type Query { labelled: Ware }
        type Ware @key(fields: "id") { id: ID!, duty: Int @external, tag: String @requires(fields: "duty") }`,
    },
  ],
  data: () => {
    const duty = function (this: DataObject): number {
      return Number(read(this, 'price')) + 1;
    };
    const ware: DataObject = {
      __typename: 'Ware',
      id: 'w1',
      price: 7,
      office: 'north',
      duty,
      tag(this: DataObject) {
        return `tag ${read(this, 'duty')}`;
      },
      stamp(this: DataObject) {
        return `stamp ${read(this, 'tag')}`;
      },
    };
    const voucher: DataObject = { __typename: 'Voucher', id: 'v1', price: 20, duty };
    return { root: { ware, labelled: ware, wares: [voucher, ware] }, entities: [ware, voucher] };
  },
};

describe('a required field that requires another in turn, back in the same subgraph', () => {
  const graph = createTestGraph(chained);

  it.each([
    ['has what it requires', '{ ware { stamp } }'],
    ['has it beside a field that requires nothing', '{ ware { stamp office } }'],
    ['has it beside a type', '{ ware { __typename stamp } labelled { __typename stamp } }'],
    ['is not asked of a subgraph that only knows it', '{ labelled { stamp } }'],
    [
      'has it where another type of the same place has it already',
      '{ wares { ... on Ware { stamp office } ... on Voucher { duty } } }',
    ],
  ])('%s', async (_name, query) => {
    await expectAgreement(graph, query);
  });
});
