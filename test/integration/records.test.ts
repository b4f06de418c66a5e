/** Operations of a gateway as they are recorded, and as operators read them: the command line, and the admin graph. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperationRecord } from '../../src/observability/index.ts';
import { locateRecords, openRecords, openStore, type RecordFilter } from '../../src/store/index.ts';
import { type AiGraph, echo, startAiGraph } from '../testkit/graphs/ai-graph.ts';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({ products: 2, yaml: 'admin: { port: 0 }\ntelemetry: { records: { slow: 20s } }' });
}, 120_000);
afterAll(() => graph[Symbol.asyncDispose]());

/** What is in the store of them. */
async function stored(filter: Partial<RecordFilter> = {}): Promise<readonly OperationRecord[]> {
  const file = join(graph.gateway.folder, '.isthmus', 'state.db');
  const config = { kind: 'sqlite', file, key: undefined, previousKeys: [], line: undefined } as const;
  const store = await openStore({ config, configFile: '', log: { warn: () => undefined } });
  const records = await openRecords(locateRecords(config, store), 1_000);
  try {
    return (await records.search({ filter: { from: 0, to: Date.now() + 1, ...filter }, limit: 100 })).records;
  } finally {
    await records.close();
    await store.close();
  }
}

describe('records of a gateway', () => {
  it('have an operation from its client to its tokens', async () => {
    graph.provider.reset();
    graph.provider.respond((request) => ({ ...echo(request), usage: { inputTokens: 1_003, outputTokens: 17 } }));
    const headers = {
      'x-request-id': 'from-client',
      'apollographql-client-name': 'web',
      'apollographql-client-version': '7',
    };
    await graph.query('query Pitches { products { name pitch } }', {}, headers);
    await expect.poll(() => stored({ requestId: 'from-client' })).toHaveLength(1);
    const [record] = await stored({ requestId: 'from-client' });
    expect(record).toMatchObject({ operation: 'Pitches', kind: 'query', door: 'graphql', client: 'web', status: 200 });
  });
});
