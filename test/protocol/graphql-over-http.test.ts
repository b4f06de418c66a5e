import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  const sdl = 'type Query { hello: String }';
  gateway = await startTestGateway({ subgraphs: { only: { sdl, resolvers: { Query: { hello: () => 'hi' } } } } });
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe('the GraphQL-over-HTTP audits', () => {
  const audits = serverAudits({ url: () => gateway.url });

  it('are complete', () => {
    expect(audits).toHaveLength(61);
  });

  it.each(audits.map((audit) => [audit.name, audit] as const))('%s', async (_name, audit) => {
    const result = await audit.fn();
    const reason = result.status === 'ok' ? undefined : result.reason;
    expect({ status: result.status, reason }).toEqual({ status: 'ok', reason: undefined });
  });
});
