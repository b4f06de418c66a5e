import { expect, it, vi } from 'vitest';
import { TrustedDocuments } from '../../../src/persisted/trusted-documents.ts';
import type { GatewayGeneration } from '../../../src/runtime/generation.ts';
import { prepareGeneration } from '../../../src/runtime/prepare-generation.ts';

it('the first trusted documents are planned before a generation serves, at the start and at a swap', async () => {
  const texts = ['query A { a }', 'query B { b } query C { c }', 'no GraphQL {', 'query D { d }'];
  const trusted = new TrustedDocuments(texts.map((text) => ({ ids: [text], text, clientName: undefined })));
  const warm = vi.fn(async () => undefined);
  const generation = {
    persisted: { trusted },
    config: { persistedOperations: { warm: 3 } },
    engine: { warm, mostUsed: () => [] },
  } as unknown as GatewayGeneration;
  const { signal } = new AbortController();
  for (const previous of [undefined, generation]) {
    await prepareGeneration(generation, { previous, preparations: [], signal });
    // A single operation is run with and without its name; what is no GraphQL is left out.
    expect(warm).toHaveBeenLastCalledWith(
      [undefined, 'A', 'B', 'C'].map((operationName) => expect.objectContaining({ operationName })),
      expect.anything(),
    );
  }
});
