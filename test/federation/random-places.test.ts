import { describe, it } from 'vitest';
import { expectAgreement } from '../testkit/expect-agreement.ts';
import { createTestGraph } from '../testkit/test-graph.ts';
import { places } from './schemas/places.ts';

describe('random operations over interfaces whose types narrow their fields', () => {
  it('are answered as a monolith of the same data answers them, to the order of keys', async () => {
    const graph = createTestGraph(places);
    await expectAgreement({ graph, operations: 300, mutations: 0 });
    // One of these drops a field for one type, where the planner is left to itself.
    await expectAgreement({ graph, operations: 20, seed: 41_400 });
  }, 300_000);
});
