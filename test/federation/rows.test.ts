/**
 * Random operations of random callers over graphs with `@rows` are answered as a monolith answers them whose data never had
 * the objects that the caller is denied: whatever leads to an object, requires it, or has it as part of a key.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DifferentialOptions } from '../testkit/random/differential.ts';
import { expectAgreement, expectHardlyRefused } from '../testkit/random/expect-agreement.ts';
import { decisionsOf, type LeftOut, leaveOut, withRules } from '../testkit/random/left-out.ts';
import { newSeed, randomRuns } from '../testkit/random/random-runs.ts';
import { createTestGraph, type TestSchema } from '../testkit/random/test-graph.ts';
import { abstractTypes } from './schemas/abstract-types.ts';
import { contexts } from './schemas/contexts.ts';
import { entities } from './schemas/entities.ts';
import { interfaceObjects } from './schemas/interface-objects.ts';
import { keys } from './schemas/keys.ts';
import { places } from './schemas/places.ts';
import { vehicles } from './schemas/vehicles.ts';

interface RowCase extends Pick<DifferentialOptions, 'mutations'> {
  readonly schema: TestSchema;
  readonly rules: LeftOut['rules'];
  readonly mayRefuse?: boolean;
}

const cases: readonly (readonly [string, RowCase])[] = [
  ['entities', { schema: entities, rules: { Item: 'weight', Review: 'id stars', User: 'name' }, mutations: 0.1 }],
  ['abstract types', { schema: abstractTypes, rules: { Book: 'title', Film: 'id', Person: 'name', Robot: 'id' } }],
  ['contexts', { schema: contexts, rules: { Task: 'title', Person: 'nick', Board: 'id' }, mutations: 0.2 }],
  ['nested keys', { schema: keys, rules: { Org: 'locale', Member: 'id', Badge: 'id' } }],
  ['interfaces', { schema: places, rules: { Park: 'id', Human: 'name', Lake: 'depth', Robot: 'id' } }],
  [
    'interface objects',
    { schema: interfaceObjects, rules: { Book: 'pages', Film: 'title', Review: 'stars' }, mayRefuse: true },
  ],
  [
    'two interface objects',
    { schema: vehicles, rules: { Car: 'doors', Truck: 'id', House: 'id', Trip: 'miles' }, mayRefuse: true },
  ],
];

/** Another caller is denied other objects, about one in four. */
const callerOf = (salt: number): LeftOut['isDenied'] => {
  return (typeName, row) => {
    const digest = createHash('sha256')
      .update(`${salt} ${typeName} ${JSON.stringify(row)}`)
      .digest();
    return (digest[0] ?? 0) % 4 === 0;
  };
};

describe.each(cases)('random operations over %s', (_name, { schema, rules, mutations = 0, mayRefuse = false }) => {
  const check = mayRefuse ? expectHardlyRefused : expectAgreement;

  it.each(['drop', 'null'])(
    'find nothing of what a caller is denied (%s)',
    async (denied) => {
      const graph = createTestGraph(withRules(schema, rules, denied));
      const seed = newSeed(graph.name);
      for (const salt of [1, 2, 3]) {
        const leftOut: LeftOut = { rules, isDenied: callerOf(salt) };
        graph.rows = decisionsOf(leftOut);
        graph.monolithData = () => leaveOut(schema.data(), leftOut, denied);
        await check({
          graph,
          operations: randomRuns(17),
          mutations,
          seed: seed + salt * 1_000,
          comparesErrors: denied === 'drop',
        });
      }
      await graph.close();
    },
    3_600_000,
  );
});

it('nothing with a rule is answered where nobody decides', async () => {
  const graph = createTestGraph(withRules(entities, { Item: 'weight' }));
  const { data } = await graph.run(graph.engine, '{ items { id } }');
  expect(data).toBe('{"items":[]}');
});
