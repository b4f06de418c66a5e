import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { anonymous } from '../../../src/access/principal.ts';
import { Deadline } from '../../../src/lib/index.ts';
import { CollectedResponseHeaders } from '../../../src/transport/index.ts';
import { keyOf } from '../../../src/transport/share-in-flight.ts';
import {
  closeSubgraphs,
  codeOf,
  connect,
  contextOf,
  json,
  listenGraphQL,
  mutation,
  query,
} from '../../testkit/servers/loopback-subgraph.ts';

afterEach(closeSubgraphs);

/** Answers on demand, so that requests until then are in flight together. */
async function heldSubgraph() {
  const held: ServerResponse[] = [];
  let arrived = Promise.withResolvers<void>();
  const { url, received } = await listenGraphQL((_request, response) => {
    held.push(response);
    arrived.resolve();
  });
  return {
    url,
    received,
    held,
    async arrival() {
      await arrived.promise;
      arrived = Promise.withResolvers();
    },
    answer: () =>
      held.splice(0).forEach((response) => void json(response, { data: { a: { b: 1 } } }, 200, { 'x-a': '1' })),
  };
}

describe('identical queries in flight', () => {
  it('are one request, and each caller may change its own answer', async () => {
    const subgraph = await heldSubgraph();
    const client = connect(subgraph.url);
    const answers = Array.from({ length: 50 }, () => client.execute(query, contextOf()));
    await subgraph.arrival();
    subgraph.answer();
    const all = await Promise.all(answers);
    expect(subgraph.received).toHaveLength(1);
    expect(all).toEqual(new Array(50).fill({ data: { a: { b: 1 } } }));
    expect(new Set(all.map(({ data }) => data)).size).toBe(50);
  });

  it('tell caches that their answer is as old as the first of them', async () => {
    const subgraph = await heldSubgraph();
    const client = connect(subgraph.url);
    const requestedAt: number[] = [];
    const cachePolicy = {
      ...{ refuse: () => undefined, cached: () => undefined, request: () => undefined, tags: () => undefined },
      response: (_subgraph: string, _headers: unknown, at: number) => void requestedAt.push(at),
    };
    const before = performance.now();
    const first = client.execute(query, contextOf({ cachePolicy }));
    await subgraph.arrival();
    const between = performance.now();
    const second = client.execute(query, contextOf({ cachePolicy }));
    subgraph.answer();
    await Promise.all([first, second]);
    expect(requestedAt).toHaveLength(2);
    expect(requestedAt.every((at) => at >= before && at <= between)).toBe(true);
  });

  it('are requested again after they were answered', async () => {
    const { url, received } = await listenGraphQL((_request, response) => json(response, { data: { a: 1 } }));
    const client = connect(url);
    await client.execute(query, contextOf());
    await client.execute(query, contextOf());
    expect(received).toHaveLength(2);
  });

  const rules = {
    request: [{ kind: 'propagate', named: 'x-user', rename: undefined, default: undefined }],
    response: [],
  } as const;

  it.each([
    ['another principal', query, contextOf({ principal: { ...anonymous, id: 'b' } }), {}],
    ['other scopes', query, contextOf({ principal: { ...anonymous, scopes: ['read'] } }), {}],
    ['another tenant', query, contextOf({ principal: { ...anonymous, tenant: 't' } }), {}],
    ['another forwarded header', query, contextOf({ clientHeaders: { 'x-user': '2' } }), { headers: rules }],
    ['other variables', { ...query, variables: { x: 1 } }, contextOf(), {}],
    ['another query', { ...query, query: '{ b }' }, contextOf(), {}],
    ['sharing switched off', query, contextOf(), { shareIdentical: false }],
    [
      'cookies that reach the client',
      query,
      contextOf(),
      { headers: { request: [], response: [{ named: 'set-cookie', merge: 'last' }] } },
    ],
  ] as const)('are not shared with %s', async (_name, other, context, options) => {
    const { url, received } = await listenGraphQL((_request, response) => json(response, { data: { a: 1 } }));
    const client = connect(url, options);
    await Promise.all([
      client.execute(query, contextOf({ clientHeaders: { 'x-user': '1' } })),
      client.execute(other, context),
    ]);
    expect(received).toHaveLength(2);
  });

  it('share what differs only in headers that are not forwarded', async () => {
    const subgraph = await heldSubgraph();
    const client = connect(subgraph.url, { headers: rules });
    const ask = (clientHeaders: Record<string, string>) => client.execute(query, contextOf({ clientHeaders }));
    const answers = [ask({ 'x-user': '1', 'user-agent': 'x' }), ask({ 'x-user': '1', 'user-agent': 'y' })];
    await subgraph.arrival();
    subgraph.answer();
    await Promise.all(answers);
    expect(subgraph.received).toHaveLength(1);
  });

  it('never include mutations', async () => {
    const { url, received } = await listenGraphQL((_request, response) => json(response, { data: { a: 1 } }));
    const client = connect(url);
    await Promise.all(Array.from({ length: 5 }, () => client.execute(mutation, contextOf())));
    expect(received).toHaveLength(5);
  });

  it('continue for the others when the first caller disconnects', async () => {
    const subgraph = await heldSubgraph();
    const client = connect(subgraph.url);
    const controller = new AbortController();
    const leader = client.execute(query, contextOf({ signal: controller.signal }));
    const follower = client.execute(query, contextOf());
    await subgraph.arrival();
    controller.abort(new Error('the client left'));
    await expect(leader).rejects.toThrow('the client left');
    subgraph.answer();
    expect(await follower).toEqual({ data: { a: { b: 1 } } });
    expect(subgraph.received).toHaveLength(1);
  });

  it('stop when the last caller disconnects, and are then requested again', async () => {
    const subgraph = await heldSubgraph();
    const client = connect(subgraph.url);
    const controllers = [new AbortController(), new AbortController()];
    const answers = controllers.map(({ signal }) => client.execute(query, contextOf({ signal })));
    const settled = Promise.allSettled(answers);
    await subgraph.arrival();
    const closed = once(subgraph.held[0] as ServerResponse, 'close');
    for (const controller of controllers) controller.abort(new Error('the client left'));
    await closed;
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    subgraph.held.length = 0;
    const again = client.execute(query, contextOf());
    await subgraph.arrival();
    subgraph.answer();
    expect(await again).toEqual({ data: { a: { b: 1 } } });
  });

  it('respect the deadline of each follower', async () => {
    const subgraph = await heldSubgraph();
    const client = connect(subgraph.url);
    const patient = client.execute(query, contextOf());
    const hurried = client.execute(query, contextOf({ deadline: Deadline.in(40) }));
    expect(await codeOf(hurried)).toBe('SUBGRAPH_REQUEST_TIMEOUT');
    subgraph.answer();
    expect(await patient).toEqual({ data: { a: { b: 1 } } });
  });

  it('pass the response headers of rules to every follower', async () => {
    const subgraph = await heldSubgraph();
    const client = connect(subgraph.url, { headers: { request: [], response: [{ named: 'x-a', merge: 'last' }] } });
    const collectors = [new CollectedResponseHeaders(), new CollectedResponseHeaders()];
    const answers = collectors.map((responseHeaders) => client.execute(query, contextOf({ responseHeaders })));
    await subgraph.arrival();
    subgraph.answer();
    await Promise.all(answers);
    expect(collectors.map((one) => [...one.entries()])).toEqual([[['x-a', '1']], [['x-a', '1']]]);
  });
});

describe('the key of a shared query', () => {
  const key = (id: string, tenant: string, forwarded: string[] | undefined, body: string) =>
    keyOf(contextOf({ principal: { ...anonymous, id, tenant } }), forwarded, body);

  it('cannot be spelled by another principal, tenant or header', () => {
    const keys = [
      key('a', 'b', undefined, '{}'),
      key('ab', '', undefined, '{}'),
      key('', 'ab', undefined, '{}'),
      key('a1:b', '', undefined, '{}'),
      key('a', 'b', ['x', '1'], '{}'),
      key('a', 'b', ['x', '1', 'y', '2'], '{}'),
      key('a', 'b2', undefined, '{}'),
      key('a', 'b\n{}', undefined, ''),
      key('a', 'b', ['x', ''], '1\n{}'),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
