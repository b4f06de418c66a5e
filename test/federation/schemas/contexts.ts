/**
 * @context over value types and over a subgraph that has to be called for it, progressive overrides by percentage,
 * chained @requires with arguments over three subgraphs, inaccessible elements, mutations that return entities.
 */
import type { DataObject, TestData } from '../../testkit/random/in-process-subgraph.ts';
import type { TestSchema } from '../../testkit/random/test-graph.ts';
import { first, read } from './read.ts';

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@provides", "@shareable", "@override", "@inaccessible", "@context", "@fromContext"])`;
const core = `${federation}
enum State { OPEN SHUT LOST @inaccessible }
type Query { teams(first: Int): [Team!]!, team(id: ID = "t1"): Team, tasks(state: State): [Task]!, hub: Hub }
type Mutation { addTask(title: String!, team: ID = "t1"): Task!, closeTask(id: ID!): Task, renameTeam(id: ID!, to: String): Team, many(n: Int = 2): [Task!] }
type Team @key(fields: "id") @context(name: "team") @context(name: "any") { id: ID!, title(short: Boolean): String, locale: String!, plan: Plan, tasks(first: Int): [Task!]!, desk: Desk, hidden: Int @inaccessible, code: Code, boards: [[Board]!] }
type Hub @context(name: "any") { locale: String!, board: Board, desk: Desk }
type Plan { name: String!, quota: Quota! }
type Quota { max: Int!, unit: String }
type Desk { board: Board, boards: [Board!], nested: Desk }
type Board @key(fields: "id") { id: ID!
  tone(loud: Boolean, locale: String @fromContext(field: "$any { locale }")): String
  next: Board, task: Task, place: Place }
type Crew @key(fields: "id") { id: ID!, shout(times: Int = 1, locale: String @fromContext(field: "$team { locale }"), max: String @fromContext(field: "$team { plan { name } }")): String, mate: Crew }
type Place @key(fields: "id") { id: ID!, deep(of: Int = 1, locale: String @fromContext(field: "$any { locale }")): String }
type Code { text: String!, secret: String @inaccessible }
type Task @key(fields: "id") { id: ID!, title: String, state: State, cost(in: String = "EUR"): Int, points: Int, due: String, owner: Person, old: String, note: String }
type Person @key(fields: "id") { id: ID!, nick: String, boss: Person }
`;
const next = `${federation}
type Query { people: [Person!] }
type Mutation { assign(task: ID!, person: ID): Task, touch(team: ID!): Team! }
type Task @key(fields: "id") { id: ID!, points: Int @override(from: "core", label: "percent(50)"), due: String @override(from: "core", label: "percent(30)"), owner: Person @override(from: "core"), old: String @override(from: "core", label: "percent(0)"), cost(in: String = "EUR"): Int @external,
  tax(rate: Int = 10): Int @requires(fields: "cost(in: \\"USD\\")") , stamp: String }
type Place @key(fields: "id") { id: ID!, colour: String, people: [Person] }
type Person @key(fields: "id") { id: ID!, name: String!, works: [Task], boss: Person @override(from: "core", label: "percent(50)"), nick: String @external, badge: String @requires(fields: "nick") }
type Team @key(fields: "id") { id: ID!, title(short: Boolean): String @override(from: "core", label: "percent(50)"), members(first: Int): [Person!]!, crew: [Crew!], captain: Crew }
type Crew @key(fields: "id") { id: ID!, name: String, rank: Int }

`;
const bill = `${federation}
type Query { bills: [Bill!]!, billed: [Task] }
type Mutation { pay(bill: ID!, cents: Int!): Bill }
type Task @key(fields: "id") { id: ID!, tax(rate: Int = 10): Int @external, stamp: String @external, gross(round: Boolean = true): Int @requires(fields: "tax(rate: 20)"), receipt: String @requires(fields: "stamp tax(rate: 5)") }
type Bill @key(fields: "id") { id: ID!, task: Task, cents: Int!, payer: Person, of: Billed, lines: [[Line!]]! }
type Code @external { text: String! }
type Line { text: String!, task: Task, amount(times: Int = 1): Float }
union Billed = Task | Team | Person
type Team @key(fields: "id") { id: ID!, code: Code @external, tasks(first: Int): [Task!]! @external, budget(of: String = "all"): Int @requires(fields: "code { text } tasks(first: 1) { id }"), bills(first: Int = 1): [Bill!] }
type Person @key(fields: "id") { id: ID!, badge: String @external, pass: String @requires(fields: "badge") }
`;
const audit = `${federation}
type Query { audits: [Audit] }
type Task @key(fields: "id") { id: ID!, gross(round: Boolean = true): Int @external, tax(rate: Int = 10): Int @external, verdict(strict: Boolean = false): String @requires(fields: "gross(round: false) tax"), seen: Int }
interface Audit { at: Int!, task: Task, by: Person }
type Quick implements Audit { at: Int!, task: Task, by: Person, ok: Boolean }
type Deep implements Audit { at: Int!, task: Task, by: Person, notes: [String], more: [Audit!] }
type Person @key(fields: "id") { id: ID!, pass: String @external, door: String @requires(fields: "pass") }
`;
function data(): TestData {
  const crews: DataObject[] = [],
    places: DataObject[] = [],
    teams: DataObject[] = [],
    tasks: DataObject[] = [],
    people: DataObject[] = [],
    boards: DataObject[] = [],
    bills: DataObject[] = [];
  const under = (ctx: DataObject, n: number): DataObject | null =>
    n > 3 ? null : { ...boards[n - 1], ctx, next: () => under(ctx, n + 1), place: () => ({ ...places[n - 1], ctx }) };
  const aboard = (team: DataObject, n: number): DataObject => ({
    ...crews[n - 1],
    team,
    mate: () => aboard(team, (n % 3) + 1),
  });
  const desk = (ctx: DataObject, n: number): DataObject => ({
    board: () => under(ctx, n),
    boards: () => [under(ctx, 1), under(ctx, n)],
    nested: () => (n > 2 ? null : desk(ctx, n + 1)),
  });
  const task = (n: number, title = `task ${n}`): DataObject => ({
    __typename: 'Task',
    id: `k${n}`,
    title: n === 3 ? null : title,
    state: n === 1 ? 'OPEN' : n === 2 ? 'SHUT' : null,
    cost: ({ in: i }: DataObject) => (n === 2 ? null : n * (i === 'USD' ? 110 : i == null ? 1 : 100)),
    points: n === 3 ? null : n,
    due: `due ${n}`,
    owner: () => people[n % 3] ?? null,
    old: `old ${n}`,
    note: null,
    board: () => under({ locale: 'none' }, 1),
    tax(this: DataObject, { rate }: DataObject) {
      const c = read(this, 'cost', { in: 'USD' });
      return c == null ? null : Number(c) * Number(rate ?? 0);
    },
    stamp: `stamp ${n}`,
    gross(this: DataObject, { round }: DataObject) {
      const t = read(this, 'tax', { rate: 20 });
      return t == null ? -1 : Number(t) + (round ? 1 : 0);
    },
    receipt(this: DataObject) {
      return `${read(this, 'stamp')} ${read(this, 'tax', { rate: 5 })}`;
    },
    verdict(this: DataObject, { strict }: DataObject) {
      return `${read(this, 'gross', { round: false })} ${read(this, 'tax', { rate: 10 })} ${strict}`;
    },
    seen: n,
  });
  for (let n = 1; n <= 3; n++) {
    tasks.push(task(n));
    teams.push({
      __typename: 'Team',
      id: `t${n}`,
      title: ({ short }: DataObject) => (n === 2 ? null : short ? `t${n}` : `team number ${n}`),
      locale: ['de', 'en', 'de'][n - 1],
      plan: n === 3 ? null : { name: 'p', quota: { max: n, unit: null } },
      tasks: (a: DataObject) => first([tasks[n - 1], tasks[0]] as DataObject[], a.first),
      desk(this: DataObject) {
        return n === 3 ? null : desk(this, n);
      },
      code: { text: 'x' },
      boards(this: DataObject) {
        return n === 1 ? [[under(this, 1), null], []] : null;
      },
      members: (a: DataObject) => first(people, a.first),
      crew(this: DataObject) {
        return n === 2 ? null : [aboard(this, 1), aboard(this, n), aboard(this, 2)];
      },
      captain(this: DataObject) {
        return aboard(this, 3);
      },
      budget(this: DataObject, { of }: DataObject) {
        const t = read(this, 'tasks', { first: 1 }) as DataObject[];
        return t.length * 100 + String((read(this, 'code') as DataObject).text).length * 10 + String(of).length;
      },
      bills: (a: DataObject) => first(bills, a.first),
    });
    people.push({
      __typename: 'Person',
      id: `q${n}`,
      nick: n === 2 ? null : `nick ${n}`,
      boss: () => (n === 1 ? null : people[0]),
      name: `name ${n}`,
      works: () => [tasks[n - 1], null, tasks[2]],
      badge(this: DataObject) {
        return `badge ${read(this, 'nick')}`;
      },
      pass(this: DataObject) {
        return `pass ${read(this, 'badge')}`;
      },
      door(this: DataObject) {
        return `door ${read(this, 'pass')}`;
      },
    });
    boards.push({
      __typename: 'Board',
      id: `b${n}`,
      tone(this: DataObject, { loud, locale }: DataObject) {
        const l = String(locale ?? (this.ctx as DataObject).locale);
        return loud ? l.toUpperCase() : l;
      },
      task: () => tasks[n - 1],
      colour: n === 2 ? null : 'red',
      people: () => [people[n - 1], null],
    });
    crews.push({
      __typename: 'Crew',
      id: `w${n}`,
      name: n === 2 ? null : `crew ${n}`,
      rank: n,
      mate: () => crews[n % 3],
      shout(this: DataObject, { times, locale, max }: DataObject) {
        const t = this.team as DataObject;
        const p = t?.plan as DataObject | null;
        return `${locale ?? t.locale} ${times} ${locale === undefined ? (p?.name ?? null) : (max ?? null)}`;
      },
    });
    places.push({
      __typename: 'Place',
      id: `l${n}`,
      colour: n === 1 ? null : 'blue',
      people: () => [people[n - 1], null],
      deep(this: DataObject, { of, locale }: DataObject) {
        return `${locale ?? (this.ctx as DataObject).locale} ${of}`;
      },
    });
    bills.push({
      __typename: 'Bill',
      id: `i${n}`,
      task: () => tasks[n % 3] ?? null,
      cents: n * 100,
      payer: () => [people[0], null, people[2]][n - 1],
      of: () => [tasks[1], teams[0], people[1]][n - 1],
      lines: () => [
        [{ text: 'a', task: () => tasks[0], amount: ({ times }: DataObject) => n * Number(times ?? 0) * 1.5 }],
        null,
      ],
    });
  }
  const quick: DataObject = { __typename: 'Quick', at: 1, task: () => tasks[0], by: () => people[1], ok: null };
  const deep: DataObject = {
    __typename: 'Deep',
    at: 2,
    task: () => tasks[1],
    by: null,
    notes: ['x', null],
    more: () => [quick],
  };
  let counter = 3;
  const add = (title: string) => {
    const made = task(++counter, title);
    tasks.push(made);
    entities.push(made);
    return made;
  };
  const entities = [...teams, ...tasks, ...people, ...boards, ...bills, ...crews, ...places];
  return {
    entities,
    root: {
      teams: (a: DataObject) => first(teams, a.first),
      team: ({ id }: DataObject) => teams.find((t) => t.id === id) ?? null,
      tasks: ({ state }: DataObject) => [...tasks.filter((t) => state == null || t.state === state), null],
      hub: () => {
        const h: DataObject = { locale: 'hub' };
        return { ...h, board: () => under(h, 2), desk: () => desk(h, 1) };
      },
      addTask: ({ title }: DataObject) => add(String(title)),
      closeTask: ({ id }: DataObject) => {
        const t = tasks.find((x) => x.id === id);
        if (t !== undefined) {
          t.state = 'SHUT';
          t.due = 'done';
          t.points = 9;
        }
        return t ?? null;
      },
      renameTeam: ({ id, to }: DataObject) => {
        const t = teams.find((x) => x.id === id);
        if (t) t.title = ({ short }: DataObject) => (to == null ? null : short ? (String(to)[0] ?? '') : to);
        return t ?? null;
      },
      many: ({ n }: DataObject) => (n == null ? null : Array.from({ length: Number(n) }, (_, i) => add(`made ${i}`))),
      board: null,
      people: () => people,
      assign: ({ task: id, person }: DataObject) => {
        const t = tasks.find((x) => x.id === id);
        if (t) t.owner = () => people.find((p) => p.id === person) ?? null;
        return t ?? null;
      },
      touch: ({ team }: DataObject) => teams.find((t) => t.id === team) ?? teams[0],
      bills: () => bills,
      billed: () => [tasks[2], null, tasks[0]],
      pay: ({ bill, cents }: DataObject) => {
        const b = bills.find((x) => x.id === bill);
        if (b) b.cents = Number(b.cents) - Number(cents);
        return b ?? null;
      },
      audits: () => [quick, null, deep],
    },
  };
}
export const contexts: TestSchema = {
  name: 'contexts',
  subgraphs: [
    { name: 'core', sdl: core },
    { name: 'next', sdl: next },
    { name: 'bill', sdl: bill },
    { name: 'audit', sdl: audit },
  ],
  data,
  ids: ['t1', 't2', 'k1', 'k3', 'q1', 'b1', 'i2', 'nope'],
};
