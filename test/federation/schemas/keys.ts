/**
 * Several keys, compound and nested; @override, whole and by percentage; @context; fields called like members of
 * Object.prototype; nulls in every position, some where they may not be.
 */
import type { DataObject, TestData } from '../../testkit/random/in-process-subgraph.ts';
import type { TestSchema } from '../../testkit/random/test-graph.ts';
import { first, read } from './read.ts';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@shareable", "@override", "@context", "@fromContext"])`;

const organisations = `${federation}
type Query { orgs: [Org!]!, org(id: ID!): Org, odd(id: ID = "o1"): Odd, odds: [Odd], self: Query }
type Org @key(fields: "id") @key(fields: "code region { name }") @context(name: "org") {
  id: ID!
  code: String! @shareable
  region: Region! @shareable
  locale: String!
  members(first: Int): [Member!]!
  lead: Member
  badges(first: Int): [Badge!]!
  badge: Badge
  cabinet: Cabinet
  vendor: String
  stock: Int
  motto: String
}
type Region @shareable { name: String!, area: Int }
type Member @key(fields: "id") { id: ID!, nick: String }
type Badge @key(fields: "id") {
  id: ID!
  greeting(name: String = "you", locale: String @fromContext(field: "$org { locale }")): String!
  motto(region: String @fromContext(field: "$org { region { name } }")): String
  other: Badge
}
type Cabinet { badges: [[Badge]!]!, first: Badge }
type Odd @key(fields: "id") {
  id: ID!
  constructor: String!
  toString: Int
  hasOwnProperty(of: String): Boolean
  valueOf: Odd
  isPrototypeOf: [Odd!]
}
`;

const regions = `${federation}
type Query { byCode(code: String!): Org }
type Org @key(fields: "code region { name }") {
  code: String!
  region: Region! @shareable
  rank: Int!
  vendor: String @override(from: "organisations", label: "percent(100)")
  stock: Int @override(from: "organisations", label: "percent(0)")
  motto: String @override(from: "organisations")
  parent: Org
}
type Region @shareable { name: String!, area: Int }
type Odd @key(fields: "id") { id: ID!, constructor: String! @external, toString: Int @external, valueOf: Odd @external, sum: String @requires(fields: "constructor toString valueOf { constructor }"), propertyIsEnumerable: Int! }
`;

const members = `${federation}
type Query { members: [Member], teams: [Team!], member(key: MemberKey!): Member }
input MemberKey { id: ID = "p1", team: TeamKey }
input TeamKey { name: String!, no: Int! }
type Member @key(fields: "id") @key(fields: "team { name no } seat") {
  id: ID!
  seat: Int! @shareable
  team: Team! @shareable
  name: String
  title: String!
  peers: [Member!]!
  friends: [Member]
  boss: Member
  org: Org
}
type Badge @key(fields: "id") { id: ID!, colour(of: Int): String, owner: Member }
type Team { name: String! @shareable, no: Int! @shareable, members: [Member!], chain: Chain! }
type Chain { link: Chain, strong: Chain!, text: String!, maybe: String, list: [Chain!], loose: [Chain]! }
type Org @key(fields: "id") { id: ID!, size: Int }
`;

const seats = `${federation}
type Member @key(fields: "team { name no } seat") { team: Team!, seat: Int!, window: Boolean, desk: Desk! }
type Team @shareable { name: String!, no: Int! }
type Desk { height: Int!, member: Member! }
`;

