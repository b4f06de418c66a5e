import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

let gateway: TestGateway;
const seen: Record<string, unknown>[] = [];
beforeAll(async () => {
  gateway = await startTestGateway({
    subgraphs: { a: { sdl: 'type Query { a: Int }' } },
    yaml: `headers:
  all:
    request: [ { propagate: { named: accept-language } }, { insert: { name: x-from, value: gateway } } ]
    response: [ { propagate: { named: x-shop, merge: first } }, { propagate: { named: set-cookie, merge: append } } ]`,
  });
  const { a } = gateway.subgraphs;
  if (a === undefined) throw new Error('the subgraph is there');
  a.intercept = (request, response) => {
    seen.push(request.headers);
    response
      .writeHead(200, {
        'x-shop': '1',
        'x-secret': '2',
        'set-cookie': ['a=1; HttpOnly', 'b=2'],
        'cache-control': 'max-age=1',
      })
      .end('{"data":{"a":1}}');
  };
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe('header rules of supergraph.yaml', () => {
  it('carry the client’s headers to the subgraph, and the subgraph’s to the client, and no others', async () => {
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'accept-language': 'de',
        authorization: 'Bearer secret',
        cookie: 'c=1',
      },
      body: JSON.stringify({ query: '{ a }' }),
    });
    expect(await response.json()).toEqual({ data: { a: 1 } });
    expect(seen[0]).toMatchObject({ 'accept-language': 'de', 'x-from': 'gateway' });
    expect(seen[0]).not.toHaveProperty('authorization');
    expect(seen[0]).not.toHaveProperty('cookie');
    expect(response.headers.get('x-shop')).toBe('1');
    expect(response.headers.getSetCookie()).toEqual(['a=1; HttpOnly', 'b=2']);
    expect(response.headers.get('x-secret')).toBeNull();
    expect(response.headers.get('content-type')).toContain('application/json');
    expect(response.headers.get('cache-control')).not.toBe('max-age=1');
  });
});
