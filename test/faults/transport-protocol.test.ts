import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import {
  closeSubgraphs,
  codeOf,
  connect,
  contextOf,
  describeEachClient,
  listenTcp,
  mutation,
  query,
} from '../testkit/servers/loopback-subgraph.ts';

afterEach(closeSubgraphs);

const body = '{"data":{"a":1}}';
const answer = (headers: string, text: string | Buffer = body, status = '200 OK'): Buffer =>
  Buffer.concat([Buffer.from(`HTTP/1.1 ${status}\r\n${headers}\r\n\r\n`), Buffer.from(text)]);
const sized = (text: string | Buffer, status?: string, headers = ''): Buffer =>
  answer(`content-length: ${text.length}${headers}`, text, status);
const zipped = (text: Buffer): Buffer => sized(text, undefined, '\r\ncontent-encoding: gzip');

/** Answers the first request with these bytes and all others correctly, on any connection. */
function once(bytes: Buffer): Promise<string> {
  let requests = 0;
  return listenTcp((socket) => socket.on('data', () => void socket.write(requests++ === 0 ? bytes : sized(body))));
}

describeEachClient(() => {
  describe('an answer that violates HTTP or is empty', () => {
    it.each([
      ['204', answer('x-a: 1', '', '204 No Content'), 'SUBREQUEST_MALFORMED_RESPONSE'],
      ['304', answer('x-a: 1', '', '304 Not Modified'), 'SUBREQUEST_HTTP_ERROR'],
      [
        '101',
        answer('connection: upgrade\r\nupgrade: websocket', '', '101 Switching Protocols'),
        'SUBREQUEST_HTTP_ERROR',
      ],
      ['no body', sized(''), 'SUBREQUEST_MALFORMED_RESPONSE'],
      ['a length that is too short', answer('content-length: 5'), 'SUBREQUEST_MALFORMED_RESPONSE'],
      ['a length that is too long', answer('content-length: 500'), 'SUBGRAPH_REQUEST_TIMEOUT'],
      ['a negative length', answer('content-length: -5'), 'SUBREQUEST_HTTP_ERROR'],
      ['two lengths', answer('content-length: 16\r\ncontent-length: 3'), 'SUBREQUEST_HTTP_ERROR'],
      ['a length and chunks', answer('transfer-encoding: chunked\r\ncontent-length: 5', ''), 'SUBREQUEST_HTTP_ERROR'],
      ['chunks that are none', answer('transfer-encoding: chunked', 'zz\r\nfoo'), 'SUBREQUEST_HTTP_ERROR'],
      ['bare line feeds', Buffer.from(`HTTP/1.1 200 OK\ncontent-length: 16\n\n${body}`), 'SUBREQUEST_HTTP_ERROR'],
      ['a bomb', zipped(gzipSync(Buffer.alloc(200_000_000, ' '))), 'SUBREQUEST_MALFORMED_RESPONSE'],
      ['half a zip', zipped(gzipSync(body).subarray(0, 20)), 'SUBREQUEST_MALFORMED_RESPONSE'],
      ['a zip that is none', zipped(Buffer.from(body)), 'SUBREQUEST_MALFORMED_RESPONSE'],
      ['UTF-16', sized(Buffer.from(body, 'utf16le')), 'SUBREQUEST_MALFORMED_RESPONSE'],
    ] as const)('%s is coded, and the next request is answered', async (_name, bytes, code) => {
      const client = connect(await once(bytes), { retries: 0, timeoutMs: 300, maxResponseBytes: 1_000_000 });
      expect(await codeOf(client.execute(mutation, contextOf()))).toBe(code);
      // Nothing of it remains on the connection for the next request.
      expect((await client.execute(mutation, contextOf())).data).toEqual({ a: 1 });
    });

    it('has bytes that are not UTF-8 replaced, and the rest read', async () => {
      const bytes = Buffer.concat([Buffer.from('{"data":{"a":"x'), Buffer.from([0xff, 0xc0]), Buffer.from('y"}}')]);
      const client = connect(await once(sized(bytes)));
      expect((await client.execute(query, contextOf())).data).toEqual({ a: 'x\ufffd\ufffdy' });
    });

    it('is never the answer of the next request if two arrive at once', async () => {
      const url = await once(Buffer.concat([sized(body), sized('{"data":{"a":666}}')]));
      const client = connect(url, { retries: 0 });
      expect((await client.execute(mutation, contextOf())).data).toEqual({ a: 1 });
      expect((await client.execute(mutation, contextOf())).data).toEqual({ a: 1 });
    });
  });

  describe('a subgraph that answers before it has read the request', () => {
    const large = { ...mutation, variables: { text: 'x'.repeat(10_000_000) } };

    it.each(['reads on', 'reads no more', 'closes the connection', 'resets the connection'])(
      'and %s has its answer accepted, and serves the next request',
      async (then) => {
        const url = await listenTcp((socket) =>
          socket.once('data', () => {
            socket.write(sized(body));
            if (then === 'reads no more') socket.pause();
            else if (then === 'closes the connection') socket.end();
            else if (then === 'resets the connection') setImmediate(() => socket.resetAndDestroy());
            else socket.resume();
          }),
        );
        const client = connect(url, { timeoutMs: 1_000 });
        expect((await client.execute(large, contextOf())).data).toEqual({ a: 1 });
        expect((await connect(url).execute(mutation, contextOf())).data).toEqual({ a: 1 });
      },
    );
  });

  describe('a connection that is closed while it is reused', () => {
    /** Closes each connection a moment after its first answer. */
    async function closing(kind: 'query' | 'mutation') {
      let requests = 0;
      const url = await listenTcp((socket) =>
        socket.on('data', () => {
          requests++;
          socket.write(sized(body));
          setTimeout(() => socket.end(), 2);
        }),
      );
      const client = connect(url, { shareIdentical: false });
      let failures = 0;
      const total = 200;
      for (let index = 0; index < total; index++) {
        const answered = client.execute(kind === 'query' ? query : mutation, contextOf());
        await answered.catch(() => failures++);
        await new Promise((resolve) => setTimeout(resolve, index % 5));
      }
      return { requests, failures, total };
    }

    it('fails no query', async () => {
      expect((await closing('query')).failures).toBe(0);
    });

    it('never sends a mutation twice', async () => {
      const { requests, total } = await closing('mutation');
      expect(requests).toBeLessThanOrEqual(total);
    });
  });
});

