/**
 * Interfaces, unions and entity interfaces; union members whose fields share a name but not a type; enums, a custom
 * scalar, inaccessible members.
 */
import type { DataObject, TestData } from '../../testkit/random/in-process-subgraph.ts';
import type { TestSchema } from '../../testkit/random/test-graph.ts';
import { first, read } from './read.ts';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@provides", "@shareable", "@inaccessible"])`;

const library = `${federation}
scalar Json
type Query {
  media(first: Int = 4, kind: Kind): [Media!]!
  things(first: Int = 5): [Thing]
  node(id: ID!): Node
  best: Thing
  shelf: [[Thing!]]
  echo(value: Json, kinds: [Kind!] = [PAPER]): Json
}
interface Node { id: ID! }
interface Media implements Node @key(fields: "id") {
  id: ID!
  title: String!
  kind: Kind
  parts(first: Int): [Media!]!
  length: Int
  extra: Json
}
type Book implements Media & Node @key(fields: "id") {
  id: ID!
  title: String!
  kind: Kind
  parts(first: Int, deep: Boolean = false): [Media!]!
  length(unit: String): Int
  extra: Json
  value: String!
  label: Label
  owner: Person
  spot: Spot! @shareable
}
type Film implements Media & Node @key(fields: "id") {
  id: ID!
  title: String!
  kind: Kind
  parts(deep: Boolean = true, first: Int): [Media!]!
  length: Int
  extra: Json
  value: Int!
  label: [FilmLabel!]
  owner: [Person!]!
  spot: Spot
}
type Label { text: String!, holder: Person }
type FilmLabel { text: Int, holder: Book }
type Spot @shareable { x: Int!, y: Float }
type Person implements Node @key(fields: "id") { id: ID!, owned: [Thing!]! }
type Secret implements Node @key(fields: "id") @inaccessible { id: ID!, code: String }
union Thing = Book | Film | Person | Secret
enum Kind { PAPER, DIGITAL, HIDDEN @inaccessible }
`;

const ratings = `${federation}
type Query { rated(first: Int = 3): [Rated!]!, topRated: Rated }
union Rated = Book | Film
interface Scored { score: Float, by: Scored }
type Book implements Scored @key(fields: "id") { id: ID!, title: String! @external, kind: Kind @external, score: Float @requires(fields: "title kind"), by: Scored, spot: Spot! @shareable }
type Film implements Scored @key(fields: "id") { id: ID!, owner: [Person!]! @external, score: Float @requires(fields: "owner { name }"), by: Scored, critics(first: Int = 2): [Person!]! }
type Person implements Scored @key(fields: "id") { id: ID!, name: String! @external, score: Float, by: Scored, pick: Rated }
type Spot @shareable { x: Int!, y: Float }
enum Kind { PAPER, DIGITAL, HIDDEN @inaccessible }
`;

const people = `${federation}
type Query { people: [Person!]!, someone(role: Role! = READER): Actor }
enum Role { READER, WRITER }
interface Actor { name: String!, role: Role, favourite: Favourite, tools: [Tool!] }
type Person implements Actor @key(fields: "id") {
  id: ID!
  name: String!
  role: Role
  favourite: Favourite
  tools: [Tool!]
  value(of: Int): Float
}
type Robot implements Actor @key(fields: "id") { id: ID!, name: String!, role: Role, favourite: Favourite, tools: [Tool!], label: String }
union Favourite = Book | Film | Person | Robot
type Book @key(fields: "id") { id: ID!, readers(first: Int = 1): [Person!]! }
type Film @key(fields: "id") { id: ID!, readers(first: Int = 2): [Actor!]! }
interface Tool { name: String!, size: Int }
type Pen implements Tool { name: String!, size: Int, user: Person! }
type Saw implements Tool { name: String!, size: Int, user: Robot, target: Favourite }
`;

