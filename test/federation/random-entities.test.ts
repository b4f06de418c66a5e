import { describe, expect, it } from 'vitest';
import { compareWithMonolith } from '../testkit/differential.ts';
import { expectAgreement, printRate } from '../testkit/expect-agreement.ts';
import type { TestData } from '../testkit/in-process-subgraph.ts';
import { createTestGraph, type TestSchema } from '../testkit/test-graph.ts';
import { entities } from './schemas/entities.ts';

describe('random operations over entities', () => {
  it('are answered as a monolith of the same data answers them, to the order of keys', async () => {
    await expectAgreement({ graph: createTestGraph(entities), operations: 600, mutations: 0.15 });
  }, 300_000);

  it('without shadowing aliases are put to the reference engine too, whose rate is only shown', async () => {
    const options = {
      graph: createTestGraph(entities),
      operations: 80,
      seed: 50_001,
      shadowing: false,
      engine: 'reference',
    } as const;
    const report = await compareWithMonolith(options);
    printRate(options, report);
    expect(report.compared).toBeGreaterThan(0);
    await expectAgreement({ ...options, engine: 'isthmus' });
  }, 300_000);

  it('with nulls where they may not be lose what a monolith loses, and no alias loses another’s', async () => {
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