function data(): TestData {
  const orgs: DataObject[] = [];
  const people: DataObject[] = [];
  const odds: DataObject[] = [];
  const teams: DataObject[] = [];
  const badges: DataObject[] = [];
  /** A badge under an organisation, as the monolith needs it: it has no argument to take the context from. */
  const under = (org: DataObject, badge: DataObject | undefined): DataObject | null =>
    badge === undefined
      ? null
      : { ...badge, ofOrg: org, other: () => under(org, badges[Number(String(badge.id).slice(1)) % 4]) };

  for (let index = 1; index <= 3; index++) {
    orgs.push({
      __typename: 'Org',
      id: `org${index}`,
      code: index === 3 ? 'c1' : `c${index}`,
      region: { name: index === 3 ? 'south' : 'north', area: index === 2 ? null : index },
      locale: ['de', 'en', 'de'][index - 1],
      members(args: { first?: number }) {
        return first([people[index - 1], people[3], people[0]] as DataObject[], args.first);
      },
      lead() {
        return index === 2 ? null : people[3];
      },
      badges(this: DataObject, args: { first?: number }) {
        return first([badges[index - 1], badges[3], badges[0]] as DataObject[], args.first).map((one) =>
          under(this, one),
        );
      },
      badge(this: DataObject) {
        return index === 3 ? null : under(this, badges[1]);
      },
      cabinet(this: DataObject) {
        return {
          badges: [[under(this, badges[0]), null], [], [under(this, badges[2])]],
          first: under(this, badges[index]),
        };
      },
      vendor: `vendor ${index}`,
      stock: index === 2 ? null : index,
      motto: `motto ${index}`,
      rank: index * 10,
      parent: () => orgs[index] ?? null,
      size: index * 100,
    });
    odds.push({
      __typename: 'Odd',
      id: `o${index}`,
      constructor: `built ${index}`,
      toString: index === 2 ? null : index,
      hasOwnProperty: ({ of }: { of?: string | null }) => of === 'id',
      valueOf: () => odds[index] ?? null,
      isPrototypeOf: () => (index === 1 ? null : [odds[0], odds[2]]),
      sum(this: DataObject) {
        const other = read(this, 'valueOf') as DataObject | null;
        return `${read(this, 'constructor')} ${read(this, 'toString')} ${other === null ? 'none' : read(other, 'constructor')}`;
      },
      propertyIsEnumerable: index * 3,
    });
  }
  const chain = (depth: number): DataObject => ({
    link: () => (depth > 3 ? null : chain(depth + 1)),
    strong: () => chain(depth + 1),
    text: `text ${depth}`,
    maybe: depth % 2 === 0 ? null : 'maybe',
    list: () => (depth > 2 ? null : [chain(depth + 1), chain(depth + 2)]),
    loose: () => [null, chain(depth + 1)],
  });
  for (let index = 1; index <= 2; index++) {
    teams.push({
      name: `team ${index}`,
      no: index,
      members: () => people.filter((_one, at) => at % 2 === index - 1),
      chain: chain(index),
    });
  }
  for (let index = 1; index <= 4; index++) {
    people.push({
      __typename: 'Member',
      id: `p${index}`,
      seat: index,
      team: () => teams[(index - 1) % 2],
      name: index === 2 ? null : `name ${index}`,
      title: `title ${index}`,
      peers: () => people.filter((_one, at) => at !== index - 1),
      friends: () => (index === 4 ? null : [people[index], null, people[0]]),
      boss: () => (index === 1 ? null : people[0]),
      org: () => orgs[index - 1] ?? null,
      nick: index % 2 === 0 ? null : `nick ${index}`,
      window: index === 3 ? null : index === 1,
      desk: () => ({ height: index * 20, member: people[index % 4] }),
    });
  }
  for (let index = 1; index <= 4; index++) {
    badges.push({
      __typename: 'Badge',
      id: `b${index}`,
      greeting(this: DataObject, { name, locale }: { name?: string | null; locale?: string }) {
        return `${locale ?? (this.ofOrg as DataObject).locale} hello ${name}, ${index}`;
      },
      motto(this: DataObject, { region }: { region?: string }) {
        return index === 4 ? null : `the ${region ?? ((this.ofOrg as DataObject).region as DataObject).name}`;
      },
      other: () => badges[index % 4],
      colour: ({ of }: { of?: number | null }) => `colour ${index}${of ?? ''}`,
      owner: () => (index === 2 ? null : people[index - 1]),
    });
  }
  const root: DataObject = {
    orgs: () => orgs,
    org: ({ id }: { id: string }) => orgs.find((one) => one.id === id) ?? null,
    odd: ({ id }: { id?: string | null }) => odds.find((one) => one.id === id) ?? null,
    odds: () => [odds[1], null, odds[0]],
    self: () => root,
    byCode: ({ code }: { code: string }) => orgs.find((one) => one.code === code) ?? null,
    members: () => [people[0], null, ...people.slice(1)],
    teams: () => teams,
    member: ({ key }: { key: { id?: string | null; team?: { name: string; no: number } | null } }) =>
      people.find((one) => one.id === key.id) ?? (key.team == null ? null : (people[key.team.no] ?? null)),
  };
  return { entities: [...orgs, ...odds, ...people, ...badges], root };
}

export const keys: TestSchema = {
  name: 'keys and overrides',
  subgraphs: [
    { name: 'organisations', sdl: organisations },
    { name: 'regions', sdl: regions },
    { name: 'members', sdl: members },
    { name: 'seats', sdl: seats },
  ],
  data,
  ids: ['org1', 'org3', 'o1', 'o2', 'p1', 'p4', 'nope'],
};
