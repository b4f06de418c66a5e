/** Clients that half-close, disconnect, do not read, or send invalid HTTP: each is handled, and others are not affected. */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Exchange, Exchanges } from '../../../src/http/exchanges.ts';
import { shop } from '../../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    subgraphs: shop,
    yaml: 'traffic: { share_identical: off, all: { retries: 0 } }\nserver: { request_timeout: 2s }',
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());
afterEach(() => {
  for (const subgraph of Object.values(gateway.subgraphs)) subgraph.intercept = undefined;
});

const body = '{"query":"{ products { name } }"}';
const post = (more = '', text = body): string =>
  `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n${more}\r\n${text}`;

async function open(url = gateway.url): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Everything that is sent until the other side ends. */
async function readAll(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => (text += String(chunk)));
  await once(socket, 'close').catch(() => undefined);
  return text;
}

/** Sends it and reads until the other side closes. */
async function exchange(text: string): Promise<string> {
  const socket = await open();
  socket.write(text);
  socket.once('end', () => socket.end());
  return readAll(socket);
}

/** A subgraph that answers on demand. */
function heldSubgraph() {
  const requested = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const { products } = gateway.subgraphs;
  if (products === undefined) throw new Error('the shop has products');
  products.intercept = async (request, response) => {
    request.socket.once('close', () => left.resolve());
    requested.resolve();
    await released.promise;
    response.end('{"data":{"products":[]}}');
  };
  return { requested: requested.promise, left: left.promise, release: () => released.resolve() };
}

