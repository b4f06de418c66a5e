/** Who a request is from behind proxies, and which addresses are served: on every route, whatever headers a client sends. */
import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const subgraphs = { door: { sdl: 'type Query { open: String }', resolvers: { Query: { open: () => 'open' } } } };
const body = JSON.stringify({ query: '{ open }' });

interface Sent {
  readonly from?: string;
  readonly path?: string;
  readonly method?: 'POST' | 'GET';
  readonly headers?: Readonly<Record<string, string>>;
}

interface Received {
  readonly status: number;
  readonly connection: string | undefined;
  readonly code: unknown;
}

function send(gateway: TestGateway, { from = '127.0.0.1', path = '/graphql', method = 'POST', headers }: Sent) {
  return new Promise<Received>((resolve, reject) => {
    const sent = request(
      new URL(path, gateway.url),
      {
        method,
        localAddress: from,
        agent: false,
        headers: { ...(method === 'POST' ? { 'content-type': 'application/json' } : {}), ...headers },
      },
      async (response) => {
        let text = '';
        for await (const chunk of response) text += String(chunk);
        const { errors, error } = JSON.parse(text) as {
          readonly errors?: readonly { readonly extensions: { readonly code: string } }[];
          readonly error?: { readonly code: string };
        };
        resolve({
          status: response.statusCode ?? 0,
          connection: response.headers.connection,
          code: errors?.[0]?.extensions.code ?? error?.code,
        });
      },
    );
    sent.on('error', reject);
    sent.end(method === 'POST' ? body : undefined);
  });
}

const served = { status: 200, code: undefined };
const refused = { status: 403, connection: 'close', code: 'FORBIDDEN' };

describe('addresses', () => {
  let gateway: TestGateway;
  /** A request's line in the log. */
  const lineOf = async (id: string) => {
    await expect.poll(() => gateway.log.find(({ requestId }) => requestId === id)).toBeDefined();
    return gateway.log.find(({ requestId }) => requestId === id);
  };

  beforeAll(async () => {
    const server = {
      allow: ['127.0.0.0/8', '198.51.100.0/24', '2001:db8::/32'],
      deny: ['127.0.0.3', '198.51.100.66', '2001:db8:bad::/48'],
      trusted_proxies: ['127.0.0.1', '10.0.0.0/8'],
    };
    gateway = await startTestGateway({ subgraphs, yaml: `server: ${JSON.stringify(server)}` });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it.each([
    '/graphql',
    '/graphql?a=1',
    '/v1/chat/completions',
    '/v1/models',
    '/',
    '/nothing',
    '/.well-known/jwks.json',
  ])('that are denied get nothing of %s', async (path) => {
    expect(await send(gateway, { from: '127.0.0.3', path })).toMatchObject(refused);
    expect(await send(gateway, { from: '127.0.0.3', path, method: 'GET' })).toMatchObject(refused);
  });

  it('that are denied are refused before their body has arrived', async () => {
    const { hostname, port } = new URL(gateway.url);
    const headers = { 'content-type': 'application/json', 'content-length': '1000' };
    const sent = request({ hostname, port, path: '/graphql', method: 'POST', localAddress: '127.0.0.3', headers });
    sent.flushHeaders();
    const status = await new Promise((resolve) => sent.once('response', ({ statusCode }) => resolve(statusCode)));
    expect(status).toBe(403);
    sent.on('error', () => {});
    sent.destroy();
  });

  it.each(['/health/live', '/health/ready?verbose'])('that are denied may ask %s', async (path) => {
    expect(await send(gateway, { from: '127.0.0.3', path, method: 'GET' })).toMatchObject(served);
  });

  it.each([
    '/health/../graphql',
    '/health/live/../../graphql',
    '//health/live',
    '/health/live%2f..%2fgraphql',
    '/HEALTH/live',
  ])('that are denied get nothing of %s', async (path) => {
    const { hostname, port } = new URL(gateway.url);
    const status = await new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path, localAddress: '127.0.0.3' }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject);
      sent.end();
    });
    expect(status).toBe(403);
  });

  it.each([
    ['of a client', '198.51.100.7', served],
    ['of a client that is denied', '198.51.100.66', refused],
    ['of a client that is not allowed', '203.0.113.1', refused],
    ['behind two proxies', '198.51.100.7, 10.1.2.3', served],
    ['of a denied client behind two proxies', '198.51.100.66, 10.1.2.3', refused],
    ['that a client claims for itself', '198.51.100.7, 198.51.100.66', refused],
    ['that a client claims to be a proxy', '198.51.100.7, 10.9.9.9, 203.0.113.1', refused],
    ['of IPv6', '2001:DB8:0::1', served],
    ['of IPv6 that is denied', '2001:db8:bad::1', refused],
    ['of IPv6, with a port', '[2001:db8:bad::1]:443', refused],
    ['of IPv4 as IPv6', '::ffff:198.51.100.66', refused],
    ['of IPv4 as IPv6 in hexadecimal', '::FFFF:c633:6442', refused],
  ] as const)('%s by a trusted proxy count: %s', async (_, forwarded, expected) => {
    expect(await send(gateway, { headers: { 'x-forwarded-for': forwarded } })).toMatchObject(expected);
  });

  it('in headers of others count for nothing', async () => {
    const headers = { 'x-forwarded-for': '198.51.100.66', forwarded: 'for=198.51.100.66', 'x-request-id': 'others' };
    expect(await send(gateway, { from: '127.0.0.2', headers })).toMatchObject(served);
    expect(await lineOf('others')).toMatchObject({ client: '127.0.0.2' });
    expect(await send(gateway, { from: '127.0.0.3', headers: { 'x-forwarded-for': '127.0.0.2' } })).toMatchObject(
      refused,
    );
  });

  it('in the form of headers that the proxies do not write count for nothing', async () => {
    const headers = { forwarded: 'for=198.51.100.7', 'x-forwarded-for': '198.51.100.66' };
    expect(await send(gateway, { headers })).toMatchObject(refused);
  });

  it('of clients stand in the log, of refused ones with the key', async () => {
    await send(gateway, { headers: { 'x-forwarded-for': '198.51.100.7', 'x-request-id': 'direct' } });
    expect(await lineOf('direct')).toMatchObject({ client: '198.51.100.7', status: 200 });
    const viaFastify = { 'x-forwarded-for': '2001:db8::7', 'x-request-id': 'fastify', origin: 'http://a.example' };
    await send(gateway, { headers: viaFastify });
    expect(await lineOf('fastify')).toMatchObject({ client: '2001:db8::7', status: 200 });
    await send(gateway, { headers: { 'x-forwarded-for': '198.51.100.66', 'x-request-id': 'denied' } });
    expect(await lineOf('denied')).toMatchObject({ client: '198.51.100.66', status: 403, key: 'server.deny' });
    await send(gateway, { headers: { 'x-forwarded-for': '203.0.113.1', 'x-request-id': 'unlisted' } });
    expect(await lineOf('unlisted')).toMatchObject({ client: '203.0.113.1', status: 403, key: 'server.allow' });
  });
});

