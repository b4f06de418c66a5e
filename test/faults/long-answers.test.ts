/** Answers that are longer than what is kept of them: written while they are made, as fast as their client reads. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

const megabyte = 1_048_576;
const items = Array.from({ length: 2_000 }, (_, index) => ({
  id: `i${index}`,
  name: `Item ${index} é`,
  text: 'lorem ipsum '.repeat(210),
}));
const list = JSON.stringify(items);

let gateway: TestGateway;
const sockets: Socket[] = [];

beforeAll(async () => {
  gateway = await startTestGateway({
    subgraphs: {
      items: {
        sdl: `type Query { items: [Item!]!  maybe: [Item] }
              type Item { id: ID!  name: String!  text: String! }`,
      },
    },
    yaml: 'server: { write_timeout: 2s }',
    workers: 1,
  });
  const { items: subgraph } = gateway.subgraphs;
  if (subgraph === undefined) throw new Error('there is a subgraph');
  const broken = JSON.stringify([...items.slice(0, 1_000), { ...items[0], name: null }, ...items.slice(1_000)]);
  subgraph.intercept = (request, response) => {
    request.resume();
    let text = '';
    request.on('data', (chunk) => (text += chunk));
    request.on('end', () => {
      const field = text.includes('maybe') ? `"maybe":${broken}` : `"items":${list}`;
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"data":{${field}}}`);
    });
  };
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(() => gateway[Symbol.asyncDispose]());

/** The list under so many aliases. */
const queryOf = (aliases: number): string =>
  `{ ${Array.from({ length: aliases }, (_, index) => `a${index}: items { id name text }`).join(' ')} }`;

function expectedParts(aliases: number): readonly string[] {
  const lists = Array.from({ length: aliases }, (_, index) => [`${index === 0 ? '' : ','}"a${index}":`, list]);
  return ['{"data":{', ...lists.flat(), '}}'];
}

function expectedOf(aliases: number): { readonly bytes: number; readonly hash: string } {
  const hash = createHash('sha1');
  let bytes = 0;
  for (const part of expectedParts(aliases)) {
    hash.update(part);
    bytes += Buffer.byteLength(part);
  }
  return { bytes, hash: hash.digest('hex') };
}

/** A request whose body says its length does not reach Fastify; one in chunks does. */
async function send(query: string, { inChunks = false } = {}): Promise<IncomingMessage> {
  const body = JSON.stringify({ query });
  const length = inChunks ? {} : { 'content-length': Buffer.byteLength(body) };
  const request = httpRequest(gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...length },
  });
  if (inChunks) request.write(body.slice(0, 1));
  request.end(inChunks ? body.slice(1) : body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  sockets.push(response.socket);
  return response;
}

async function read(response: AsyncIterable<Buffer>, onChunk?: () => void) {
  const hash = createHash('sha1');
  let bytes = 0;
  for await (const chunk of response) {
    hash.update(chunk);
    bytes += chunk.length;
    onChunk?.();
  }
  return { bytes, hash: hash.digest('hex') };
}