function data(): TestData {
  const books: DataObject[] = [];
  const films: DataObject[] = [];
  const persons: DataObject[] = [];
  const robots: DataObject[] = [];
  const media = (): DataObject[] => [books[0], films[0], books[1], films[1], books[2]] as DataObject[];
  const parts = (index: number) => (args: { first?: number; deep?: boolean | null }) =>
    first(media().slice(index % 3, (index % 3) + 2 + (args.deep === true ? 1 : 0)), args.first);

  for (let index = 1; index <= 3; index++) {
    books.push({
      __typename: 'Book',
      id: `b${index}`,
      title: `book ${index}`,
      kind: index === 1 ? 'PAPER' : index === 2 ? 'DIGITAL' : null,
      parts: parts(index),
      length: ({ unit }: { unit?: string | null }) => index * 10 + (unit?.length ?? 0),
      extra: index === 2 ? null : { pages: [index, null, 'x'], nested: { deep: true } },
      value: `worth ${index}`,
      label: () => (index === 2 ? null : { text: `label ${index}`, holder: persons[index % 3] }),
      owner: () => (index === 3 ? null : persons[index % 3]),
      spot: { x: index, y: index === 1 ? null : index / 2 },
      score(this: DataObject) {
        return String(read(this, 'title')).length + String(read(this, 'kind')).length / 10;
      },
      by: () => (index === 1 ? films[0] : persons[0]),
      readers: (args: { first?: number }) => first(persons, args.first),
    });
    films.push({
      __typename: 'Film',
      id: `f${index}`,
      title: `film ${index}`,
      kind: 'DIGITAL',
      parts: parts(index + 1),
      length: index === 2 ? null : index * 7,
      extra: index,
      value: index * 100,
      label: () =>
        index === 3
          ? null
          : [
              { text: index, holder: books[index % 3] },
              { text: null, holder: null },
            ],
      owner: () => [persons[index % 3], persons[0]],
      spot: index === 2 ? null : { x: -index, y: 0.5 },
      score(this: DataObject) {
        return (read(this, 'owner') as DataObject[])
          .map((one) => String(one.name).length)
          .reduce((sum, one) => sum + one, 0.5);
      },
      by: () => (index === 2 ? null : books[0]),
      critics: (args: { first?: number }) => first([persons[2], persons[1]] as DataObject[], args.first),
      readers: (args: { first?: number }) => first([persons[0], robots[0], persons[1]] as DataObject[], args.first),
    });
    persons.push({
      __typename: 'Person',
      id: `p${index}`,
      name: `person number ${'x'.repeat(index)}`,
      role: index === 1 ? null : 'WRITER',
      owned: () => [books[index - 1], films[0], persons[index % 3]],
      score: index * 1.5,
      by: () => [books[1], films[1], null][index - 1],
      pick: () => (index === 3 ? null : [books[2], films[2]][index - 1]),
      favourite: () => [robots[0], films[1], books[0]][index - 1],
      tools: () =>
        index === 2
          ? null
          : [
              { __typename: 'Pen', name: 'pen', size: null, user: persons[0] },
              { __typename: 'Saw', name: 'saw', size: 3, user: robots[0], target: books[1] },
            ],
      value: ({ of }: { of?: number | null }) => index * 2.5 + (of ?? 0),
    });
  }
  robots.push({
    __typename: 'Robot',
    id: 'x1',
    name: 'robot',
    role: 'READER',
    favourite: () => persons[1],
    tools: () => [{ __typename: 'Saw', name: 'big saw', size: 9, user: null, target: robots[0] }],
    label: 'metal',
  });
  const all = [...books, ...films, ...persons, ...robots];
  return {
    entities: [...all, { __typename: 'Secret', id: 's1', code: 'hush' }],
    root: {
      media: (args: { first?: number; kind?: string | null }) =>
        first(
          media().filter((one) => args.kind == null || one.kind === args.kind),
          args.first,
        ),
      things: (args: { first?: number }) =>
        first([persons[0], books[0], null, films[0], films[2], books[1]], args.first),
      node: ({ id }: { id: string }) => all.find((one) => one.id === id && one.__typename !== 'Robot') ?? null,
      best: () => films[1],
      shelf: () => [[books[0], films[1]], null, [], [persons[2], books[0]]],
      echo: ({ value, kinds }: { value?: unknown; kinds?: unknown }) => ({
        value: value ?? null,
        kinds: kinds ?? null,
      }),
      rated: (args: { first?: number }) => first([films[0], books[0], films[1], books[2]], args.first),
      topRated: () => books[1],
      people: () => persons,
      someone: ({ role }: { role: string }) => (role === 'READER' ? robots[0] : persons[1]),
    },
  };
}

export const abstractTypes: TestSchema = {
  name: 'abstract types',
  subgraphs: [
    { name: 'library', sdl: library },
    { name: 'ratings', sdl: ratings },
    { name: 'people', sdl: people },
  ],
  data,
  ids: ['b1', 'f2', 'p3', 'b2', 'nope'],
};
