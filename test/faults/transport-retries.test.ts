import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Deadline } from '../../src/lib/index.ts';
import {
  closeSubgraphs,
  codeOf,
  connect,
  contextOf,
  describeEachClient,
  json,
  listen,
  listenGraphQL,
  listenTcp,
  mutation,
  query,
} from '../testkit/servers/loopback-subgraph.ts';

afterEach(closeSubgraphs);

/** Counts complete requests on a bare socket, and treats the connection of the n-th as `answer` defines. */
async function rawSubgraph(answer: (socket: Socket, count: number) => void) {
  const seen = { count: 0 };
  const url = await listenTcp((socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString();
      const end = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? Number.NaN);
      if (end === -1 || text.length < end + 4 + length) return;
      text = '';
      answer(socket, ++seen.count);
    });
  });
  return { url, seen };
}

const body = '{"data":{"a":1}}';
const whole = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const breaks: [string, (socket: Socket) => void][] = [
  ['is reset before any answer', (socket) => socket.resetAndDestroy()],
  ['is closed before any answer', (socket) => socket.end()],
  [
    'is reset in the headers',
    (socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-ty', () => socket.resetAndDestroy()),
  ],
  ['is reset in the body', (socket) => void socket.write(whole.slice(0, -5), () => socket.resetAndDestroy())],
  ['is closed in the body', (socket) => void socket.end(whole.slice(0, -5))],
  ['answers something that is not HTTP', (socket) => void socket.end('SSH-2.0-OpenSSH_9.9\r\n')],
];

describe.each(breaks)('a connection that %s', (_name, breakIt) => {
  it('costs a query one more request', async () => {
    const { url, seen } = await rawSubgraph((socket, count) =>
      count === 1 ? breakIt(socket) : void socket.write(whole),
    );
    expect(await connect(url).execute(query, contextOf())).toEqual({ data: { a: 1 } });
    expect(seen.count).toBe(2);
  });

  it('is coded when it happens again', async () => {
    const { url, seen } = await rawSubgraph((socket) => breakIt(socket));
    expect(await codeOf(connect(url).execute(query, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
    expect(seen.count).toBe(2);
  });

  it('does not retry a mutation, on a new connection or a reused one', async () => {
    const { url, seen } = await rawSubgraph((socket, count) =>
      count === 2 ? void socket.write(whole) : breakIt(socket),
    );
    const client = connect(url);
    expect(await codeOf(client.execute(mutation, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
    expect(seen.count).toBe(1);
    expect(await client.execute(mutation, contextOf())).toEqual({ data: { a: 1 } });
    expect(await codeOf(client.execute(mutation, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
    expect(seen.count).toBe(3);
  });
});

/** Fails the first request with `status` and `retry-after`, answers the second. */
async function busySubgraph(status: number, retryAfter: string | undefined) {
  const at: number[] = [];
  const { url, received } = await listenGraphQL((_request, response, count) => {
    at.push(performance.now());
    if (count > 1) json(response, { data: { a: 1 } });
    else response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end('busy');
  });
  return { url, received, pause: () => (at[1] ?? 0) - (at[0] ?? 0) };
}

describe.each([429, 503])('an answer of %s', (status) => {
  it('with Retry-After is retried after it', async () => {
    const { url, pause } = await busySubgraph(status, '1');
    expect(await connect(url).execute(query, contextOf())).toEqual({ data: { a: 1 } });
    expect(pause()).toBeGreaterThan(985);
  });

  it('with a date is retried then', async () => {
    const { url, pause } = await busySubgraph(status, new Date(Date.now() + 1_500).toUTCString());
    expect(await connect(url, { timeoutMs: 5_000 }).execute(query, contextOf())).toEqual({ data: { a: 1 } });
    expect(pause()).toBeGreaterThan(450);
  });

  it.each(['0', 'Thu, 01 Jan 2026 00:00:00 GMT'])('with Retry-After: %s is retried at once', async (retryAfter) => {
    const { url, received } = await busySubgraph(status, retryAfter);
    await connect(url).execute(query, contextOf());
    expect(received).toHaveLength(2);
  });

  it.each([undefined, 'soon', '-1', '1e3', 'garbage 1'])('with Retry-After: %s is retried soon', async (retryAfter) => {
    const { url, received } = await busySubgraph(status, retryAfter);
    await connect(url).execute(query, contextOf());
    expect(received).toHaveLength(2);
  });

  it.each(['36000', '3', '99999999999999'])(
    'with Retry-After: %s, beyond the deadline, fails now',
    async (retryAfter) => {
      const { url, received } = await busySubgraph(status, retryAfter);
      expect(await codeOf(connect(url).execute(query, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
      expect(received).toHaveLength(1);
    },
  );

  it('with Retry-After beyond the operation’s own deadline fails now', async () => {
    const { url } = await busySubgraph(status, '1');
    expect(await codeOf(connect(url).execute(query, contextOf({ deadline: Deadline.in(500) })))).toBe(
      'SUBREQUEST_HTTP_ERROR',
    );
  });

  it('is not retried for a mutation', async () => {
    const { url, received } = await busySubgraph(status, '0');
    expect(await codeOf(connect(url).execute(mutation, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
    expect(received).toHaveLength(1);
  });
});

describeEachClient(() => {
  describe('a client that disconnects during the pause before a retry', () => {
    it('ends it', async () => {
      const { url, received } = await busySubgraph(503, '1');
      const controller = new AbortController();
      const answer = connect(url, { timeoutMs: 5_000 }).execute(query, contextOf({ signal: controller.signal }));
      const left = expect(answer).rejects.toThrow('the client left');
      await expect.poll(() => received).toHaveLength(1);
      // The refusal has arrived by then, and the pause of a second has not ended.
      setTimeout(() => controller.abort(new Error('the client left')), 40);
      await left;
      expect(received).toHaveLength(1);
    });
  });

  describe('retries at volume', () => {
    it('save 99 % of queries where a tenth of all answers is a 5xx, for a fifth more load at most', async () => {
      let random = 1;
      let requests = 0;
      const url = await listen((request, response) => {
        request.resume().once('end', () => {
          requests++;
          random = (random * 48_271) % 2_147_483_647;
          if (random % 10 === 0) response.writeHead(500 + (random % 4)).end('broken');
          else response.end(body);
        });
      });
      const client = connect(url, { shareIdentical: false, retries: 2 });
      const queries = 3_000;
      let failures = 0;
      let asked = 0;
      await Promise.all(
        Array.from({ length: 30 }, async () => {
          while (asked++ < queries) await client.execute(query, contextOf()).catch(() => failures++);
        }),
      );
      expect(failures).toBeLessThan(queries * 0.01);
      expect(requests).toBeLessThanOrEqual(queries * 1.2);
      expect(requests).toBeGreaterThan(queries * 1.05);
    });

    it('add a fifth at most where everything fails', async () => {
      let requests = 0;
      const url = await listen((request, response) => {
        request.resume().once('end', () => {
          requests++;
          response.writeHead(503).end();
        });
      });
      const client = connect(url, { shareIdentical: false, retries: 3 });
      for (let round = 0; round < 20; round++) {
        await Promise.allSettled(Array.from({ length: 50 }, () => client.execute(query, contextOf())));
      }
      expect(requests).toBeGreaterThan(1_000);
      expect(requests).toBeLessThanOrEqual(1_200);
    });
  });
});
