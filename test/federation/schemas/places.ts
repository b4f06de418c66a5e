/**
 * Interfaces whose entities come from different subgraphs, unions inside interfaces, narrowed fields, shared value types,
 * lists of lists, custom scalars, input objects, @requires with conditions.
 */
import type { DataObject, TestData } from '../../testkit/random/in-process-subgraph.ts';
import type { TestSchema } from '../../testkit/random/test-graph.ts';
import { first, read } from './read.ts';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@provides", "@shareable", "@inaccessible"])`;

const geo = `${federation}
scalar Stamp
enum Size { SMALL LARGE HUGE @inaccessible }
input Box { min: Point!, max: Point, tags: [[String!]!] = [["q"]], size: Size = LARGE }
input Point { x: Int!, y: Int = 7 }
type Query {
  places(box: Box, first: Int): [Place!]
  place(id: ID!): Place
  city(id: ID = "c1"): City
  rows: [[Place]!]
  owners: [Owner]!
  when(at: Stamp): Stamp
  sized(size: [Size!]! = [SMALL]): [Size]
}
interface Node { id: ID! }
interface Place implements Node { id: ID!, label(lang: String = "en"): String, near(first: Int): [Place!], centre: Coord!, owner: Owner, size: Size }
type Coord @shareable { x: Int!, y: Int, zone: Zone! }
type Zone @shareable { name: String!, offsets: [[Int]!] }
type City implements Place & Node @key(fields: "id") { id: ID!, label(lang: String = "en", upper: Boolean): String!, near(first: Int): [City!], centre: Coord! @shareable, owner: Human, size: Size!, streets: [[Street!]]!, opened: Stamp }
type Park implements Place & Node @key(fields: "id") { id: ID!, label(lang: String = "de"): String, near(first: Int = 1): [Place!], centre: Coord! @shareable, owner: Owner, size: Size, opened: Int }
type Lake implements Place & Node @key(fields: "id") { id: ID!, label(lang: String): String, near(first: Int): [Place!], centre: Coord! @shareable, owner: Firm, size: Size, depth: Float! }
type Street { name: String!, houses: [House!], crosses: [Street], along: Place }
type House { no: Int!, owner: Owner, place: Place! }
union Owner = Human | Firm
type Human @key(fields: "id") { id: ID!, home: House, visited: [[Place!]] }
type Firm @key(fields: "id") { id: ID!, seat: Place, opened: [Stamp!] }
`;
const beings = `${federation}
scalar Stamp
type Query { humans(first: Int): [Human!]!, being(id: ID!): Being, beings: [[Being]], actor: Actor }
interface Being { id: ID!, name: String!, friends(first: Int): [Being], likes: Liked, coat: Coat }
interface Node { id: ID! }
interface Actor implements Being { id: ID!, name: String!, friends(first: Int): [Being], likes: Liked, role(of: Int = 3): String, coat: Coat }
union Liked = City | Park | Human | Robot | Coat
type Coat @shareable { colour: Colour!, buttons: [Int!] }
enum Colour { RED GREEN }
type Human implements Being & Actor & Node @key(fields: "id") { id: ID!, name: String!, friends(first: Int): [Being], likes: Liked, role(of: Int = 3): String, coat: Coat, born: Stamp }
type Robot implements Being & Actor @key(fields: "id") { id: ID!, name: String!, friends(first: Int): [Robot], likes: City, role(of: Int = 3): String, coat: Coat, opened: Boolean }
type Ghost implements Being { id: ID!, name: String!, friends(first: Int): [Being], likes: Liked, coat: Coat }
type City implements Node @key(fields: "id") { id: ID!, folk(first: Int = 2): [Being!]!, centre: Coord! @shareable }
type Park implements Node @key(fields: "id") { id: ID!, folk(first: Int = 3): [Human] }
type Coord @shareable { x: Int!, y: Int, zone: Zone! }
type Zone @shareable { name: String!, offsets: [[Int]!] }
`;
const trade = `${federation}
scalar Stamp
type Query { goods: [Good!], deals(first: Int = 4): [Deal]!, cheapest: Good }
interface Good { sku: ID!, price: Money!, from: City, parts: [[Good!]!] }
type Money @shareable { amount: Int!, unit: Unit }
enum Unit { EUR USD }
type Tool implements Good @key(fields: "sku") { sku: ID!, price: Money!, from: City, parts: [[Good!]!], user: Human }
type Food implements Good @key(fields: "sku") { sku: ID!, price: Money!, from: City, parts: [[Food!]!], opened: String, park: Park }
union Deal = Tool | Food | City | Human
type City @key(fields: "id") { id: ID!, label(lang: String = "en", upper: Boolean): String! @external, size: Size! @external, goods(first: Int): [Good], motto(sep: String = "-"): String @requires(fields: "label(upper: true) size") , tax: Money }
type Park @key(fields: "id") { id: ID!, centre: Coord! @external, fee: Money @requires(fields: "centre { x zone { name offsets } }") }
type Coord @shareable { x: Int!, y: Int, zone: Zone! }
type Zone @shareable { name: String!, offsets: [[Int]!] }
enum Size { SMALL LARGE HUGE @inaccessible }
type Human @key(fields: "id") { id: ID!, likes: Liked @external, taste: String @requires(fields: "likes { __typename ... on City { id } ... on Robot { name } ... on Coat { colour } }"), owes: [Money] }
union Liked = City | Park | Human | Robot | Coat
type Coat @shareable { colour: Colour!, buttons: [Int!] }
enum Colour { RED GREEN }
type Robot @key(fields: "id") { id: ID!, name: String! @external }
`;

