/** What clients send in other forms than the usual one: compressed, with empty parts, from another origin, as a WebSocket. */
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exposedHeaders } from '../../../src/http/cors.ts';
import { shop } from '../../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

let gateway: TestGateway;
let origin: string;
beforeAll(async () => {
  gateway = await startTestGateway({
    subgraphs: shop,
    yaml: `server: { allowed_origins: ["https://shop.example", "http://localhost:*", "https://shop.example:8443"] }
limits: { body: 20kb }
headers: { all: { response: [{ propagate: { named: x-served-by } }] } }`,
  });
  origin = new URL(gateway.url).origin;
});
afterAll(() => gateway[Symbol.asyncDispose]());

const query = '{"query":"{ products { name } }"}';
const chat = '{"model":"fast","max_tokens":5,"messages":[{"role":"user","content":"Say something about the kettle."}]}';

const post = (path: string, body: Buffer | string, headers: Record<string, string> = {}) =>
  fetch(`${origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });

/** Larger than any limit of a body. */
const bomb = Buffer.alloc(40_000_000);

const routes = [
  ['/graphql', query],
  ['/v1/messages/count_tokens', chat],
  ['/v1/chat/completions', chat],
] as const;

describe.each(routes)('a compressed body of POST %s', (path, text) => {
  it.each([
    ['gzip', gzipSync(text)],
    ['GZip', gzipSync(text)],
    ['x-gzip', gzipSync(text)],
    ['deflate', deflateSync(text)],
    ['deflate', deflateRawSync(text)],
    ['br', brotliCompressSync(text)],
    ['zstd', zstdCompressSync(text)],
    ['gzip, br', brotliCompressSync(gzipSync(text))],
    ['identity', Buffer.from(text)],
    ['', Buffer.from(text)],
  ])('is read as `%s`', async (encoding, body) => {
    const response = await post(path, body, { 'content-encoding': encoding });
    expect({ status: response.status, body: await response.text() }).toMatchObject({ status: 200 });
  });

  it.each([
    ['an encoding nobody has', 'compress', gzipSync(text), 415],
    ['three encodings', 'gzip, gzip, gzip', gzipSync(gzipSync(gzipSync(text))), 415],
    ['what is not gzip', 'gzip', Buffer.from(text), 400],
    ['half of it', 'gzip', gzipSync(text).subarray(0, 20), 400],
    ['nothing', 'br', Buffer.alloc(0), 400],
    ['a bomb in gzip', 'gzip', gzipSync(bomb), 413],
    ['a bomb in br', 'br', brotliCompressSync(bomb), 413],
    ['a bomb in a bomb', 'gzip, gzip', gzipSync(gzipSync(bomb)), 413],
  ])('is refused with a code where it is %s', async (_name, encoding, body, status) => {
    const response = await post(path, body, { 'content-encoding': encoding });
    const answer = await response.text();
    expect(response.status).toBe(status);
    expect(answer).toMatch(/"code":"[A-Z_]+"|"type":"[a-z_]+"/);
    if (status === 415) expect(response.headers.get('accept-encoding') ?? 'gzip').toContain('gzip');
  });
});

describe('parts of a request that are empty', () => {
  it.each(['variables=', 'operationName=', 'extensions=', 'variables=&operationName=&extensions='])(
    'say nothing: %s',
    async (parameters) => {
      const response = await fetch(`${gateway.url}?${parameters}&query=query+Q+{products{name}}`);
      expect(await response.json()).toMatchObject({ data: { products: expect.anything() } });
      expect(response.status).toBe(200);
    },
  );

  it('of which the query is not one', async () => {
    expect((await fetch(`${gateway.url}?query=`)).status).toBe(400);
  });

  it.each(['', ' ', ',', ' , '])('an Accept of `%s` accepts anything', async (accept) => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    socket.end(`GET /graphql?query={__typename} HTTP/1.1\r\nhost: x\r\naccept:${accept}\r\nconnection: close\r\n\r\n`);
    let answer = '';
    socket.on('data', (chunk) => (answer += String(chunk)));
    await once(socket, 'close');
    expect(answer).toContain('{"data":{"__typename":"Query"}}');
  });
});

describe('a page of another origin', () => {
  const preflight = (from: string, path = '/graphql') =>
    fetch(`${origin}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'content-type, x-own',
      },
    });

  it.each(['https://shop.example', 'http://localhost:5173', 'http://localhost', 'https://shop.example:8443'])(
    'that is allowed may send and read: %s',
    async (from) => {
      const asked = await preflight(from);
      expect(asked.status).toBe(204);
      expect(Object.fromEntries(asked.headers)).toMatchObject({
        'access-control-allow-origin': from,
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'content-type, x-own',
        vary: 'Origin',
      });
      const answered = await post('/graphql', query, { origin: from });
      expect(answered.headers.get('access-control-allow-origin')).toBe(from);
      const exposed = answered.headers.get('access-control-expose-headers')?.split(', ');
      expect(exposed).toEqual([...exposedHeaders, 'x-served-by']);
    },
  );

  it.each([
    'https://evil.example',
    'http://localhost.evil.example',
    'https://localhost:5173',
    'http://localhost:5173.evil.example',
    'https://shop.example:444',
    'null',
  ])('that is not allowed is answered with the key to set: %s', async (from) => {
    const answer = await preflight(from);
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    const { errors } = (await answer.json()) as { errors: { message: string; extensions: object }[] };
    expect(errors[0]?.message).toContain('server.allowed_origins');
    expect(errors[0]?.message).toContain(from);
    expect(
      gateway.log.some(({ msg, origin: logged }) => String(msg).includes('allowed_origins') && logged === from),
    ).toBe(true);
  });

  it('can read every header that is named in the source, and only these', () => {
    const files = globSync(['src/http/**/*.ts', 'src/limits/**/*.ts', 'src/cache/**/*.ts'], {
      exclude: ['src/http/landing/app/**'],
    });
    const sources = files.filter((file) => file !== 'src/http/cors.ts').map((file) => readFileSync(file, 'utf8'));
    const ours =
      /(?:\.header|\.setHeader|\.append|\.push)\(\s*\[?'((?:isthmus|x|ratelimit)-[a-z-]+|retry-after|ratelimit|age|etag)'/g;
    const names = new Set(sources.flatMap((source) => [...source.matchAll(ours)].map(([, name = '']) => name)));
    names.delete('x-content-type-options');
    expect(names.size).toBeGreaterThan(8);
    expect([...names].filter((name) => !(exposedHeaders as readonly string[]).includes(name))).toEqual([]);
    expect(exposedHeaders.filter((name) => !sources.some((source) => source.includes(`'${name}'`)))).toEqual([]);
    expect(new Set(exposedHeaders).size).toBe(exposedHeaders.length);
  });

  it('reads the headers of a refusal and of a model’s stream', async () => {
    const refused = await post('/graphql', '{', { origin: 'http://localhost:1' });
    expect(refused.headers.get('access-control-expose-headers')).toContain('x-request-id');
    const streamed = await post('/v1/chat/completions', chat.replace('{', '{"stream":true,'), {
      origin: 'http://localhost:1',
    });
    await streamed.text();
    expect(streamed.headers.get('access-control-expose-headers')).toContain('isthmus-model');
  });
});