describe('proxies that write `forwarded`', () => {
  it('name the client there alone', async () => {
    const server = { deny: ['198.51.100.66'], trusted_proxies: ['127.0.0.1'], proxy_headers: 'forwarded' };
    await using gateway = await startTestGateway({ subgraphs, yaml: `server: ${JSON.stringify(server)}` });
    const claimed = { 'x-forwarded-for': '203.0.113.1' };
    expect(await send(gateway, { headers: { ...claimed, forwarded: 'for=198.51.100.66;proto=https' } })).toMatchObject(
      refused,
    );
    expect(await send(gateway, { headers: { ...claimed, forwarded: 'for="[2001:db8::1]"' } })).toMatchObject(served);
    expect(await send(gateway, { headers: { 'x-forwarded-for': '198.51.100.66' } })).toMatchObject(served);
  });
});

describe('the address of a client', () => {
  it('reaches subgraphs where a rule says so, also of identical queries at once; the lists change without a restart', async () => {
    const file = {
      server: { trusted_proxies: ['127.0.0.1'] },
      headers: { all: [{ insert: { name: 'x-real-ip', client: 'address' } }] },
    };
    const yaml = Object.entries(file).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    await using gateway = await startTestGateway({ subgraphs, yaml: yaml.join('\n') });
    const { door } = gateway.subgraphs;
    if (door === undefined) throw new Error('the subgraph is there');
    const seen: unknown[] = [];
    door.intercept = (received, response) => {
      seen.push(received.headers['x-real-ip']);
      setTimeout(() => response.end('{"data":{"open":"open"}}'), 20);
    };
    const clients = ['192.0.2.1', '192.0.2.2'];
    await Promise.all(
      clients.map((client) => send(gateway, { headers: { 'x-forwarded-for': client, 'x-real-ip': 'forged' } })),
    );
    expect(seen.toSorted()).toEqual(clients);
    const configFile = join(gateway.folder, 'supergraph.yaml');
    const text = await readFile(configFile, 'utf8');
    await writeFile(configFile, text.replace('"trusted_proxies"', '"deny":["192.0.2.2"],"trusted_proxies"'));
    await gateway.gateway.reload();
    expect(await send(gateway, { headers: { 'x-forwarded-for': '192.0.2.2' } })).toMatchObject(refused);
    expect(await send(gateway, { headers: { 'x-forwarded-for': '192.0.2.1' } })).toMatchObject(served);
  });
});
