import { afterEach, describe, expect, it } from 'vitest';
import { CollectedResponseHeaders } from '../../../src/transport/index.ts';
import { closeSubgraphs, connect, contextOf, json, listenGraphQL, query } from '../../testkit/loopback-subgraph.ts';

afterEach(closeSubgraphs);

describe('the headers of a subgraph request', () => {
  it('are the gateway’s and those that rules forward, and no others of the client', async () => {
    const { url, received } = await listenGraphQL((_request, response) => json(response, { data: {} }));
    const headers = {
      request: [{ kind: 'propagate', named: 'x-a', rename: undefined, default: undefined }],
      response: [],
    } as const;
    await connect(url, { headers }).execute(
      query,
      contextOf({ clientHeaders: { 'x-a': '1', authorization: 'secret', cookie: 'c=1' } }),
    );
    const { host: _host, connection: _connection, 'content-length': _length, ...rest } = received[0]?.headers ?? {};
    expect(rest).toEqual({
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      'x-request-id': 'r-1',
      'x-a': '1',
    });
  });

  it('may include the client’s request id, once', async () => {
    const { url, received } = await listenGraphQL((_request, response) => json(response, { data: {} }));
    const headers = {
      request: [{ kind: 'propagate', named: 'x-request-id', rename: undefined, default: undefined }],
      response: [],
    } as const;
    await connect(url, { headers }).execute(query, contextOf({ clientHeaders: { 'x-request-id': 'theirs' } }));
    expect(received[0]?.headers['x-request-id']).toBe('theirs');
  });
});

describe('the headers of a subgraph answer', () => {
  it('reach the client where a rule names them, cookies too', async () => {
    const { url } = await listenGraphQL((_request, response) =>
      json(response, { data: {} }, 200, { 'set-cookie': 'a=1', 'x-a': '1', 'x-b': '2' }),
    );
    const responseHeaders = new CollectedResponseHeaders();
    const response = [
      { named: 'x-a', merge: 'last' },
      { named: 'set-cookie', merge: 'append' },
    ] as const;
    await connect(url, { headers: { request: [], response } }).execute(query, contextOf({ responseHeaders }));
    expect([...responseHeaders.entries()]).toEqual([
      ['x-a', '1'],
      ['set-cookie', 'a=1'],
    ]);
  });
});