describe('every page', () => {
  it('may call a gateway that allows `*`, without the credentials of the browser', async () => {
    const open = await startTestGateway({ subgraphs: shop, yaml: 'server: { allowed_origins: ["*"] }' });
    const response = await fetch(open.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://anyone.example' },
      body: query,
    });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    const read = await fetch(`${open.url}?query={__typename}`, {
      headers: { origin: 'https://anyone.example', 'sec-fetch-site': 'cross-site' },
    });
    expect(read.status).toBe(200);
    await open[Symbol.asyncDispose]();
  });
});

describe('an upgrade', () => {
  const upgrade = (protocol: string, path: string) =>
    new Promise<string>((resolve) => {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1');
      socket.write(
        `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: ${protocol}\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\nsec-websocket-protocol: graphql-transport-ws\r\n\r\n`,
      );
      let answer = '';
      socket.on('data', (chunk) => {
        answer += String(chunk);
        if (answer.includes('}')) socket.destroy();
      });
      socket.on('close', () => resolve(answer));
    });

  it.each(['/graphql', '/', '/v1/realtime'])(
    'to a WebSocket is answered with what is not supported: %s',
    async (path) => {
      const answer = await upgrade('WebSocket', path);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toMatch(/WebSocket connections are not served.*subscriptions.*POST to \/graphql/);
    },
  );

  it('to HTTP/2 is passed over', async () => {
    expect(await upgrade('h2c', '/graphql?query={__typename}')).toContain('{"data":{"__typename":"Query"}}');
  });
});