describe('our own client', () => {
  it('loses no mutation to a server that lets go of each connection with its answer, without saying so', async () => {
    let requests = 0;
    const url = await listenTcp((socket) =>
      socket.on('data', () => {
        requests++;
        socket.end(sized(body));
      }),
    );
    const client = connect(url, { client: 'lean', shareIdentical: false, maxConnections: 4 });
    const total = 400;
    let left = total;
    const send = async (): Promise<void> => {
      // Each in the turn in which the answer before it ended.
      while (left-- > 0) await client.execute(mutation, contextOf());
    };
    await Promise.all([1, 2, 3, 4, 5, 6].map(send));
    expect(requests).toBe(total);
  });

  it('gives the connection of a mutation whose client left before it was sent to the next one', async () => {
    const sockets = new Set<unknown>();
    let requests = 0;
    const url = await listenTcp((socket) => {
      sockets.add(socket);
      socket.on('data', () => {
        requests++;
        socket.write(sized(body));
      });
    });
    const client = connect(url, { client: 'lean', shareIdentical: false, maxConnections: 1 });
    await client.execute(mutation, contextOf());
    const leaving = new AbortController();
    const abandoned = client.execute(mutation, { ...contextOf(), signal: leaving.signal });
    const next = client.execute(mutation, contextOf());
    leaving.abort(new Error('left'));
    await expect(abandoned).rejects.toThrow('left');
    expect(await next).toEqual(JSON.parse(body));
    expect([sockets.size, requests]).toEqual([1, 2]);
  });
});