describe('a client that half-closes its connection', () => {
  it.each(['1.1', '1.0'])('gets its answer (HTTP/%s)', async (version) => {
    const socket = await open();
    socket.end(post('connection: close\r\n').replace('HTTP/1.1', `HTTP/${version}`));
    // On a busy machine the server checks whether the client is connected before it answers.
    expect(await readAll(socket)).toMatch(
      /^(?:HTTP\/1\.1 102 Processing\r\n\r\n)*HTTP\/1\.1 200 OK[\s\S]*{"data":{"products":\[{"name":"Kettle"}/,
    );
  });

  it('receives a slow answer', async () => {
    const held = heldSubgraph();
    const socket = await open();
    const answer = readAll(socket);
    socket.end(post());
    await held.requested;
    await once(socket, 'data'); // the informational answer that shows that it is still there
    held.release();
    expect(await answer).toMatch(
      /^(?:HTTP\/1\.1 102 Processing\r\n\r\n)+HTTP\/1\.1 200 OK[\s\S]*{"data":{"products":\[\]}}/,
    );
  });

  it('is noticed when it then disconnects', async () => {
    const held = heldSubgraph();
    const socket = await open();
    socket.end(post());
    await held.requested;
    socket.destroy();
    await held.left;
    held.release();
  });
});

describe('bytes after a request that are not a request', () => {
  it('do not prevent the answer, and are not answered inside it', async () => {
    const held = heldSubgraph();
    const socket = await open();
    const answer = readAll(socket);
    socket.write(`${post()}\0garbage\r\n\r\n`);
    socket.once('end', () => socket.end());
    await held.requested;
    socket.write('more garbage\r\n\r\n');
    held.release();
    expect(await answer).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*{"data":{"products":\[\]}}$/);
  });

  it('are refused where no answer is in flight', async () => {
    expect(await exchange('garbage\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"BAD_REQUEST"/);
  });

  it('are refused inside a body', async () => {
    const answer = await exchange(
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"BAD_REQUEST"/);
  });
});

describe('a client that disconnects while it sends its body', () => {
  it('is a line of the log, not an error with a stack', async () => {
    const before = gateway.log.length;
    for (let count = 0; count < 20; count++) {
      const socket = await open();
      socket.write(post('x-request-id: upload\r\n').slice(0, -10));
      await new Promise((resolve) => setImmediate(resolve));
      if (count % 2 === 0) socket.resetAndDestroy();
      else socket.destroy();
    }
    const lines = () => gateway.log.slice(before).filter(({ requestId }) => requestId === 'upload');
    await expect.poll(() => lines().length).toBeGreaterThan(5);
    expect(new Set(lines().map(({ msg }) => msg))).toEqual(new Set(['request aborted by the client']));
    expect(gateway.log.slice(before).filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('a client that sends its body too slowly is cut too', async () => {
    const before = gateway.log.length;
    const socket = await open();
    const answer = readAll(socket);
    socket.write(post().slice(0, -10));
    socket.once('end', () => socket.end());
    expect(await answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"REQUEST_TIMEOUT"/);
    expect(gateway.log.slice(before).filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('a request that two parsers could read as two', () => {
  const get = (headers: string, version = '1.1'): string =>
    `GET /graphql?query={__typename} HTTP/${version}\r\n${headers}connection: close\r\n\r\n`;
  const chunked = (headers: string, version = '1.1'): string =>
    `POST /graphql HTTP/${version}\r\n${headers}content-type: application/json\r\nconnection: close\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;

  it.each([
    ['two hosts', get('host: a\r\nhost: b\r\n')],
    ['two hosts that are the same', get('Host: a\r\nhost: a\r\n')],
    ['no host', get('')],
    ['a list for a host', get('host: a, b\r\n')],
    ['a host with a path', get('host: a/b\r\n')],
    ['a host with a user', get('host: a@b\r\n')],
    ['gzip under chunked', chunked('host: x\r\ntransfer-encoding: gzip, chunked\r\n')],
    ['chunked twice', chunked('host: x\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n')],
    ['chunked twice in one', chunked('host: x\r\ntransfer-encoding: chunked, chunked\r\n')],
    ['chunked and identity', chunked('host: x\r\ntransfer-encoding: chunked, identity\r\n')],
    ['a coding nobody has', chunked('host: x\r\ntransfer-encoding: xchunked\r\n')],
    ['a coding with a space before its colon', chunked('host: x\r\ntransfer-encoding : chunked\r\n')],
    ['a length and a coding', chunked('host: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n')],
    ['a coding and a length', chunked('host: x\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n')],
    ['a coding in HTTP/1.0', chunked('host: x\r\ntransfer-encoding: chunked\r\n', '1.0')],
    ['two lengths', post('content-length: 2\r\n')],
    ['two lengths that are the same', post(`content-length: ${body.length}\r\n`)],
    ['a length with a sign', post().replace('content-length: ', 'content-length: +')],
    ['a length that is a list', post().replace(/content-length: (\d+)/, 'content-length: $1, $1')],
    ['a header on two lines', get('host: x\r\nx-a: b\r\n c\r\ntransfer-encoding:\r\n chunked\r\n')],
  ])('%s is refused, and its connection closed', async (_name, text) => {
    const answer = await exchange(text);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"BAD_REQUEST"/);
    expect(answer.match(/^HTTP\//gm)).toHaveLength(1);
  });

  it.each([
    ['chunked', chunked('host: x\r\ntransfer-encoding: chunked\r\n')],
    ['chunked in other letters', chunked('host: x\r\ntransfer-encoding: Chunked\r\n')],
    ['a host with a port', get('host: localhost:4000\r\n')],
    ['an address of IPv6', get('host: [::1]:4000\r\n')],
    ['no host in HTTP/1.0', get('', '1.0')],
  ])('while %s is served', async (_name, text) => {
    expect(await exchange(text)).toMatch(/^HTTP\/1\.1 200 OK/);
  });
});

describe('a client that does not read', () => {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  /** A server that answers with `answer`, and the exchanges that have ended. */
  async function serve(writeTimeoutMs: number, answer: (response: ServerResponse) => void) {
    const ended: Exchange[] = [];
    const server = createServer((request, response) => {
      exchanges.begin(request, response, (one) => ended.push(one));
      answer(response);
    });
    const exchanges = new Exchanges({ server, writeTimeoutMs });
    servers.push(server);
    server.on('clientError', (error, socket) => exchanges.refuse(error, socket as Socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ended, exchanges, server };
  }
  const get = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
  /** More than the buffers of the system. */
  const large = Buffer.alloc(40_000_000, 'x');

  it('is cut after the write timeout, and the log distinguishes it from an answer', async () => {
    const { url, ended } = await serve(300, (response) => response.end(large));
    const socket = await open(url);
    socket.pause();
    socket.write(get);
    await expect.poll(() => ended).toHaveLength(1);
    expect(ended[0]?.cutFor).toEqual({ code: 'RESPONSE_TIMEOUT', key: 'server.write_timeout' });
    socket.destroy();
  }, 20_000);

  it('is not cut while it reads, however long it takes', async () => {
    const { url, ended } = await serve(1_000, (response) => response.end(large));
    const socket = await open(url);
    let read = 0;
    let sincePause = 0;
    // A pause after each twentieth of it: longer than the timeout in all.
    socket.on('data', (chunk: Buffer) => {
      read += chunk.length;
      sincePause += chunk.length;
      if (sincePause < large.length / 20) return;
      sincePause = 0;
      socket.pause();
      setTimeout(() => socket.resume(), 60);
    });
    socket.write(get);
    await expect.poll(() => read).toBeGreaterThan(large.length);
    await expect.poll(() => ended).toHaveLength(1);
    expect(ended[0]?.cutFor).toBeUndefined();
    expect(ended[0]?.response.writableFinished).toBe(true);
    socket.destroy();
  }, 70_000);

  it('is not cut while there is nothing to read', async () => {
    const { url, ended } = await serve(500, (response) => {
      // Once the client has read everything: three times the timeout without anything to read.
      response.write(large, () => setTimeout(() => response.end('end'), 1_500));
    });
    const socket = await open(url);
    socket.once('end', () => socket.end());
    socket.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
    expect((await readAll(socket)).endsWith('end\r\n0\r\n\r\n')).toBe(true);
    expect(ended[0]?.cutFor).toBeUndefined();
  }, 20_000);

  it('is logged as aborted when it disconnects in the middle of its answer', async () => {
    const { url, ended } = await serve(10_000, (response) => response.end(large));
    const socket = await open(url);
    socket.write(get);
    await once(socket, 'data');
    socket.resetAndDestroy();
    await expect.poll(() => ended).toHaveLength(1);
    expect(ended[0]?.response.writableFinished).toBe(false);
  });

  it('receives its answer while the server drains', async () => {
    const { url, ended, exchanges, server } = await serve(10_000, (response) => response.end(large));
    const socket = await open(url);
    socket.write(get);
    await once(socket, 'data');
    socket.pause();
    const closed = once(server, 'close');
    server.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(ended).toEqual([]);
    expect(await exchanges.settled(30)).toBe(false);
    exchanges.cutAll();
    await closed;
    await expect.poll(() => ended).toHaveLength(1);
    expect(ended[0]?.cutFor).toEqual({ code: 'OVERLOADED', key: 'server.drain_timeout' });
    socket.destroy();
  });

  it('receives the rest of a stream after which garbage was sent, and nothing else', async () => {
    const begun = Promise.withResolvers<ServerResponse>();
    const { url } = await serve(10_000, (response) => {
      response.write('one ');
      begun.resolve(response);
    });
    const socket = await open(url);
    const answer = readAll(socket);
    socket.once('end', () => socket.end());
    socket.write(get);
    const response = await begun.promise;
    socket.write('\0\0 garbage\r\n\r\n');
    await once(socket, 'data').catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20));
    response.end('two');
    expect(await answer).toMatch(/\r\n\r\n4\r\none \r\n3\r\ntwo\r\n0\r\n\r\n$/);
  });
});
