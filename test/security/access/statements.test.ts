/** `access.to_subgraphs`: subgraphs are told by a signed statement who asks, and nobody else can write one. */
import { createLocalJWKSet, createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createStatements, type Principal } from '../../../src/access/index.ts';
import { SigningKeys } from '../../../src/access/statements/signing-keys.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const subgraphs = {
  a: { sdl: 'type Query { a: Int }\ntype Mutation { write: Int }' },
  b: { sdl: 'type Query { b: Int }' },
};
const yaml = (toSubgraphs: object | boolean, more: object = {}) =>
  `access: ${JSON.stringify({ to_subgraphs: toSubgraphs, proxy: { from: ['127.0.0.1'], id: 'x-id', scopes: 'x-scopes', roles: 'x-roles' }, ...more })}
headers: { all: [ { propagate: { matching: "." } }, { insert: { name: isthmus-principal, value: forged } } ] }`;

/** The statements that each subgraph has been sent. */
function watch(gateway: TestGateway): Record<'a' | 'b', string[]> {
  const seen: Record<'a' | 'b', string[]> = { a: [], b: [] };
  for (const name of ['a', 'b'] as const) {
    const { [name]: subgraph } = gateway.subgraphs;
    if (subgraph === undefined) throw new Error(`${name} is there`);
    subgraph.intercept = (request, response) => {
      seen[name].push(String(request.headers['isthmus-principal']));
      response.end(JSON.stringify({ data: { [name]: 1, write: 1 } }));
    };
  }
  return seen;
}

