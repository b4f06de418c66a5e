/** @requires with arguments: different ones for one field, nested, below lists and type conditions, in chains, over interface objects. */
import type { DataObject, TestData } from '../../testkit/random/in-process-subgraph.ts';
import type { TestSchema } from '../../testkit/random/test-graph.ts';
import { first, read } from './read.ts';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@interfaceObject", "@shareable", "@listSize"])
enum Style { LONG SHORT }
`;

const catalog = `${federation}
type Query { goods(first: Int = 3): [Good!]!, good(id: ID!): Good, pieces: [Piece!]!, things: [Thing] }
interface Piece @key(fields: "id") { id: ID!, price(in: String = "USD"): String, parts(first: Int): [Piece!]! }
type Good implements Piece @key(fields: "id") {
  id: ID!
  price(in: String = "USD"): String
  parts(first: Int): [Piece!]! @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)
  maker: Maker
  price__required_0: Int
}
type Kit implements Piece @key(fields: "id") { id: ID!, price(in: String = "USD"): String, parts(first: Int): [Piece!]!, size: Int!, goods: [Good!]! }
type Maker { name(style: Style! = LONG): String!, rate(of: String!): Int }
union Thing = Good | Kit
`;

const tax = `${federation}
interface Piece { id: ID!, price(in: String = "USD"): String, parts(first: Int): [Piece!]! }
type Good implements Piece @key(fields: "id") {
  id: ID!
  price(in: String = "USD"): String @external
  parts(first: Int): [Piece!]! @external
  maker: Maker @external
  tag(of: String): String @external
  euro: String @requires(fields: "price(in: \\"EUR\\")")
  pound(twice: Boolean): String @requires(fields: "price(in: \\"GBP\\")")
  plain: String @requires(fields: "price maker { rate(of: \\"a\\") }")
  far: String @requires(fields: "maker { rate(of: \\"b\\") name(style: SHORT) }")
  weighs: String @requires(fields: "parts(first: 2) { id price(in: \\"EUR\\") ... on Kit { size } }")
  heavy: String @requires(fields: "parts(first: 1) { ... on Good { price(in: \\"EUR\\") } ... on Kit { price(in: \\"GBP\\") } }")
  stamp: String @requires(fields: "tag(of: \\"x\\") price(in: \\"GBP\\")")
}
type Kit implements Piece @key(fields: "id") {
  id: ID!
  price(in: String = "USD"): String @external
  parts(first: Int): [Piece!]! @external
  size: Int! @external
  euro: String @requires(fields: "price(in: \\"EUR\\")")
  heavy: String @requires(fields: "size parts(first: 2) { price(in: \\"GBP\\") }")
}
type Maker @external { name(style: Style! = LONG): String!, rate(of: String!): Int }
`;

const labels = `${federation}
type Query { labelled: [Good!]! }
type Good @key(fields: "id") {
  id: ID!
  euro: String @external
  pound(twice: Boolean): String @external
  tag(of: String): String @requires(fields: "euro")
  twice: String @requires(fields: "pound(twice: true)")
  once: String @requires(fields: "pound(twice: false)")
  style: Style @shareable
}
`;

/** Selects a field with arguments on the interface itself. */
const seals = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@interfaceObject"])
type Query { sealed: Piece }
type Piece @interfaceObject @key(fields: "id") {
  id: ID!
  price(in: String = "USD"): String @external
  franc: String @requires(fields: "price(in: \\"CHF\\")")
  yen(of: Int): String @requires(fields: "price(in: \\"JPY\\")")
}
`;

