import { describe, expect, it } from 'vitest';
import type { DataObject } from '../testkit/random/in-process-subgraph.ts';
import { createTestGraph, type TestGraph, type TestSchema } from '../testkit/random/test-graph.ts';
import { read } from './schemas/read.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@interfaceObject", "@context", "@fromContext"])\n';

async function expectAgreement(graph: TestGraph, query: string): Promise<void> {
  expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
}

describe('keys that a subgraph cannot resolve', () => {
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

  it('are not used to return to it, although they are listed first', async () => {
    await expectAgreement(graph, '{ parcel { postage } }');
    const { subgraph, request } = graph.requests.at(-1) ?? {};
    expect(subgraph).toBe('post');
    expect(request?.representationsJson?.map((one) => JSON.parse(one) as unknown)).toEqual([
      { __typename: 'Parcel', weight: 3, route: { from: 'ulm', to: 'bonn' } },
    ]);
  });
});

describe('a field that no plan can fetch', () => {
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
    'is refused, not answered with a null that no subgraph returned: %s',
    async (query) => {
      await expect(graph.run(graph.engine, query)).rejects.toMatchObject({ code: 'PLAN_UNSOUND' });
      expect(graph.requests).toEqual([]);
    },
  );

  it('does not prevent other fields from being fetched', async () => {
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

describe('an argument from a context that has to be fetched from the subgraph', () => {
  // Only the monolith's sailors have their ship without an input.
  const sailor = (ship?: DataObject): DataObject => ({
    __typename: 'Sailor',
    id: 's1',
    name: 'ada',
    greeting: ({ language }: { language?: string }) => `hello in ${language ?? ship?.language}`,
    mate: () => sailor(ship),
  });
  const ship: DataObject = { __typename: 'Ship', id: 'h1', language: 'de', crew: () => [sailor(ship)] };
  const graph = createTestGraph({
    name: 'ships',
    ids: [],
    subgraphs: [
      {
        name: 'harbour',
        sdl: `${federation}type Query { ship: Ship }
          type Mutation { launch: Ship }
          type Ship @key(fields: "id") { id: ID!, crew: [Sailor!] }
          type Sailor @key(fields: "id") { id: ID!, name: String }`,
      },
      {
        name: 'signals',
        sdl: `${federation}type Ship @key(fields: "id") @context(name: "ship") { id: ID!, language: String! }
          type Sailor @key(fields: "id") {
            id: ID!
            greeting(language: String @fromContext(field: "$ship { language }")): String
            mate: Sailor
          }`,
      },
    ],
    data: () => ({ root: { ship, launch: ship }, entities: [ship, sailor()] }),
  });

  // Apollo's planner fetches the context beside the field that needs it.
  it.each([
    '{ ship { crew { greeting } } }',
    'mutation { launch { crew { greeting } } }',
    '{ ship { crew { name mate { greeting name } } language } }',
  ])('is waited for: %s', async (query) => {
    await expectAgreement(graph, query);
  });
});

describe('a field of an interface object that is selected where not every type has it', () => {
  const truck: DataObject = { __typename: 'Truck', id: 't2', tows: null, km: 2 };
  const vehicles: readonly DataObject[] = [
    { __typename: 'Car', id: 'c1', tows: { __typename: 'Car', id: 'c2', tows: null, km: 4 }, km: 3 },
    { __typename: 'Truck', id: 't1', tows: truck, km: 1 },
  ];
  const house: DataObject = { __typename: 'House', id: 'h1' };
  const graph = createTestGraph({
    name: 'garage',
    ids: [],
    subgraphs: [
      {
        name: 'garage',
        sdl: `${federation}type Query { mixed: [Any!]!, vehicles: [Vehicle!]! }
          union Any = Car | Truck | House
          interface Vehicle @key(fields: "id") { id: ID!, tows: Vehicle }
          type Car implements Vehicle @key(fields: "id") { id: ID!, tows: Vehicle }
          type Truck implements Vehicle @key(fields: "id") { id: ID!, tows: Truck }
          type House @key(fields: "id") { id: ID! }`,
      },
      {
        name: 'trips',
        sdl: `${federation}type Vehicle @interfaceObject @key(fields: "id") { id: ID!, km: Int }`,
      },
    ],
    data: () => ({
      root: { mixed: [house, ...vehicles], vehicles },
      entities: [house, truck, ...vehicles, vehicles[0]?.tows as DataObject],
    }),
  });

  it.each([
    ['a union with a type that has not', '{ mixed { ... on Vehicle { id km } } }'],
    ['each of the types that have', '{ mixed { ... on Vehicle { ... on Car { km } ... on Truck { km } } } }'],
    [
      'a place that more types reach by another way',
      '{ vehicles { ... on Car { tows { id } } ... on Truck { tows { km } } } }',
    ],
  ])('is not selected for the other types: %s', async (_name, query) => {
    await expectAgreement(graph, query);
  });
});

describe('fetches from one subgraph with the same inputs, one of which depends on the other', () => {
  const greeting = function (this: DataObject, { hi }: { hi: string }): string {
    return `${hi} ${read(this, 'name')}`;
  };
  const owner: DataObject = { __typename: 'Person', id: 'p1', name: 'ada', greeting };
  const fine = function (this: DataObject): number {
    return String(read(this, 'plate')).length;
  };
  const car: DataObject = { __typename: 'Car', id: 'c1', plate: 'abc', owner, fine };
  const graph = createTestGraph({
    name: 'fines',
    ids: [],
    subgraphs: [
      {
        name: 'vehicles',
        sdl: `${federation}interface Vehicle @key(fields: "id") { id: ID!, plate: String! }
          type Car implements Vehicle @key(fields: "id") { id: ID!, plate: String! }
          type Truck implements Vehicle @key(fields: "id") { id: ID!, plate: String! }`,
      },
      {
        name: 'trips',
        sdl: `${federation}type Query { last: Vehicle }
          type Vehicle @interfaceObject @key(fields: "id") { id: ID! }`,
      },
      {
        name: 'police',
        sdl: `${federation}type Vehicle @interfaceObject @key(fields: "id") {
            id: ID!
            plate: String! @external
            fine: Int @requires(fields: "plate")
            owner: Person
          }
          type Person @key(fields: "id") { id: ID!, name: String }`,
      },
      {
        name: 'post',
        sdl: `${federation}type Person @key(fields: "id") {
            id: ID!
            name: String @external
            greeting(hi: String = "hi"): String @requires(fields: "name")
          }`,
      },
    ],
    data: () => ({ root: { last: car }, entities: [car, owner] }),
  });

  // Merged without a check, they make Apollo's planner stop: "adding it as parent would create a cycle".
  it('are not merged, and the operation is answered', async () => {
    await expectAgreement(graph, '{ last { owner { a: greeting b: greeting(hi: "b") c: greeting(hi: "c") } fine } }');
  });
});

describe('a field with a narrower type in one of the types', () => {
  const person: DataObject = { __typename: 'Person', id: 'p1' };
  const city: DataObject = { __typename: 'City', id: 'c1', owner: person, near: () => [city] };
  const park: DataObject = { __typename: 'Park', id: 'k1', owner: { __typename: 'Firm', id: 'f1' }, near: [city] };
  const graph = createTestGraph({
    name: 'places',
    ids: [],
    subgraphs: [
      {
        name: 'places',
        sdl: `${federation}type Query { place: Place }
          interface Place { id: ID!, owner: Owner, near: [Place!] }
          union Owner = Person | Firm
          type City implements Place @key(fields: "id") { id: ID!, owner: Person, near: [City!] }
          type Park implements Place @key(fields: "id") { id: ID!, owner: Owner, near: [Place!] }
          type Person { id: ID! }
          type Firm { id: ID! }`,
      },
      {
        name: 'likes',
        sdl: `${federation}type Query { liked: [Liked!]! }
          union Liked = City | Park
          type City @key(fields: "id") { id: ID! }
          type Park @key(fields: "id") { id: ID! }`,
      },
    ],
    data: () => ({ root: { place: city, liked: [city, park] }, entities: [city, park] }),
  });

  // Apollo's planner drops a field for a type that fits none of the conditions below the field.
  it.each([
    '{ liked { ... on Place { owner { ... on Firm { id } } near { ... on Park { id } } } } }',
    '{ liked { ... on Place { owner { ... on Firm { id } ... on Person { id } } } } }',
  ])('is fetched where none of its conditions holds: %s', async (query) => {
    await expectAgreement(graph, query);
  });
});