describe('statements to subgraphs', () => {
  let gateway: TestGateway;
  let seen: ReturnType<typeof watch>;
  beforeAll(async () => {
    gateway = await startTestGateway({ subgraphs, yaml: yaml(true) });
    seen = watch(gateway);
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  const keys = () => createRemoteJWKSet(new URL('/.well-known/jwks.json', gateway.url));
  const options = { issuer: 'isthmus', algorithms: ['ES256'], requiredClaims: ['exp', 'iat', 'jti'] };

  it('name the caller, for one subgraph, and are verified by the keys that the gateway publishes', async () => {
    const headers = { 'x-id': 'u1', 'x-scopes': 'read write', 'x-roles': 'staff' };
    expect((await gateway.query('{ a b }', {}, headers)).data).toEqual({ a: 1, b: 1 });
    for (const audience of ['a', 'b'] as const) {
      const { payload } = await jwtVerify(seen[audience].at(-1) ?? '', keys(), { ...options, audience });
      expect(payload).toMatchObject({
        sub: 'u1',
        kind: 'user',
        tenant: 'public',
        scopes: ['read', 'write'],
        roles: ['staff'],
      });
      expect(Number(payload.exp) - Number(payload.iat)).toBe(60);
    }
    await expect(jwtVerify(seen.a.at(-1) ?? '', keys(), { ...options, audience: 'b' })).rejects.toThrow('aud');
  });

  it('are sent again for the same caller, and differ between callers', async () => {
    seen.a.length = 0;
    for (const id of ['u2', 'u2', 'u3']) await gateway.query('mutation { write }', {}, { 'x-id': id });
    const [first, second, third] = seen.a;
    expect(second).toBe(first);
    expect(decodeJwt(third ?? '').sub).toBe('u3');
  });

  it('say of an anonymous caller that they are anonymous', async () => {
    await gateway.query('{ a }');
    expect(decodeJwt(seen.a.at(-1) ?? '')).toMatchObject({ sub: 'anonymous', kind: 'anonymous', scopes: [] });
  });

  it('replace what a client sends, whatever the header rules', async () => {
    await gateway.query('{ a }', {}, { 'x-id': 'u4', 'isthmus-principal': 'forged', 'Isthmus-Principal': 'forged' });
    expect(decodeJwt(seen.a.at(-1) ?? '').sub).toBe('u4');
  });

  it('publish no private part of a key', async () => {
    const response = await fetch(new URL('/.well-known/jwks.json', gateway.url));
    const { keys: published } = (await response.json()) as { keys: Record<string, string>[] };
    expect(published).toHaveLength(3);
    for (const key of published) expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
  });
});

it('workers sign with keys that any of them publishes, and so do gateways with one key', async () => {
  const key = 'a secret of more than thirty-two characters';
  await using gateway = await startTestGateway({ subgraphs, yaml: yaml({ issuer: 'shop', key }), workers: 2 });
  await using other = await startTestGateway({ subgraphs, yaml: yaml({ issuer: 'shop', key }), workers: 1 });
  const seen = watch(gateway);
  for (let index = 0; index < 12; index++)
    await gateway.query('mutation { write }', {}, { 'x-id': `u${index}`, connection: 'close' });
  const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', other.url));
  for (const statement of seen.a) await jwtVerify(statement, keys, { issuer: 'shop', audience: 'a' });
  expect(seen.a).toHaveLength(12);
});

it('workers share keys where none is configured', async () => {
  await using gateway = await startTestGateway({ subgraphs, yaml: yaml(true), workers: 2 });
  const published = new Set<string>();
  for (let index = 0; index < 12; index++) {
    const response = await fetch(new URL('/.well-known/jwks.json', gateway.url), { headers: { connection: 'close' } });
    published.add(await response.text());
  }
  expect(published.size).toBe(1);
});

it('there is no key set where nothing is stated', async () => {
  await using gateway = await startTestGateway({ subgraphs, yaml: yaml(false) });
  const seen = watch(gateway);
  expect((await fetch(new URL('/.well-known/jwks.json', gateway.url))).status).toBe(404);
  await gateway.query('{ a }');
  expect(seen.a).toEqual(['forged']); // the operator's own rule
});

describe('over time', () => {
  afterEach(() => vi.useRealTimers());
  const day = 86_400_000;
  const principal: Principal = { id: 'u1', kind: 'user', tenant: 't', scopes: [], roles: [], claims: {} };
  const config = { issuer: 'isthmus', header: 'isthmus-principal', key: undefined };
  const at = (time: number) => vi.useFakeTimers({ now: time, toFake: ['Date'] });

  it('keys change every day, and those of yesterday and tomorrow are published', async () => {
    const keys = new SigningKeys(new Uint8Array(32));
    at(100 * day);
    const { current, published } = keys;
    expect(published.keys.map(({ kid }) => kid)).toContain(current.kid);
    at(101 * day);
    expect(keys.current.kid).not.toBe(current.kid);
    expect(published.keys.map(({ kid }) => kid)).toContain(keys.current.kid);
    expect(keys.published.keys.map(({ kid }) => kid)).toContain(current.kid);
    at(102 * day);
    expect(keys.published.keys.map(({ kid }) => kid)).not.toContain(current.kid);
    expect(new SigningKeys(new Uint8Array(32)).current.kid).toBe(keys.current.kid);
    expect(new SigningKeys(new Uint8Array(31)).current.kid).not.toBe(keys.current.kid);
  });

  it('a statement is sent again for half a minute, and is verified a minute later by a set that was fetched before', async () => {
    const statements = createStatements(config, new Uint8Array(32));
    const start = 100 * day - 1_000;
    at(start);
    const cached = createLocalJWKSet(statements.keys());
    const first = await statements.of(principal, 'a');
    at(start + 29_000);
    expect(statements.of(principal, 'a')).toBe(first);
    at(start + 31_000);
    const second = await statements.of(principal, 'a');
    expect(second).not.toBe(first);
    await jwtVerify(second, cached, { audience: 'a' });
    await jwtVerify(first, createLocalJWKSet(statements.keys()), { audience: 'a' });
    at(start + 61_000);
    await expect(jwtVerify(first, cached, { audience: 'a' })).rejects.toThrow('exp');
  });

  it('a statement ends with the credentials that it states', async () => {
    at(100 * day);
    const statement = await createStatements(config, new Uint8Array(32)).of(
      { ...principal, expiresAt: 100 * day + 5_000 },
      'a',
    );
    expect(decodeJwt(statement).exp).toBe((100 * day) / 1_000 + 5);
  });
});
