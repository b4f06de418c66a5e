/**
 * Random operations over each schema are answered as a monolith of the same data answers them, to the order of keys. Each
 * schema runs operations of fixed seeds, then operations of new seeds, which are printed: `SEED` repeats them.
 * `npm run soak` runs both longer.
 */
import { describe, expect, it } from 'vitest';
import { compareWithMonolith, type DifferentialOptions } from '../testkit/random/differential.ts';
import { expectAgreement, expectHardlyRefused, printRate } from '../testkit/random/expect-agreement.ts';
import type { TestData } from '../testkit/random/in-process-subgraph.ts';
import { newSeed, randomRuns } from '../testkit/random/random-runs.ts';
import { createTestGraph, type TestSchema } from '../testkit/random/test-graph.ts';
import { abstractTypes } from './schemas/abstract-types.ts';
import { contexts } from './schemas/contexts.ts';
import { entities } from './schemas/entities.ts';
import { interfaceObjects } from './schemas/interface-objects.ts';
import { keys } from './schemas/keys.ts';
import { places } from './schemas/places.ts';
import { sample } from './schemas/sample.ts';
import { vehicles } from './schemas/vehicles.ts';

interface RandomCase extends Pick<DifferentialOptions, 'operations' | 'mutations'> {
  readonly schema: TestSchema;
  /** Runs of fixed seeds: the first seed, and how many where it is not `operations`. @default 1 */
  readonly fixed?: readonly (readonly [seed: number, operations?: number])[];
  /** Operations that nobody can plan in time or rightly may be refused, one in fifty at most. @default false */
  readonly mayRefuse?: boolean;
  /** Operations without shadowing aliases are put to the reference engine too. @default false */
  readonly comparesReference?: boolean;
}

const cases: readonly (readonly [name: string, RandomCase])[] = [
  ['entities', { schema: entities, operations: 170, mutations: 0.15, comparesReference: true }],
  ['abstract types', { schema: abstractTypes, operations: 170, comparesReference: true }],
  ['contexts, overrides and chained requirements', { schema: contexts, operations: 120, mutations: 0.3 }],
  ['keys and overrides', { schema: keys, operations: 135 }],
  // One of the second run drops a field for one type, where the planner is left to itself.
  ['interfaces whose types narrow fields', { schema: places, operations: 100, fixed: [[1], [41_400, 20]] }],
  ['the sample graph', { schema: sample, operations: 120, mutations: 0.1, comparesReference: true }],
  ['two interface objects', { schema: vehicles, operations: 100, mayRefuse: true }],
  ['interface objects', { schema: interfaceObjects, operations: 85, fixed: [[500_001]], mayRefuse: true }],
];

describe.each(cases)('random operations over %s', (_name, randomCase) => {
  const { schema, operations, mutations = 0, fixed = [[1]], mayRefuse = false, comparesReference = false } = randomCase;
  const check = mayRefuse ? expectHardlyRefused : expectAgreement;

  it('of fixed seeds are answered as a monolith answers them', async () => {
    const graph = createTestGraph(schema);
    for (const [seed, count = operations] of fixed)
      await check({ graph, operations: randomRuns(count), mutations, seed });
    await graph.close();
  }, 3_600_000);

  it('of new seeds are answered as a monolith answers them', async () => {
    const graph = createTestGraph(schema);
    await check({ graph, operations: randomRuns(50), mutations, seed: newSeed(`operations over ${graph.name}`) });
    await graph.close();
  }, 3_600_000);

  if (!comparesReference) return;
  it('without shadowing aliases are put to the reference engine', async () => {
    const options = {
      graph: createTestGraph(schema),
      operations: 80,
      seed: 50_001,
      shadowing: false,
      engine: 'reference',
    } as const;
    const report = await compareWithMonolith(options);
    printRate(options, report);
    expect(report.compared).toBeGreaterThan(0);
    await expectAgreement({ ...options, engine: 'isthmus' });
    await options.graph.close();
  }, 300_000);
});

describe('random operations over entities with nulls where they may not be', () => {
  it('lose what a monolith loses, and no alias loses another’s', async () => {
    const withNulls: TestSchema = { ...entities, name: 'entities with nulls', data: dataWithNulls };
    const options = { graph: createTestGraph(withNulls), operations: 300 } as const;
    const report = await compareWithMonolith(options);
    printRate(options, report);
    expect(report.withErrors).toBeGreaterThan(50);
    expect(report.disagreements.map(({ query }) => query)).toEqual([]);
  }, 300_000);
});

function dataWithNulls(): TestData {
  const data = entities.data();
  const faults: Readonly<Record<string, object>> = {
    i3: { inStock: null },
    i5: { count: null },
    r2: { body: null },
    m2: { name: null },
    i2: { matrix: [[1], null] },
  };
  for (const entity of data.entities) Object.assign(entity, faults[String(entity.id)]);
  return data;
}
