import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectHardlyRefused } from '../testkit/expect-agreement.ts';
import { createTestGraph, type TestGraph } from '../testkit/test-graph.ts';
import { vehicles } from './schemas/vehicles.ts';

let graph: TestGraph;
beforeAll(() => {
  graph = createTestGraph(vehicles);
});
afterAll(() => graph.close());

describe('random operations over two interfaces that are interface objects', () => {
  it('are never wrong, and hardly one is refused', async () => {
    await expectHardlyRefused({ graph, operations: 250 });
  }, 300_000);
});
