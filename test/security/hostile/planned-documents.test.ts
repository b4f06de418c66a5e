/**
 * Operations that are made to cost their planning, against a gateway whose limits of documents let them through. Numbers are of
 * the list of attacks.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { randomRuns } from '../../testkit/random/random-runs.ts';
import { RecordedEvents } from '../../testkit/recorded-events.ts';
import { startTestGateway, type TestAnswer, type TestGateway } from '../../testkit/test-gateway.ts';

const implementers = Array.from({ length: 30 }, (_, index) => `T${index}`);
const shared = (extra: string) => `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])
type Query { start: Item @shareable  ${extra} }
interface Item { id: ID!  name: String  next: Item }
${implementers
  .map(
    (name) =>
      `type ${name} implements Item @key(fields: "id") { id: ID!  name: String @shareable  next: Item @shareable }`,
  )
  .join('\n')}`;
const names = ['a', 'b', 'c', 'd', 'e'];
const subgraphs = Object.fromEntries(
  names.map((name) => [
    name,
    {
      sdl: shared(name === 'a' ? 'echo(text: String): String' : ''),
      resolvers: { Query: { start: () => null, echo: (_: unknown, { text }: { text?: string }) => text ?? 'none' } },
    },
  ]),
);

let gateway: TestGateway;
const events = new RecordedEvents();
beforeAll(async () => {
  gateway = await startTestGateway({
    subgraphs,
    sinks: [events],
    yaml: 'limits: { selections: 1000000000, depth: 100, plan_deadline: 500ms, memory: 2mb }',
  });
}, 60_000);
afterAll(() => gateway[Symbol.asyncDispose]());

let lastId = 0;
/** @returns how long the operation was planned, in milliseconds; 0: its plan was known */
async function canary(): Promise<number> {
  const id = `canary-${++lastId}`;
  const { data } = await gateway.query('query Canary { echo(text: "canary") }', {}, { 'x-request-id': id });
  expect(data).toEqual({ echo: 'canary' });
  const { operations } = await events.of(id);
  return operations[0]?.planMs ?? Number.NaN;
}

it.each([
  ['by the planner', 7, 4],
  ['before it is planned', 9, 8],
])(
  'D5: fragments that are spread deep over shared fields of many types are refused %s, once, and nobody waits for them',
  async (_where, types, levels) => {
    const spread = (level: number) =>
      implementers.slice(0, types).map((name) => `... on ${name} { name ...F${level} }`);
    const fragments = Array.from(
      { length: levels },
      (_, level) => `fragment F${level} on Item { next { ${spread(level + 1).join(' ')} } }`,
    );
    const query = `{ start { ...F0 } } ${fragments.join(' ')} fragment F${levels} on Item { id }`;
    await canary();
    const attack = Array.from({ length: 20 }, () => gateway.query(query));
    expect(await canary()).toBe(0);
    const codesOf = (answers: readonly TestAnswer[]) => [
      ...new Set(answers.map(({ status, errors }) => `${status} ${errors?.[0]?.extensions.code}`)),
    ];
    expect(codesOf(await Promise.all(attack))).toEqual(['400 PLAN_DEADLINE_EXCEEDED']);
    const ended = () => gateway.log.filter(({ msg }) => String(msg).startsWith('a planner process ended')).length;
    const before = ended();
    for (let turn = 0; turn < randomRuns(30); turn++)
      expect(codesOf([await gateway.query(query)])).toEqual(['400 PLAN_DEADLINE_EXCEEDED']);
    expect(ended()).toBe(before);
    expect((await gateway.query('{ start { id name } }')).errors).toBeUndefined();
  },
  randomRuns(60_000),
);

it(
  'D9: a flood of operations leaves the plans of others, and literals are no operations of their own',
  async () => {
    await canary();
    const { current } = gateway.gateway.generations;
    const plans = () => current?.engine.planCount() ?? Number.NaN;
    const before = plans();
    for (let index = 0; index < 50; index++) await gateway.query(`{ echo(text: "${index}") }`);
    expect(plans() - before).toBeLessThanOrEqual(1);
    for (let index = 0; index < randomRuns(100); index++) {
      const { data } = await gateway.query(`{ a${index}: echo(text: "${index}") }`);
      expect(data).toEqual({ [`a${index}`]: `${index}` });
      if (index % 20 === 0) expect(await canary()).toBe(0);
    }
    expect(current?.caches.bytes).toBeLessThanOrEqual(2_000_000);
  },
  randomRuns(60_000),
);
