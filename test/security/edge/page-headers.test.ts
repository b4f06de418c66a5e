/** What browsers are told of the gateway's pages and answers. */
import { request } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const subgraphs = { door: { sdl: 'type Query { open: String }', resolvers: { Query: { open: () => 'open' } } } };

let gateway: TestGateway;
const fetchPage = (headers: Record<string, string> = {}) =>
  fetch(new URL('/', gateway.url), { headers: { accept: 'text/html', ...headers } });

beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs, yaml: 'server: { trusted_proxies: [127.0.0.1] }' });
});
afterAll(() => gateway[Symbol.asyncDispose]());

it('pages are framed by nobody, load only what is theirs, and tell nobody where their reader came from', async () => {
  for (const path of ['/', '/graphql']) {
    const { headers } = await fetch(new URL(path, gateway.url), { headers: { accept: 'text/html' } });
    expect(headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; script-src 'self';.*frame-ancestors 'none'$/,
    );
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
  }
});

it('HTTPS is made to last where the client uses it, here or at a trusted proxy', async () => {
  const told = async (headers: Record<string, string> = {}) =>
    (await fetchPage(headers)).headers.get('strict-transport-security');
  expect(await told()).toBeNull();
  expect(await told({ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'http' })).toBeNull();
  expect(await told({ 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https' })).toBe('max-age=31536000');
});

it('is not made to last because an untrusted client says so', async () => {
  const { port } = new URL(gateway.url);
  const header = await new Promise((resolve, reject) => {
    const options = {
      port,
      path: '/',
      localAddress: '127.0.0.2',
      headers: { accept: 'text/html', 'x-forwarded-proto': 'https' },
    };
    const sent = request({ hostname: '127.0.0.1', ...options }, (response) => {
      response.resume();
      resolve(response.headers['strict-transport-security']);
    });
    sent.on('error', reject).end();
  });
  expect(header).toBeUndefined();
});

it.each([
  ['/graphql', 'POST', '{"query":"{ open }"}', {}],
  ['/graphql', 'POST', '{"query":"{ open }"}', { origin: 'https://other.example' }],
  ['/graphql', 'POST', '{', {}],
  ['/v1/chat/completions', 'POST', '{}', {}],
  ['/v1/models', 'GET', undefined, {}],
  ['/health/live', 'GET', undefined, {}],
  ['/nothing', 'GET', undefined, {}],
])('the answer of %s to %s %s is what its type says', async (path, method, body, more) => {
  const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...more };
  const response = await fetch(new URL(path, gateway.url), {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect(response.headers.get('content-type')).toContain('json');
});