function data(): TestData {
  const pieces: DataObject[] = [];
  const ofType = (typeName: string): DataObject[] => pieces.filter((one) => one.__typename === typeName);
  const list = (value: unknown, each: (one: DataObject) => unknown): string =>
    ((value ?? []) as DataObject[]).map(each).join();
  for (let index = 1; index <= 5; index++) {
    const isKit = index % 2 === 0;
    const id = `g${index}`;
    pieces.push({
      __typename: isKit ? 'Kit' : 'Good',
      id,
      price: ({ in: currency }: { in?: string | null }) => (index === 3 ? null : `${index} ${currency}`),
      parts: (args: { first?: number | null }) =>
        first(
          pieces.filter((_one, at) => at !== index - 1),
          args.first,
        ),
      euro(this: DataObject) {
        return `tax on ${read(this, 'price', { in: 'EUR' })}`;
      },
      franc(this: DataObject) {
        return `franc ${read(this, 'price', { in: 'CHF' })}`;
      },
      yen(this: DataObject, { of }: { of?: number | null }) {
        return `yen ${of} ${read(this, 'price', { in: 'JPY' })}`;
      },
      ...(isKit ? kitFields(index) : goodFields(index)),
    });
  }

  function kitFields(index: number): DataObject {
    return {
      size: index * 10,
      goods: () => ofType('Good'),
      heavy(this: DataObject) {
        const parts = list(read(this, 'parts', { first: 2 }), (one) => read(one, 'price', { in: 'GBP' }));
        return `${read(this, 'size')}: ${parts}`;
      },
    };
  }

  function goodFields(index: number): DataObject {
    return {
      price__required_0: index * 7,
      style: index === 1 ? 'LONG' : 'SHORT',
      maker: () =>
        index === 5
          ? null
          : {
              name: ({ style }: { style: string }) => `${style.toLowerCase()} ${index}`,
              rate: ({ of }: { of: string }) => (index === 3 ? null : of.charCodeAt(0) + index),
            },
      pound(this: DataObject, { twice }: { twice?: boolean | null }) {
        return `pound ${twice} ${read(this, 'price', { in: 'GBP' })}`;
      },
      plain(this: DataObject) {
        const maker = read(this, 'maker') as DataObject | null;
        return `plain ${read(this, 'price', { in: 'USD' })} ${maker === null ? 'none' : read(maker, 'rate', { of: 'a' })}`;
      },
      far(this: DataObject) {
        const maker = read(this, 'maker') as DataObject | null;
        return maker === null
          ? null
          : `far ${read(maker, 'rate', { of: 'b' })} ${read(maker, 'name', { style: 'SHORT' })}`;
      },
      weighs(this: DataObject) {
        return list(
          read(this, 'parts', { first: 2 }),
          (one) => `${one.id} ${read(one, 'price', { in: 'EUR' })} ${one.size ?? 'none'}`,
        );
      },
      heavy(this: DataObject) {
        return list(read(this, 'parts', { first: 1 }), (one) =>
          read(one, 'price', { in: one.__typename === 'Kit' ? 'GBP' : 'EUR' }),
        );
      },
      tag(this: DataObject, { of }: { of?: string | null }) {
        return `tag ${of} ${read(this, 'euro')}`;
      },
      stamp(this: DataObject) {
        return `stamp ${read(this, 'tag', { of: 'x' })} ${read(this, 'price', { in: 'GBP' })}`;
      },
      twice(this: DataObject) {
        return read(this, 'pound', { twice: true });
      },
      once(this: DataObject) {
        return read(this, 'pound', { twice: false });
      },
    };
  }

  const root: DataObject = {
    goods: (args: { first?: number | null }) => first(ofType('Good'), args.first),
    good: ({ id }: { id: string }) => ofType('Good').find((one) => one.id === id) ?? null,
    pieces: () => pieces,
    things: () => [pieces[1], null, pieces[0]],
    labelled: () => ofType('Good').toReversed(),
    sealed: () => pieces[0],
  };
  return { root, entities: pieces };
}

/** Without interface objects, for which the planner has other defects. */
export const requiredArguments: TestSchema = {
  name: 'required arguments',
  subgraphs: [
    { name: 'catalog', sdl: catalog },
    { name: 'tax', sdl: tax },
    { name: 'labels', sdl: labels },
  ],
  data,
  ids: ['g1', 'g3', 'g5'],
};

export const requiredArgumentsOfInterfaces: TestSchema = {
  ...requiredArguments,
  name: 'required arguments of interfaces',
  subgraphs: [
    { name: 'catalog', sdl: catalog },
    { name: 'seals', sdl: seals },
  ],
};
