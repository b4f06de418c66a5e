import { describe, it } from 'vitest';
import { expectAgreement } from '../testkit/expect-agreement.ts';
import { createTestGraph } from '../testkit/test-graph.ts';
import { keys } from './schemas/keys.ts';

describe('random operations over keys and overrides', () => {
  it('are answered as a monolith of the same data answers them, to the order of keys', async () => {
    await expectAgreement({ graph: createTestGraph(keys), operations: 500, mutations: 0 });
  }, 300_000);
});
