import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithMonolith, describeDisagreement } from '../testkit/differential.ts';
import { createTestGraph, type TestGraph } from '../testkit/test-graph.ts';
import { vehicles } from './schemas/vehicles.ts';

let graph: TestGraph;
beforeAll(() => {
  graph = createTestGraph(vehicles);
});
afterAll(() => graph.close());

describe('random operations over two interfaces that are interface objects', () => {
  it('are never wrong, and hardly one is refused', async () => {
    const report = await compareWithMonolith({ graph, operations: 250 });
    const isRefused = (ours: unknown): boolean =>
      typeof ours === 'string' && /too complex to plan|cannot be answered correctly/.test(ours);
    const wrong = report.disagreements.filter(({ ours }) => !isRefused(ours));
    const refused = report.disagreements.length - wrong.length;
    console.info(`${graph.name}: ${refused} refused and ${wrong.length} wrong of ${report.compared} random operations`);
    expect(wrong.map((one) => describeDisagreement(graph, one)).join('\n')).toBe('');
    // None is, where this machine has time to plan each within planWithinMs.
    expect(refused / report.compared).toBeLessThan(0.02);
  }, 300_000);
});
