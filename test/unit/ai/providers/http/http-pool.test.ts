/** One contract for what sends requests to providers: the gateway's own client, and undici. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createHttpPool, type HttpExchange } from '../../../../../src/ai/providers/http/index.ts';
import { Deadline } from '../../../../../src/lib/index.ts';

const cleanUps: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function listen(server: Server | TcpServer): Promise<URL> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat?a=b`);
}

/** Every connection that was opened, and what they have closed. */
function follow(server: Server | TcpServer) {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined);
    sockets.push(socket);
  });
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return sockets;
}

describe.each(['lean', 'undici'] as const)('requests to a provider by %s', (client) => {
  async function connect(url: URL, options: { readonly maxConnections?: number } = {}) {
    const pool = createHttpPool({ client, ...options });
    cleanUps.push(() => pool.close());
    const send = (
      body: string | null = '{}',
      { signal = new AbortController().signal, ms = 10_000, maxBytes = 10_000_000 } = {},
    ): HttpExchange =>
      pool.send(
        {
          method: body === null ? 'GET' : 'POST',
          url,
          headers: ['content-type', 'application/json', 'authorization', 'Bearer k'],
          body,
          maxBytes,
        },
        { signal, deadline: Deadline.in(ms) },
      );
    return { pool, send };
  }

  async function serve(answer: RequestListener, options: { readonly maxConnections?: number } = {}) {
    const server = createServer(answer);
    const sockets = follow(server);
    return { sockets, ...(await connect(await listen(server), options)) };
  }

  /** A server that answers with these bytes, whatever they are. */
  async function serveBytes(...answers: readonly string[]) {
    let turn = 0;
    const server = createTcpServer((socket) => {
      socket.on('data', () => socket.write(answers[Math.min(turn++, answers.length - 1)] ?? '', 'latin1'));
    });
    const sockets = follow(server);
    return { sockets, ...(await connect(await listen(server))) };
  }

  const read = async (request: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    return text;
  };

  it('send method, path, headers and body', async () => {
    const seen: unknown[] = [];
    const { send } = await serve(async (request, response) => {
      seen.push([request.method, request.url, request.headers.authorization, await read(request)]);
      response.end('ok');
    });
    expect(await send('{"ü":"🔑"}').text()).toBe('ok');
    expect(await send(null).text()).toBe('ok');
    expect(seen).toEqual([
      ['POST', '/v1/chat?a=b', 'Bearer k', '{"ü":"🔑"}'],
      ['GET', '/v1/chat?a=b', 'Bearer k', ''],
    ]);
  });

  it('read whole answers of every framing and length over few connections', async () => {
    const answers = ['', 'x', 'y'.repeat(200_000), 'z'.repeat(3_000_000)];
    let turn = 0;
    const { send, sockets } = await serve((request, response) => {
      request.resume();
      const text = answers[(turn >> 1) % answers.length] ?? '';
      if (turn++ % 2 === 0) response.writeHead(200, { 'content-length': text.length });
      response.end(text);
    });
    for (const text of answers.flatMap((one) => [one, one])) {
      const exchange = send();
      expect((await exchange.text()) === text).toBe(true);
      expect(exchange.status).toBe(200);
    }
    expect(sockets.length).toBeLessThanOrEqual(client === 'lean' ? 1 : 2);
  });

  it.each([
    ['chunked', {}],
    ['of a length that is known', { 'content-length': 6 }],
  ])('give each piece of a stream as it comes, where it is %s', async (_framing, headers) => {
    const held: ServerResponse[] = [];
    const { send } = await serve((request, response) => {
      request.resume();
      response.writeHead(200, headers).write('one');
      held.push(response);
    });
    const exchange = send();
    await exchange.headersArrived();
    expect(Buffer.concat((await exchange.read()) ?? []).toString()).toBe('one');
    held[0]?.end('two');
    expect(Buffer.concat((await exchange.read()) ?? []).toString()).toBe('two');
    expect(await exchange.read()).toBeUndefined();
  });

  it('close the connection when the signal aborts, before and within an answer', async () => {
    for (const begins of [false, true]) {
      const arrived = Promise.withResolvers<{ readonly closed: Promise<unknown> }>();
      const { send } = await serve((request, response) => {
        request.resume();
        if (begins) response.write('half');
        arrived.resolve({ closed: once(response, 'close') });
      });
      const controller = new AbortController();
      const exchange = send('{}', { signal: controller.signal });
      const whole = exchange.text();
      const { closed } = await arrived.promise;
      const gone = new Error('gone');
      controller.abort(gone);
      await expect(whole).rejects.toBe(gone);
      await closed;
    }
  });

  it('end at their deadline', async () => {
    const { send } = await serve((request) => void request.resume());
    await expect(send('{}', { ms: 20 }).text()).rejects.toMatchObject({ kind: 'timeout' });
  });

  it('wait in turn for a connection where all are in use, and leave the queue when they abort', async () => {
    const held: ServerResponse[] = [];
    let arrived = (): void => {};
    const { send, sockets } = await serve(
      (request, response) => {
        request.resume();
        held.push(response);
        arrived();
      },
      { maxConnections: 1 },
    );
    const next = () => new Promise<void>((resolve) => (arrived = resolve));
    let arrival = next();
    const first = send().text();
    await arrival;
    const controller = new AbortController();
    const second = send('{}', { signal: controller.signal }).text();
    const third = send().text();
    controller.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    arrival = next();
    held[0]?.end('1');
    await arrival;
    held[1]?.end('3');
    expect([await first, await third]).toEqual(['1', '3']);
    expect([held.length, sockets.length]).toEqual([2, 1]);
  });

  it('pause a provider whose answer nobody reads, and take all of it later', async () => {
    const bytes = 30_000_000;
    const responses: ServerResponse[] = [];
    const { send } = await serve((request, response) => {
      request.resume();
      responses.push(response);
      response.write('a'.repeat(bytes / 2));
      response.end('b'.repeat(bytes / 2));
    });
    const exchange = send('{}', { maxBytes: 100_000_000 });
    await exchange.headersArrived();
    // Nothing is read: what the system holds for both ends is far less than the answer.
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(responses[0]?.writableFinished).toBe(false);
    let size = 0;
    for (let chunks = await exchange.read(); chunks !== undefined; chunks = await exchange.read()) {
      for (const chunk of chunks) size += chunk.length;
    }
    expect(size).toBe(bytes);
  });

  it('refuse an answer that is too large by its length, by its bytes, and by its decoded bytes', async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000, ' '));
    const answers: RequestListener[] = [
      (_request, response) => response.writeHead(200, { 'content-length': 2_000 }).end('x'.repeat(2_000)),
      (_request, response) => {
        response.write('x'.repeat(500));
        response.end('x'.repeat(1_500));
      },
      (_request, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
    ];
    for (const answer of answers) {
      const { send } = await serve((request, response) => {
        request.resume();
        answer(request as IncomingMessage, response as Parameters<RequestListener>[1]);
      });
      await expect(send('{}', { maxBytes: 1_000 }).text()).rejects.toMatchObject({ kind: 'malformed' });
    }
  });

  it('decode an answer that is encoded unasked', async () => {
    const { send } = await serve((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('plain')),
    );
    const exchange = send();
    expect(await exchange.text()).toBe('plain');
    expect(exchange.headers['content-encoding']).toBeUndefined();
  });

  it('follow no redirect', async () => {
    const { send, sockets } = await serve((_request, response) =>
      response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end('elsewhere'),
    );
    const exchange = send();
    expect(await exchange.text()).toBe('elsewhere');
    expect([exchange.status, sockets.length]).toEqual([307, 1]);
  });

  it('fail where there is no server, and where the connection breaks before or within an answer', async () => {
    const server = createTcpServer();
    const url = await listen(server);
    server.close();
    await once(server, 'close');
    const { send } = await connect(url);
    await expect(send().text()).rejects.toMatchObject({ kind: 'connection' });
    const breaks: ((response: ServerResponse) => void)[] = [
      (response) => response.destroy(),
      (response) => response.write('half', () => response.destroy()),
    ];
    for (const breaking of breaks) {
      const broken = await serve((request, response) => {
        request.resume();
        breaking(response);
      });
      await expect(broken.send().text()).rejects.toMatchObject({ kind: 'connection' });
    }
  });

  it('use the connection again of an answer whose end is drained, not of one that is stopped', async () => {
    let turn = 0;
    const { send, sockets } = await serve((request, response) => {
      request.resume();
      response.write('data: all that counts\n\n');
      if (turn++ === 2) return;
      setImmediate(() => response.end('data: [DONE]\n\n'));
    });
    for (let call = 0; call < 2; call++) {
      const exchange = send();
      await exchange.read();
      exchange.drain();
      // Its end comes with the next turns of the loop.
      for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate);
    }
    expect(sockets).toHaveLength(1);
    const third = send();
    await third.read();
    const closed = once(sockets[0] as Socket, 'close');
    third.stop();
    await closed;
  });

  it.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc'],
    ['a length and a coding', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a chunk of no number', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n'],
    ['no HTTP', 'hello\r\n\r\n'],
  ])('refuse an answer with %s, and its connection', async (_name, bytes) => {
    const { send, sockets } = await serveBytes(bytes, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
    await expect(send().text()).rejects.toMatchObject({ kind: 'connection' });
    expect(await send().text()).toBe('ok');
    expect(sockets).toHaveLength(2);
  });

  it('give nobody the bytes behind an answer', async () => {
    const smuggled = 'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil';
    const { send } = await serveBytes(
      `HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok${smuggled}`,
      'HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ngood',
    );
    const texts: string[] = [];
    for (let call = 0; call < 3; call++) {
      texts.push(
        await send()
          .text()
          .catch(() => 'refused'),
      );
    }
    expect(texts).not.toContain('evil');
    expect(texts).toContain('good');
  });

  it('refuse a header that would become a second request', async () => {
    const { pool } = await serve((_request, response) => response.end());
    const url = new URL('http://127.0.0.1:9/');
    const headers = ['x-a', 'b\r\nhost: evil'];
    const message = { method: 'POST', url, headers, body: '{}', maxBytes: 100 } as const;
    const bounds = { signal: new AbortController().signal, deadline: Deadline.in(1_000) };
    await expect(pool.send(message, bounds).text()).rejects.toMatchObject({ kind: 'invalid_request' });
  });

  it('fail when the pool closes', async () => {
    const arrived = Promise.withResolvers<void>();
    const { pool, send } = await serve((request) => {
      request.resume();
      arrived.resolve();
    });
    const whole = send().text();
    await arrived.promise;
    await Promise.all([expect(whole).rejects.toMatchObject({ kind: 'connection' }), pool.close()]);
    await expect(send().text()).rejects.toMatchObject({ kind: 'connection' });
  });
});
