import { describe, expect, it } from 'vitest';
import { compareWithMonolith } from '../testkit/differential.ts';
import { expectAgreement, printRate } from '../testkit/expect-agreement.ts';
import { createTestGraph } from '../testkit/test-graph.ts';
import { sample } from './schemas/sample.ts';

describe('random operations over sample graph', () => {
  it('are answered as a monolith of the same data answers them, to the order of keys', async () => {
    await expectAgreement({ graph: createTestGraph(sample), operations: 400, mutations: 0.1 });
  }, 300_000);

  it('without shadowing aliases are put to the reference engine too, whose rate is only shown', async () => {
    const options = {
      graph: createTestGraph(sample),
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
});
