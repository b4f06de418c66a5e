import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { safetyLimit } from '../testkit/safety-limit.ts';
import {
  closeSubgraphs,
  codeOf,
  connect,
  contextOf,
  describeEachClient,
  json,
  listen,
  listenTcp,
  mutation,
  query,
} from '../testkit/servers/loopback-subgraph.ts';

afterEach(closeSubgraphs);

/** The sockets this process has open. */
const openSockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length;
const openTimers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

function busyFor(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

async function settles(read: () => number, most: number): Promise<number> {
  for (let turn = 0; turn < 500 && read() > most; turn++) await pause(20);
  return read();
}

describeEachClient(() => {
  describe('an answer of 200 MB', () => {
    it.each([
      ['announced', true],
      ['not announced', false],
    ])('%s is cut at the limit, in bounded memory', async (_name, announced) => {
      let sent = 0;
      const chunk = Buffer.alloc(65_536, ' ');
      const url = await listen((_request, response) => {
        response.writeHead(200, announced ? { 'content-length': 200_000_000 } : {});
        const write = (): void => {
          while (!response.destroyed && sent < 200_000_000) {
            sent += chunk.length;
            if (!response.write(chunk)) return void response.once('drain', write);
          }
        };
        write();
      });
      const before = process.memoryUsage().arrayBuffers;
      expect(await codeOf(connect(url, { maxResponseBytes: 10_000_000 }).execute(query, contextOf()))).toBe(
        'SUBREQUEST_MALFORMED_RESPONSE',
      );
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40_000_000);
      expect(sent).toBeLessThan(100_000_000);
    });
  });

  describe('a subgraph that', () => {
    it('floods headers is coded', async () => {
      const url = await listenTcp((socket) =>
        socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${'x-a: 1\r\n'.repeat(10_000)}`)),
      );
      expect(await codeOf(connect(url).execute(mutation, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
    });

    it('answers 103 first is read by its final answer', async () => {
      const url = await listenTcp((socket) =>
        socket.on('data', () =>
          socket.write(
            'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"data":{}}',
          ),
        ),
      );
      expect(await connect(url).execute(query, contextOf())).toEqual({ data: {} });
    });

    it('reports a million errors is not read to the end', async () => {
      const url = await listen((_request, response) =>
        response.end(`{"errors":[${new Array(1_000_000).fill('1').join(',')}]}`),
      );
      const { errors } = await connect(url).execute(query, contextOf());
      expect(errors).toHaveLength(1_000);
    });

    it.each([301, 302, 303, 307, 308])('redirects by %i is not followed', async (status) => {
      let followed = 0;
      const target = await listen((_request, response) => {
        followed++;
        response.end('{"data":{}}');
      });
      const url = await listen((_request, response) => response.writeHead(status, { location: target }).end());
      expect(await codeOf(connect(url).execute(query, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
      expect(followed).toBe(0);
    });

    it('hangs delays a request for the timeout at most, retries included', async () => {
      let requests = 0;
      const url = await listen(() => void requests++);
      const began = performance.now();
      expect(await codeOf(connect(url, { timeoutMs: 150, retries: 5 }).execute(query, contextOf()))).toBe(
        'SUBGRAPH_REQUEST_TIMEOUT',
      );
      expect(performance.now() - began).toBeLessThan(safetyLimit(150));
      expect(requests).toBe(1);
    });
  });

  describe('a gateway that is busy with something else', () => {
    it('takes a connection that was there in time', async () => {
      const url = await listen((_request, response) => json(response, { data: { a: 1 } }));
      const onConnect = (): void => {
        unsubscribe('net.client.socket', onConnect);
        queueMicrotask(() => busyFor(300));
      };
      subscribe('net.client.socket', onConnect);
      const client = connect(url, { connectTimeoutMs: 100, retries: 0 });
      // At the end of a turn of the event loop, which goes on with timers.
      await new Promise((resolve) => setImmediate(resolve));
      expect((await client.execute(query, contextOf())).data).toEqual({ a: 1 });
    });

    it('gives up one that does not come once it is no longer busy', async () => {
      const url = await listenTcp(() => {});
      const onConnect = (): void => {
        unsubscribe('net.client.socket', onConnect);
        queueMicrotask(() => busyFor(300));
      };
      subscribe('net.client.socket', onConnect);
      // Its end of TLS is never heard of.
      const client = connect(url.replace('http:', 'https:'), { connectTimeoutMs: 100, timeoutMs: 20_000, retries: 0 });
      expect(await codeOf(client.execute(query, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
    });

    it('takes an answer that was there in time', async () => {
      const timeoutMs = 1_000;
      const url = await listen((_request, response) => {
        response.once('finish', () => busyFor(timeoutMs + 100));
        json(response, { data: { a: 1 } });
      });
      expect((await connect(url, { timeoutMs }).execute(query, contextOf())).data).toEqual({ a: 1 });
    });
  });

  describe('a gateway that was busy for longer than an answer may take', () => {
    it('gives the subgraph that time again', async () => {
      const timeoutMs = 700;
      const url = await listen((_request, response) => {
        busyFor(2 * timeoutMs);
        setTimeout(() => json(response, { data: { a: 1 } }), 50);
      });
      expect((await connect(url, { timeoutMs, retries: 0 }).execute(query, contextOf())).data).toEqual({ a: 1 });
    });
  });

  describe('requests that wait for a connection', () => {
    it('are bounded: one more fails at once, coded, and does not count against the URL', async () => {
      const waiting: (() => void)[] = [];
      const url = await listen((_request, response) => {
        waiting.push(() => json(response, { data: { a: 1 } }));
      });
      const breaker = { thresholdPercent: 1, minRequests: 1, windowMs: 10_000, sleepMs: 5_000 };
      const client = connect(url, { shareIdentical: false, maxConnections: 2, maxInFlight: 5, breaker });
      const answers = Array.from({ length: 5 }, () => client.execute(query, contextOf()));
      expect(await codeOf(client.execute(query, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
      expect(await codeOf(client.execute(mutation, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
      expect(client.status?.()).toEqual([{ url, breaker: 'closed', inFlight: 5 }]);
      const answering = setInterval(() => waiting.shift()?.(), 1);
      expect((await Promise.all(answers)).map(({ data }) => data)).toEqual(Array(5).fill({ a: 1 }));
      clearInterval(answering);
      const after = client.execute(query, contextOf());
      await expect.poll(() => waiting.length).toBe(1);
      waiting.shift()?.();
      expect((await after).data).toEqual({ a: 1 });
    });
  });

  describe('clients that leave', () => {
    it('are seen by the subgraph, and leak nothing', async () => {
      let closed = 0;
      let arrived = 0;
      const url = await listen((request) => {
        arrived++;
        request.socket.once('close', () => closed++);
      });
      const client = connect(url, { shareIdentical: false, timeoutMs: 60_000 });
      await codeOf(connect(url, { timeoutMs: 20 }).execute(query, contextOf()));
      const [sockets, timers] = [openSockets(), openTimers()];
      for (let round = 0; round < 20; round++) {
        const controller = new AbortController();
        const answers = Array.from({ length: 100 }, () =>
          client.execute(query, contextOf({ signal: controller.signal })),
        );
        // In every other round all requests have arrived; in the others they are in any state.
        if (round % 2 === 0) await settles(() => -arrived, -100);
        closed = 0;
        arrived = 0;
        controller.abort(new Error('the client left'));
        const outcomes = await Promise.allSettled(answers);
        expect(
          outcomes.every((outcome) => outcome.status === 'rejected' && outcome.reason === controller.signal.reason),
        ).toBe(true);
        if (round % 2 === 0) {
          await expect.poll(() => closed).toBeGreaterThanOrEqual(100);
          expect(await settles(openSockets, sockets)).toBeLessThanOrEqual(sockets);
        }
      }
      expect(client.status?.()).toEqual([{ url, breaker: 'closed', inFlight: 0 }]);
      // Connections that were being made when their request was left stay for the next one: at most the pool's hundred.
      await client.close();
      expect(await settles(openSockets, sockets)).toBeLessThanOrEqual(sockets);
      expect(await settles(openTimers, timers)).toBeLessThanOrEqual(timers);
    });

    it('while waiting for a connection cost no connection', async () => {
      let connections = 0;
      const release: (() => void)[] = [];
      const url = await listen((request, response) => {
        if (!known.has(request.socket)) connections++;
        known.add(request.socket);
        request.resume().once('end', () => release.push(() => response.end('{"data":{}}')));
      });
      const known = new WeakSet<object>();
      const client = connect(url, { shareIdentical: false, maxConnections: 1 });
      const first = client.execute(query, contextOf());
      const controller = new AbortController();
      const waiting = Promise.allSettled(
        Array.from({ length: 10 }, () => client.execute(query, contextOf({ signal: controller.signal }))),
      );
      const last = client.execute(query, contextOf());
      while (release.length === 0) await pause(1);
      controller.abort(new Error('left'));
      await waiting;
      release.shift()?.();
      await first;
      while (release.length === 0) await pause(1);
      release.shift()?.();
      expect(await last).toEqual({ data: {} });
      expect(connections).toBe(1);
    });

    it('while their mutation is being compressed send nothing', async () => {
      let requests = 0;
      const url = await listen(() => void requests++);
      const controller = new AbortController();
      const client = connect(url, { compression: 'br' });
      const large = { ...mutation, variables: { text: 'abcdefgh'.repeat(50_000) } };
      const left = client.execute(large, contextOf({ signal: controller.signal }));
      controller.abort(new Error('left'));
      await expect(left).rejects.toThrow('left');
      await pause(40);
      expect(requests).toBe(0);
    });

    it('before their request began never reach the subgraph', async () => {
      let requests = 0;
      const url = await listen(() => void requests++);
      await expect(
        connect(url).execute(query, contextOf({ signal: AbortSignal.abort(new Error('left')) })),
      ).rejects.toThrow('left');
      expect(requests).toBe(0);
    });
  });
});
