import { afterEach, describe, expect, it } from 'vitest';
import type { BreakerState } from '../../src/transport/circuit-breaker.ts';
import {
  closeSubgraphs,
  codeOf,
  connect,
  contextOf,
  json,
  listen,
  listenGraphQL,
  listenTcp,
  mutation,
  query,
} from '../testkit/servers/loopback-subgraph.ts';

afterEach(closeSubgraphs);

const breaker = { thresholdPercent: 50, minRequests: 20, windowMs: 10_000, sleepMs: 40 };
const options = { breaker, retries: 0, shareIdentical: false } as const;

describe('the breaker of a subgraph', () => {
  it('opens after twenty failures, answers at once, tries once and closes when that succeeds', async () => {
    // Long enough for what is sent while it is open, also on a busy machine.
    const sleepMs = 500;
    const afterSleep = async (): Promise<void> => {
      const from = performance.now();
      await expect.poll(() => performance.now() - from).toBeGreaterThan(sleepMs);
    };
    let well = false;
    const { url, received } = await listenGraphQL((_request, response) => {
      if (well) json(response, { data: { a: 1 } });
      else response.writeHead(500).end();
    });
    const changes: BreakerState[] = [];
    const client = connect(url, {
      ...options,
      breaker: { ...breaker, sleepMs },
      onBreakerChange: (_url, state) => changes.push(state),
    });
    for (let turn = 0; turn < 20; turn++)
      expect(await codeOf(client.execute(query, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
    const began = performance.now();
    for (let turn = 0; turn < 50; turn++) {
      expect(await codeOf(client.execute(query, contextOf()))).toBe('SUBGRAPH_CIRCUIT_BREAKER_REJECTED');
      if (performance.now() - began > sleepMs / 2) break;
    }
    expect(received).toHaveLength(20);
    expect(client.status?.()).toEqual([{ url, breaker: 'open', inFlight: 0 }]);
    await afterSleep();
    const codes = await Promise.all(Array.from({ length: 10 }, () => codeOf(client.execute(query, contextOf()))));
    expect(codes.filter((code) => code === 'SUBREQUEST_HTTP_ERROR')).toHaveLength(1);
    expect(received).toHaveLength(21);
    well = true;
    await afterSleep();
    expect(await client.execute(query, contextOf())).toEqual({ data: { a: 1 } });
    await Promise.all(Array.from({ length: 10 }, () => client.execute(query, contextOf())));
    expect(changes).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  });

  it('counts broken connections', async () => {
    const client = connect(await listenTcp((socket) => socket.resetAndDestroy()), options);
    for (let turn = 0; turn < 20; turn++)
      expect(await codeOf(client.execute(mutation, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
    expect(client.status?.()[0]?.breaker).toBe('open');
  });

  it('counts timeouts', async () => {
    const client = connect(await listen(() => {}), { ...options, timeoutMs: 40 });
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(client.execute(query, contextOf()))));
    expect(new Set(codes)).toEqual(new Set(['SUBGRAPH_REQUEST_TIMEOUT']));
    expect(client.status?.()[0]?.breaker).toBe('open');
  });

  it('does not count disconnected clients, 4xx, and unreadable answers', async () => {
    let answer = (): void => {};
    const url = await listen((_request, response) => {
      answer = () => response.writeHead(404).end('<html>');
      waiting.resolve();
    });
    let waiting = Promise.withResolvers<void>();
    const client = connect(url, options);
    for (let turn = 0; turn < 30; turn++) {
      waiting = Promise.withResolvers();
      const controller = new AbortController();
      const left = client.execute(query, contextOf({ signal: controller.signal }));
      await waiting.promise;
      controller.abort(new Error('left'));
      await expect(left).rejects.toThrow('left');
    }
    for (let turn = 0; turn < 30; turn++) {
      waiting = Promise.withResolvers();
      const refused = codeOf(client.execute(query, contextOf()));
      await waiting.promise;
      answer();
      expect(await refused).toBe('SUBREQUEST_HTTP_ERROR');
    }
    expect(client.status?.()).toEqual([{ url, breaker: 'closed', inFlight: 0 }]);
  });
});

describe('a subgraph with several URLs', () => {
  const serving = (name: string) => listenGraphQL((_request, response) => json(response, { data: { a: name } }));

  it('spreads requests over them', async () => {
    const [one, two] = [await serving('one'), await serving('two')];
    const client = connect(one.url, { ...options, furtherUrls: [two.url] });
    await Promise.all(Array.from({ length: 40 }, () => client.execute(query, contextOf())));
    expect([one.received.length, two.received.length]).toEqual([20, 20]);
  });

  it('prefers the least busy one', async () => {
    const slow = await listen(() => {});
    const fast = await serving('fast');
    const client = connect(slow, { ...options, furtherUrls: [fast.url], timeoutMs: 1_000 });
    const first = [client.execute(query, contextOf()), client.execute(query, contextOf())].map((one) =>
      one.catch(() => undefined),
    );
    await Promise.race(first);
    for (let turn = 0; turn < 20; turn++)
      expect(await client.execute(query, contextOf())).toEqual({ data: { a: 'fast' } });
    await Promise.all(first);
  });

  it.each([
    ['refuses connections', async () => 'http://127.0.0.1:1/graphql'],
    ['breaks connections', () => listenTcp((socket) => socket.resetAndDestroy())],
    ['answers 500', () => listen((_request, response) => response.writeHead(500).end())],
  ])('answers every query while one of them %s, and soon avoids that one', async (_name, sickUrl) => {
    const sick = await sickUrl();
    const well = await serving('well');
    const client = connect(sick, {
      furtherUrls: [well.url],
      breaker: { ...breaker, sleepMs: 5_000 },
      shareIdentical: false,
    });
    for (let turn = 0; turn < 60; turn++)
      expect(await client.execute(query, contextOf())).toEqual({ data: { a: 'well' } });
    for (let turn = 0; turn < 60; turn++)
      expect(await client.execute(mutation, contextOf())).toEqual({ data: { a: 'well' } });
  });

  it('rejects at once when the breakers of all are open', async () => {
    const sick = [
      await listen((_request, response) => response.writeHead(500).end()),
      await listen((_request, response) => response.writeHead(500).end()),
    ] as const;
    const client = connect(sick[0], { ...options, breaker: { ...breaker, sleepMs: 5_000 }, furtherUrls: [sick[1]] });
    for (let turn = 0; turn < 60; turn++) await codeOf(client.execute(query, contextOf()));
    expect(await codeOf(client.execute(query, contextOf()))).toBe('SUBGRAPH_CIRCUIT_BREAKER_REJECTED');
  });
});
