/** @interfaceObject in two subgraphs, with @requires over it (from the interface and from the other one), and type conditions. */
import type { DataObject, TestData } from '../../testkit/random/in-process-subgraph.ts';
import type { TestSchema } from '../../testkit/random/test-graph.ts';
import { first, read } from './read.ts';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@interfaceObject", "@shareable"])`;

const library = `${federation}
type Query { media(first: Int = 3): [Media!]!, medium(id: ID!): Media, books: [Book!]! }
interface Media @key(fields: "id") { id: ID!, title: String!, next: Media }
type Book implements Media @key(fields: "id") { id: ID!, title: String!, next: Media, pages: Int! }
type Film implements Media @key(fields: "id") { id: ID!, title: String!, next: Media, minutes: Int, sequel: Film }
type Album implements Media @key(fields: "id") { id: ID!, title: String!, next: Media, tracks: [String!]! }
`;

const reviews = `${federation}
type Query { reviews(first: Int = 3): [Review!]!, reviewed: [Media!]! }
type Media @interfaceObject @key(fields: "id") { id: ID!, reviews(first: Int = 2): [Review!]!, best: Review }
type Review @key(fields: "id") { id: ID!, stars: Int!, media: Media!, others: [Media!]! }
`;

const scores = `${federation}
type Query { topScored: Media }
type Media @interfaceObject @key(fields: "id") {
  id: ID!
  title: String! @external
  reviews(first: Int = 2): [Review!]! @external
  score(plus: Int): Float @requires(fields: "title")
  verdict: String @requires(fields: "title reviews(first: 3) { stars }")
}
type Review @key(fields: "id") { id: ID!, stars: Int! @external, useful: Boolean @requires(fields: "stars") }
`;

const shelves = `${federation}
type Query { shelf(code: String = "s1"): Shelf }
type Book @key(fields: "id") { id: ID!, shelf: Shelf! }
type Film @key(fields: "id") { id: ID!, title: String! @external, screen(no: Int = 1): String @requires(fields: "title") }
type Shelf { code: String!, books: [Book!]!, any: Placed }
union Placed = Book | Film
`;

function data(): TestData {
  const media: DataObject[] = [];
  const reviewList: DataObject[] = [];
  const ofType = (typeName: string): DataObject[] => media.filter((one) => one.__typename === typeName);
  const shelf = (code: string): DataObject => ({
    code,
    books: () => ofType('Book'),
    any: () => (code === 's1' ? ofType('Film')[1] : ofType('Book')[0]),
  });
  const common = (typeName: string, index: number): DataObject => ({
    __typename: typeName,
    id: `${typeName.toLowerCase()}${index}`,
    title: `${typeName} ${index}`,
    next: () =>
      media[(media.findIndex((one) => one.id === `${typeName.toLowerCase()}${index}`) + 1) % (media.length + 1)] ??
      null,
    reviews: (args: { first?: number }) =>
      first(
        reviewList.filter((_one, at) => at % 3 !== index % 3),
        args.first,
      ),
    best: () => (index === 2 ? null : reviewList[index]),
    score(this: DataObject, { plus }: { plus?: number | null }) {
      return String(read(this, 'title')).length + 0.5 + (plus ?? 0);
    },
    verdict(this: DataObject) {
      return `${read(this, 'title')}: ${(read(this, 'reviews', { first: 3 }) as DataObject[]).map(({ stars }) => stars).join()}`;
    },
  });
  for (let index = 1; index <= 2; index++) {
    media.push({ ...common('Book', index), pages: index * 50, shelf: () => shelf(`s${index}`) });
    media.push({
      ...common('Film', index),
      minutes: index === 1 ? null : 90,
      sequel: () => (index === 1 ? ofType('Film')[1] : null),
      screen(this: DataObject, { no }: { no?: number | null }) {
        return `${read(this, 'title')} on ${no}`;
      },
    });
    media.push({ ...common('Album', index), tracks: ['one', `two ${index}`] });
  }
  for (let index = 0; index < 5; index++) {
    reviewList.push({
      __typename: 'Review',
      id: `r${index}`,
      stars: index + 1,
      media: () => media[index],
      others: () => [media[5 - index], media[0]],
      useful(this: DataObject) {
        return Number(read(this, 'stars')) > 2;
      },
    });
  }
  return {
    entities: [...media, ...reviewList],
    root: {
      media: (args: { first?: number }) => first(media, args.first),
      medium: ({ id }: { id: string }) => media.find((one) => one.id === id) ?? null,
      books: () => ofType('Book'),
      reviews: (args: { first?: number }) => first(reviewList, args.first),
      reviewed: () => [media[1], media[0], media[5]],
      topScored: () => media[2],
      shelf: ({ code }: { code?: string | null }) => (code == null ? null : shelf(code)),
    },
  };
}

export const interfaceObjects: TestSchema = {
  name: 'interface objects',
  subgraphs: [
    { name: 'library', sdl: library },
    { name: 'reviews', sdl: reviews },
    { name: 'scores', sdl: scores },
    { name: 'shelves', sdl: shelves },
  ],
  data,
  ids: ['book1', 'film2', 'album1', 'nope'],
  planWithinMs: 1_500,
};
