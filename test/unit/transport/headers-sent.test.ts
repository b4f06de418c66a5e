import { afterEach, describe, expect, it } from 'vitest';
import { CollectedResponseHeaders } from '../../../src/transport/index.ts';
import {
  closeSubgraphs,
  connect,
  contextOf,
  json,
  listenGraphQL,
  query,
} from '../../testkit/servers/loopback-subgraph.ts';

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

  it('are those that rules insert, each once, whatever a plugin or the caller’s identity sets beside them', async () => {
    const { url, received } = await listenGraphQL((_request, response) => json(response, { data: {} }));
    const inserted = ['x-a', 'x-b', 'x-c'].map((name) => ({ kind: 'insert', name, value: 'rule' }) as const);
    const headers = { request: inserted, response: [] };
    const sent = (index: number) => ['x-a', 'x-b', 'x-c'].map((name) => received[index]?.headers[name]);
    const ruled = connect(url, { headers });
    for (let turn = 0; turn < 2; turn++) await ruled.execute(query, contextOf());
    await ruled.execute({ ...query, headers: { 'x-a': 'plugin' } }, contextOf());
    const asCaller = connect(url, { headers, callerHeaders: [{ header: 'x-b', of: () => 'caller' }] });
    await asCaller.execute(query, contextOf());
    await asCaller.execute({ ...query, headers: { 'x-b': 'plugin', 'x-c': 'plugin' } }, contextOf());
    expect([0, 1, 2, 3, 4].map(sent)).toEqual([
      ['rule', 'rule', 'rule'],
      ['rule', 'rule', 'rule'],
      ['plugin', 'rule', 'rule'],
      ['rule', 'caller', 'rule'],
      ['rule', 'caller', 'plugin'],
    ]);
  });

  it('have a request id of a rule in place of the gateway’s', async () => {
    const { url, received } = await listenGraphQL((_request, response) => json(response, { data: {} }));
    const request = [{ kind: 'insert', name: 'x-request-id', value: 'rule' }] as const;
    await connect(url, { headers: { request, response: [] } }).execute(query, contextOf());
    expect(received[0]?.headers['x-request-id']).toBe('rule');
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