/** A request on a bare socket. */
function sendRaw(query: string, head = 'POST /graphql HTTP/1.1'): Socket {
  const { port } = new URL(gateway.url);
  const body = JSON.stringify({ query });
  const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true });
  sockets.push(socket);
  socket.write(
    `${head}\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  return socket;
}

/** Lines of requests that ended so. */
const linesOf = (msg: string): readonly Record<string, unknown>[] =>
  gateway.log.filter((line) => line.path === '/graphql' && line.msg === msg);

describe('an answer of 200 MB', () => {
  const aliases = 40;
  const expected = expectedOf(aliases);

  it.each([false, true])('is whole, and never whole in memory (request in chunks: %s)', async (inChunks) => {
    expect(expected.bytes).toBeGreaterThan(190 * megabyte);
    await read(await send(queryOf(1), { inChunks }));
    globalThis.gc?.();
    const before = process.memoryUsage();
    let buffers = 0;
    let resident = 0;
    const response = await send(queryOf(aliases), { inChunks });
    let chunks = 0;
    const answer = await read(response, () => {
      // The client is in this process too: what it has read is no memory of the answer.
      if (++chunks % 800 !== 0) return;
      globalThis.gc?.();
      const { arrayBuffers, rss } = process.memoryUsage();
      buffers = Math.max(buffers, arrayBuffers - before.arrayBuffers);
      resident = Math.max(resident, rss - before.rss);
    });
    expect(response.statusCode).toBe(200);
    expect(response.headers['transfer-encoding']).toBe('chunked');
    expect(answer).toEqual(expected);
    expect(buffers).toBeLessThan(60 * megabyte);
    expect(resident).toBeLessThan(180 * megabyte);
  });

  it('waits for a client that reads slowly, and others are answered meanwhile', async () => {
    globalThis.gc?.();
    const before = process.memoryUsage().arrayBuffers;
    const response = await send(queryOf(aliases));
    let bytes = 0;
    let buffers = 0;
    for await (const chunk of response) {
      const earlier = bytes;
      bytes += (chunk as Buffer).length;
      if (Math.floor(bytes / (40 * megabyte)) === Math.floor(earlier / (40 * megabyte))) continue;
      response.pause();
      expect((await gateway.query('{ __typename }')).data).toEqual({ __typename: 'Query' });
      buffers = Math.max(buffers, process.memoryUsage().arrayBuffers - before);
      response.resume();
    }
    expect(bytes).toBe(expected.bytes);
    expect(buffers).toBeLessThan(60 * megabyte);
  });

  it('ends with a client that leaves in the midst of it', async () => {
    const lines = () => linesOf('request aborted by the client');
    const count = lines().length;
    const response = await send(queryOf(aliases));
    let bytes = 0;
    response.on('error', () => {});
    for await (const chunk of response) {
      bytes += (chunk as Buffer).length;
      if (bytes > 5 * megabyte) break;
    }
    response.destroy();
    await expect.poll(() => lines().length).toBe(count + 1);
    expect(lines().at(-1)).toMatchObject({ status: 200 });
  });

  it('is cut where its client takes nothing for server.write_timeout', async () => {
    const lines = () => linesOf('request cut');
    const count = lines().length;
    const socket = sendRaw(queryOf(aliases));
    socket.on('error', () => {});
    await once(socket, 'readable');
    await expect.poll(() => lines().length).toBe(count + 1);
    expect(lines().at(-1)).toMatchObject({ code: 'RESPONSE_TIMEOUT', key: 'server.write_timeout' });
  });
});

describe('a long answer', () => {
  const aliases = 3;
  const expected = expectedOf(aliases);

  it('is whole for each of those that share it', async () => {
    const responses = await Promise.all(Array.from({ length: 3 }, () => send(queryOf(aliases))));
    for (const response of responses) expect(await read(response)).toEqual(expected);
  });

  it('ends with its connection for a client of HTTP/1.0', async () => {
    const socket = sendRaw(queryOf(aliases), 'POST /graphql HTTP/1.0');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const [head = '', body = ''] = text.split('\r\n\r\n');
    expect(head).toContain('HTTP/1.1 200');
    expect(head.toLowerCase()).not.toContain('transfer-encoding');
    expect(body === expectedParts(aliases).join('')).toBe(true);
  });

  it('is whole for a client that has closed its half of the connection', async () => {
    const socket = sendRaw(queryOf(aliases));
    await once(socket, 'readable');
    socket.end();
    await pause(10);
    let bytes = 0;
    let last = '';
    for await (const chunk of socket) {
      bytes += (chunk as Buffer).length;
      last = String(chunk).slice(-7);
      if (last === '\r\n0\r\n\r\n') break;
    }
    expect(bytes).toBeGreaterThan(expected.bytes);
    expect(last).toBe('\r\n0\r\n\r\n');
  });

  it('has its errors before its data, and null where a value cannot be', async () => {
    const response = await send('{ maybe { id name text } }');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    expect(text.startsWith('{"errors":[{"message":')).toBe(true);
    const { data, errors } = JSON.parse(text);
    expect(errors).toMatchObject([
      { path: ['maybe', 1_000, 'name'], extensions: { code: 'SUBREQUEST_MALFORMED_RESPONSE' } },
    ]);
    expect(data.maybe[1_000]).toBe(null);
    expect(data.maybe).toHaveLength(2_001);
  });

  it('is the same to a request without a socket', async () => {
    const answer = await gateway.gateway.fetch(
      new Request(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: queryOf(aliases) }),
      }),
    );
    expect(await read(answer.body as unknown as AsyncIterable<Buffer>)).toEqual(expected);
  });
});
