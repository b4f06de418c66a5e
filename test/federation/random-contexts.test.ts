import { describe, it } from 'vitest';
import { expectAgreement } from '../testkit/expect-agreement.ts';
import { createTestGraph } from '../testkit/test-graph.ts';
import { contexts } from './schemas/contexts.ts';

describe('random operations over contexts, overrides and chained requirements', () => {
  it('are answered as a monolith of the same data answers them, to the order of keys', async () => {
    await expectAgreement({ graph: createTestGraph(contexts), operations: 350, mutations: 0.3 });
  }, 300_000);
});
