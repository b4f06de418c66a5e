/**
 * Two interfaces that are interface objects in several subgraphs, with @requires with arguments over them, type
 * conditions and unions whose members only partly belong to them; a type that narrows a field of its interface.
 */
import type { DataObject, TestData } from '../../testkit/random/in-process-subgraph.ts';
import type { TestSchema } from '../../testkit/random/test-graph.ts';
import { first, read } from './read.ts';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@provides", "@shareable", "@interfaceObject", "@inaccessible"])`;
const base = `${federation}
type Query { vehicles(first: Int = 4): [Vehicle!]!, vehicle(id: ID!): Vehicle, assets: [Asset], cars: [Car!], mixed: [Any], grid: [[Vehicle]!] }
interface Vehicle @key(fields: "id") { id: ID!, plate(short: Boolean = false): String!, tows: Vehicle, spec: Spec }
interface Asset @key(fields: "id") { id: ID!, value: Int, parent: Asset }
type Car implements Vehicle @key(fields: "id") { id: ID!, plate(short: Boolean = false): String!, tows: Vehicle, spec: Spec, doors: Int }
type Barn implements Asset @key(fields: "id") { id: ID!, value: Int, parent: Asset, cows: Int! }
type Truck implements Vehicle @key(fields: "id") { id: ID!, plate(short: Boolean = false): String!, tows: Truck, spec: Spec, load: Float }
type House implements Asset @key(fields: "id") { id: ID!, value: Int, parent: Asset, rooms: [String] }
type Spec { hp: Int, codes: [String!] , pairs: [Pair!]! }
type Pair { k: String!, v: Vehicle }
union Any = Car | Truck | House | Barn
`;
const trips = `${federation}
type Query { trips(first: Int = 3): [Trip!]!, tripped: [Vehicle!]!, insured: Asset }
type Vehicle @interfaceObject @key(fields: "id") { id: ID!, trips(first: Int = 2): [Trip!]!, last: Trip, km: Int! }
type Trip @key(fields: "id") { id: ID!, vehicle: Vehicle!, goals: [Goal], asset: Asset, miles: Int }
type Goal { at: String!, by: Vehicle }
type Asset @interfaceObject @key(fields: "id") { id: ID!, policy(no: Int): String }
`;
const law = `${federation}
type Query { fined: [Vehicle], owned: [Asset!] }
type Vehicle @interfaceObject @key(fields: "id") { id: ID!, plate(short: Boolean = false): String! @external, km: Int! @external, spec: Spec @external
  fine(days: Int = 1): Int @requires(fields: "plate(short: true)")
  ban: String @requires(fields: "km spec { hp pairs { k } }")
  owner: Person }
type Spec { hp: Int @external, pairs: [Pair!]! @external }
type Pair { k: String! @external }
type Asset @interfaceObject @key(fields: "id") { id: ID!, value: Int @external, policy(no: Int): String @external, duty(rate: Int = 2): Int @requires(fields: "value policy(no: 1)"), holder: Person }
type Person @key(fields: "id") { id: ID!, name: String, drives: [Vehicle], owns: Asset }
type Trip @key(fields: "id") { id: ID!, miles: Int @external, toll: Int @requires(fields: "miles") }
`;
const dealer = `${federation}
type Query { person(id: ID = "q1"): Person, lot: Lot }
type Person @key(fields: "id") { id: ID!, name: String @external, bought(first: Int): [Sold!], greeting(hi: String = "hi"): String @requires(fields: "name") }
union Sold = Car | House
type Car @key(fields: "id") { id: ID!, doors: Int @external, plate(short: Boolean = false): String! @external, offer(plus: Int = 0): String @requires(fields: "doors plate"), rival: Car }
type House @key(fields: "id") { id: ID!, agent: Person }
type Lot { spots: [[Sold]]!, main: Car, owner: Person }
`;
function data(): TestData {
  const barns: DataObject[] = [],
    cars: DataObject[] = [],
    trucks: DataObject[] = [],
    houses: DataObject[] = [],
    tripList: DataObject[] = [],
    people: DataObject[] = [];
  const vehicles = () => [cars[0], trucks[0], cars[1], trucks[1]] as DataObject[];
  const assets = () => [houses[0], barns[1], houses[1], barns[0]] as DataObject[];
  const vehicle = (n: number, kind: string): DataObject => ({
    plate: ({ short }: DataObject) => (short ? `${kind[0]}${n}` : `${kind} plate ${n}`),
    spec:
      n === 2 && kind === 'Truck'
        ? null
        : {
            hp: n === 2 ? null : n * 100,
            codes: n === 1 ? ['a', kind] : null,
            pairs: () => [
              { k: `k${n}`, v: vehicles()[n] },
              { k: kind, v: null },
            ],
          },
    trips: (a: DataObject) =>
      first(
        tripList.filter((_t, i) => i % 2 === n % 2),
        a.first,
      ),
    last: () => (n === 2 ? null : tripList[kind === 'Car' ? 0 : 3]),
    km: n * 1000 + kind.length,
    fine(this: DataObject, { days }: DataObject) {
      return String(read(this, 'plate', { short: true })).length * Number(days ?? 0);
    },
    ban(this: DataObject) {
      const s = read(this, 'spec') as DataObject | null;
      return `${read(this, 'km')} ${s === null ? '-' : s.hp} ${s === null ? '-' : (read(s, 'pairs') as DataObject[]).map((p) => p.k).join('')}`;
    },
    owner: () => people[n % 3] ?? null,
  });
  const asset = (n: number, kind: string): DataObject => ({
    value: n === 2 ? null : n * 11,
    parent: () => (n === 1 ? assets()[kind === 'Barn' ? 0 : 3] : null),
    policy: ({ no }: DataObject) => (no == null ? null : `policy ${kind}${n} ${no}`),
    duty(this: DataObject, { rate }: DataObject) {
      return Number(read(this, 'value')) * Number(rate ?? 0) + String(read(this, 'policy', { no: 1 })).length;
    },
    holder: () => people[n - 1],
  });
  for (let n = 1; n <= 2; n++) {
    cars.push({
      __typename: 'Car',
      id: `car${n}`,
      ...vehicle(n, 'Car'),
      tows: () => (n === 1 ? trucks[0] : null),
      doors: n === 2 ? null : 4,
      offer(this: DataObject, { plus }: DataObject) {
        return `${read(this, 'doors')} ${read(this, 'plate', { short: false })} ${plus}`;
      },
      rival: () => cars[2 - n],
    });
    trucks.push({
      __typename: 'Truck',
      id: `truck${n}`,
      ...vehicle(n, 'Truck'),
      tows: () => (n === 1 ? trucks[1] : null),
      load: n + 0.5,
    });
    barns.push({ __typename: 'Barn', id: `barn${n}`, ...asset(n, 'Barn'), cows: n });
    houses.push({
      __typename: 'House',
      id: `house${n}`,
      ...asset(n, 'House'),
      rooms: n === 2 ? null : ['bath', null],
      agent: () => people[2 - n],
    });
    people.push({
      __typename: 'Person',
      id: `q${n}`,
      name: n === 2 ? null : 'ann',
      drives: () => (n === 2 ? null : [cars[0], null, trucks[1]]),
      owns: () => [houses[0], barns[1]][n - 1],
      bought: (a: DataObject) => first([houses[0], cars[0], cars[1]] as DataObject[], a.first),
      greeting(this: DataObject, { hi }: DataObject) {
        return `${hi} ${read(this, 'name')}`;
      },
    });
  }
  for (let n = 0; n < 4; n++)
    tripList.push({
      __typename: 'Trip',
      id: `trip${n}`,
      vehicle: () => vehicles()[n],
      goals: () => (n === 3 ? null : [{ at: `at ${n}`, by: vehicles()[3 - n] }, null, { at: 'x', by: null }]),
      asset: () => assets()[n],
      miles: n === 1 ? null : n * 9,
      toll(this: DataObject) {
        const m = read(this, 'miles');
        return m === null ? -1 : Number(m) * 2;
      },
    });
  return {
    entities: [...barns, ...cars, ...trucks, ...houses, ...tripList, ...people],
    root: {
      vehicles: (a: DataObject) => first(vehicles(), a.first),
      vehicle: ({ id }: DataObject) => vehicles().find((v) => v.id === id) ?? null,
      assets: () => [houses[0], null, barns[1]],
      cars: () => cars,
      mixed: () => [houses[1], trucks[0], barns[1], null, cars[0]],
      grid: () => [[cars[0], null], [], [trucks[1], cars[1]]],
      trips: (a: DataObject) => first(tripList, a.first),
      tripped: () => [trucks[0], cars[1]],
      insured: () => barns[0],
      fined: () => [cars[0], null, trucks[1]],
      owned: () => [houses[1], barns[0]],
      person: ({ id }: DataObject) => people.find((p) => p.id === id) ?? null,
      lot: () => ({ spots: () => [[cars[0], null, houses[1]], null], main: () => cars[1], owner: () => people[0] }),
    },
  };
}
export const vehicles: TestSchema = {
  name: 'vehicles',
  subgraphs: [
    { name: 'base', sdl: base },
    { name: 'trips', sdl: trips },
    { name: 'law', sdl: law },
    { name: 'dealer', sdl: dealer },
  ],
  data,
  ids: ['car1', 'truck2', 'house1', 'q1', 'q2', 'nope'],
  planWithinMs: 1500,
};
