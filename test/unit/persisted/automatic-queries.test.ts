/** Whatever clients register, the documents that are stored are those of their hashes, and bounded. */
import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createMemoryStore } from '../../../src/cache/index.ts';
import { AutomaticQueries } from '../../../src/persisted/automatic-queries.ts';

const sha256 = (text: string): string => hash('sha256', text, 'hex');

it('a hundred thousand hashes that nobody registered find nothing, and store nothing', () => {
  const store = createMemoryStore({ maxBytes: 100_000 });
  const queries = new AutomaticQueries(store);
  for (let number = 0; number < 100_000; number++) expect(queries.find(sha256(`${number}`))).toBeUndefined();
  expect(store.bytes).toBe(0);
});

it('documents beyond the bound make room for others, and are found by their own hash alone', () => {
  const store = createMemoryStore({ maxBytes: 1_000_000 });
  const queries = new AutomaticQueries(store);
  const documents = Array.from({ length: 2_000 }, (_, number) => `{ a${number} } # ${'x'.repeat(1_000)}`);
  for (const text of documents) {
    expect(queries.add(sha256(text), text)).toBe(true);
    expect(queries.add(sha256(`${text} `), text)).toBe(false);
    expect(store.bytes).toBeLessThanOrEqual(1_000_000);
  }
  const [first = '', last = ''] = [documents[0], documents.at(-1)];
  expect(queries.find(sha256(first))).toBeUndefined();
  expect(queries.find(sha256(last))).toBe(last);
});