function data(): TestData {
  const cities: DataObject[] = [],
    parks: DataObject[] = [],
    lakes: DataObject[] = [],
    humans: DataObject[] = [],
    robots: DataObject[] = [],
    firms: DataObject[] = [],
    ghosts: DataObject[] = [],
    tools: DataObject[] = [],
    foods: DataObject[] = [];
  const zone = (n: number) => ({ __typename: 'Zone', name: `zone ${n}`, offsets: n === 2 ? null : [[n, null], []] });
  const coord = (n: number) => ({ __typename: 'Coord', x: n, y: n === 2 ? null : -n, zone: zone(n) });
  const places = () => [cities[0], parks[0], lakes[0], cities[1], parks[1], lakes[1]] as DataObject[];
  const coat = (n: number) => ({
    __typename: 'Coat',
    colour: n % 2 ? 'RED' : 'GREEN',
    buttons: n === 2 ? null : [n, n + 1],
  });
  const house = (n: number): DataObject => ({
    no: n,
    owner: () => [humans[0], firms[0], null][n % 3],
    place: () => places()[n % 6],
  });
  const street = (n: number): DataObject => ({
    name: `street ${n}`,
    houses: () => (n === 3 ? null : [house(n), house(n + 1)]),
    crosses: () => (n > 4 ? null : [street(n + 1), null]),
    along: () => [parks[0], null, lakes[0]][n % 3],
  });
  for (let n = 1; n <= 2; n++) {
    cities.push({
      __typename: 'City',
      id: `c${n}`,
      label: ({ lang, upper }: DataObject) => (upper ? `CITY ${n} ${lang}` : `city ${n} ${lang}`),
      near: (a: DataObject) => (n === 2 ? null : first([cities[1], cities[0]] as DataObject[], a.first)),
      centre: coord(n),
      owner: () => (n === 1 ? humans[1] : null),
      size: n === 1 ? 'SMALL' : 'LARGE',
      streets: () => [[street(n), street(n + 2)], null, []],
      opened: n === 1 ? { at: [1, 'x', null] } : null,
      folk: (a: DataObject) => first([humans[0], ghosts[0], robots[0]] as DataObject[], a.first),
      goods: (a: DataObject) => first([tools[0], null, foods[0]] as (DataObject | null)[], a.first),
      motto(this: DataObject, { sep }: DataObject) {
        return `${read(this, 'label', { lang: 'en', upper: true })}${sep}${read(this, 'size')}`;
      },
      tax: n === 2 ? null : { amount: n, unit: null },
    });
    parks.push({
      __typename: 'Park',
      id: `k${n}`,
      label: ({ lang }: DataObject) => (n === 2 ? null : `park ${lang}`),
      near: (a: DataObject) => first([lakes[0], cities[0], parks[1]] as DataObject[], a.first),
      centre: coord(n + 2),
      owner: () => [humans[0], firms[0]][n - 1],
      size: null,
      opened: n === 1 ? 1900 : null,
      folk: (a: DataObject) => first([humans[1], null, humans[0]] as (DataObject | null)[], a.first),
      fee(this: DataObject) {
        const c = read(this, 'centre') as DataObject;
        return {
          amount: Number(c.x) * 10,
          unit:
            (c.zone as DataObject).offsets === null
              ? null
              : String((c.zone as DataObject).name).includes('3')
                ? 'EUR'
                : 'USD',
        };
      },
    });
    lakes.push({
      __typename: 'Lake',
      id: `l${n}`,
      label: ({ lang }: DataObject) => `lake ${lang ?? 'none'}`,
      near: () => null,
      centre: coord(n + 4),
      owner: () => (n === 1 ? firms[1] : null),
      size: 'LARGE',
      depth: n * 1.5,
    });
    humans.push({
      __typename: 'Human',
      id: `h${n}`,
      home: () => (n === 1 ? house(2) : null),
      visited: () => [[places()[n], places()[0]], null],
      name: `human ${n}`,
      friends: (a: DataObject) => first([robots[0], null, humans[2 - n], ghosts[0]] as (DataObject | null)[], a.first),
      likes: () => [cities[0], coat(1)][n - 1],
      role: ({ of }: DataObject) => `role ${of}`,
      coat: n === 1 ? null : coat(2),
      born: n === 1 ? 1990 : 'long ago',
      taste(this: DataObject) {
        const l = read(this, 'likes') as DataObject | null;
        return l === null
          ? 'none'
          : `${l.__typename} ${l.__typename === 'City' ? l.id : l.__typename === 'Coat' ? l.colour : ''}`;
      },
      owes: () => (n === 2 ? null : [{ amount: 3, unit: 'EUR' }, null]),
    });
    robots.push({
      __typename: 'Robot',
      id: `r${n}`,
      name: `robot ${n}`,
      friends: (a: DataObject) => first([robots[2 - n], null] as (DataObject | null)[], a.first),
      likes: () => cities[2 - n],
      role: ({ of }: DataObject) => (of === 3 ? null : `r${of}`),
      coat: coat(n),
      opened: n === 1,
    });
    firms.push({
      __typename: 'Firm',
      id: `f${n}`,
      seat: () => [lakes[0], cities[0]][n - 1],
      opened: n === 1 ? null : ['a', 2],
    });
    ghosts.push({
      __typename: 'Ghost',
      id: `g${n}`,
      name: 'boo',
      friends: () => [humans[0]],
      likes: () => [parks[0], humans[1]][n - 1],
      coat: null,
    });
    tools.push({
      __typename: 'Tool',
      sku: `t${n}`,
      price: { amount: n, unit: 'EUR' },
      from: () => cities[n - 1],
      parts: () => (n === 2 ? null : [[foods[0], tools[1]], []]),
      user: () => [humans[0], null][n - 1],
    });
    foods.push({
      __typename: 'Food',
      sku: `e${n}`,
      price: { amount: n * 2, unit: null },
      from: () => null,
      parts: () => [[foods[2 - n]], []],
      opened: 'today',
      park: () => parks[n - 1],
    });
  }
  const all = [...cities, ...parks, ...lakes, ...humans, ...robots, ...firms, ...ghosts, ...tools, ...foods];
  return {
    entities: all.filter((o) => o.__typename !== 'Ghost'),
    root: {
      places: ({ box, first: f }: DataObject) =>
        box === null
          ? null
          : first(places().slice(box === undefined ? 0 : (((box as DataObject).min as DataObject).x as number) % 3), f),
      place: ({ id }: DataObject) => places().find((o) => o.id === id) ?? null,
      city: ({ id }: DataObject) => cities.find((o) => o.id === id) ?? null,
      rows: () => [[cities[0], null, lakes[1]], [], [parks[0], parks[1]]],
      owners: () => [humans[0], null, firms[1], humans[1], firms[0]],
      when: ({ at }: DataObject) => at ?? 'never',
      sized: ({ size }: DataObject) => [...(size as unknown[]), null],
      humans: (a: DataObject) => first(humans, a.first),
      being: ({ id }: DataObject) => [...humans, ...robots, ...ghosts].find((o) => o.id === id) ?? null,
      beings: () => [[ghosts[0], humans[0], null, robots[0]], null, [ghosts[1], humans[1]]],
      actor: () => robots[1],
      goods: () => [tools[0], foods[0], tools[1]],
      deals: (a: DataObject) =>
        first([tools[0], cities[0], null, humans[1], foods[1], cities[1]] as (DataObject | null)[], a.first),
      cheapest: () => foods[0],
    },
  };
}
export const places: TestSchema = {
  name: 'places',
  subgraphs: [
    { name: 'geo', sdl: geo },
    { name: 'beings', sdl: beings },
    { name: 'trade', sdl: trade },
  ],
  data,
  ids: ['c1', 'k2', 'h1', 'r2', 'g1', 'l1', 'nope'],
};
