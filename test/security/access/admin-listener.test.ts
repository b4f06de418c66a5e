/** The admin listener: what it changes, and whom it lets in. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiKeys } from '../../../src/access/index.ts';
import { openStore } from '../../../src/store/index.ts';
import { safetyLimit } from '../../testkit/safety-limit.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const subgraphs = { a: { sdl: 'type Query { a: Int }', resolvers: { Query: { a: () => 1 } } } };
const rights = { name: 'a', tenant: 't', roles: [], models: undefined, expiresAt: undefined };

interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields that it selected
  readonly data?: any;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code: string } }[];
}

/** By `node:http`, which sends the Host and Origin it is handed. */
async function send(url: string, query: string, headers: Record<string, string> = {}, path = '/admin/graphql') {
  const outgoing = request(new URL(path, url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
  });
  outgoing.end(JSON.stringify({ query }));
  const [incoming] = await once(outgoing, 'response');
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  return { status: incoming.statusCode, ...(text === '' ? {} : JSON.parse(text)) } as Answer;
}

const adminUrl = ({ log }: TestGateway): string => {
  const line = log.find(({ msg }) => msg === 'the admin listener listens');
  return new URL(String(line?.adminUrl)).origin;
};
const storeOf = ({ folder }: TestGateway) =>
  openStore({
    config: {
      kind: 'sqlite',
      file: join(folder, '.isthmus', 'state.db'),
      key: undefined,
      previousKeys: [],
      line: undefined,
    },
    configFile: '',
    log: { warn: () => undefined },
  });

let gateway: TestGateway;
let url: string;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs, yaml: 'access: { api_keys: true }\nadmin: { port: 0 }' });
  url = adminUrl(gateway);
});
afterAll(() => gateway[Symbol.asyncDispose]());

describe('without an admin key, on this machine', () => {
  it('keys are created, listed, rotated and revoked, and the audit log has it', async () => {
    const created = await send(
      url,
      'mutation { createKey(input: { name: "Ann", scopes: ["read"], expiresIn: "1d" }) { secret key { id state } } }',
    );
    const { secret, key } = created.data.createKey;
    expect(key).toEqual({ id: secret.slice(4, 12), state: 'ACTIVE' });
    expect((await gateway.query('{ a }', {}, { 'x-api-key': secret })).data).toEqual({ a: 1 });
    const rotated = await send(url, `mutation { rotateKey(id: "${key.id}") { key { id name scopes } } }`);
    expect(rotated.data.rotateKey.key).toMatchObject({ name: 'Ann', scopes: ['read'] });
    const revoked = await send(url, `mutation { revokeKey(id: "${key.id}") { state revokedAt } }`);
    expect(revoked.data.revokeKey.state).toBe('REVOKED');
    await expect
      .poll(async () => (await gateway.query('{ a }', {}, { 'x-api-key': secret })).status, {
        timeout: safetyLimit(2_000),
      })
      .toBe(401);
    const { data } = await send(url, '{ keys(state: REVOKED) { id } audit(limit: 1) { actor action target before } }');
    expect(data.keys).toEqual([{ id: key.id }]);
    expect(data.audit).toMatchObject([
      { actor: 'local', action: 'keys.revoke', target: key.id, before: { name: 'Ann' } },
    ]);
  });

  it.each([
    ['mutation { revokeKey(id: "zzzzzzzz") { id } }', 'there is no key zzzzzzzz'],
    ['mutation { createKey(input: { name: " " }) { secret } }', 'a key has a name'],
    ['mutation { createKey(input: { name: "a", expiresIn: "long" }) { secret } }', 'expiresIn: write a duration'],
    ['{ audit(limit: 0) { id } }', 'limit is from 1'],
  ])('%s is refused with its reason', async (query, message) => {
    const { errors } = await send(url, query);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    expect(errors?.[0]?.message).toContain(message);
  });

  it.each([
    ['another site’s page', { origin: 'https://evil.example' }],
    ['a page of another port of this machine', { origin: 'http://localhost:3000' }],
    ['a page of no origin', { origin: 'null' }],
    ['a cross-site request without Origin', { 'sec-fetch-site': 'cross-site' }],
    ['a name that resolves to this machine', { host: 'evil.example' }],
    ['that name with the port', { host: 'evil.example:4400' }],
    ['a name that begins as this machine’s', { host: '127.0.0.1.evil.example' }],
  ])('%s is refused', async (_what, headers) => {
    const { status, data, errors } = await send(url, '{ keys { id } }', headers);
    expect({ status, data, code: errors?.[0]?.extensions?.code }).toEqual({
      status: 403,
      data: undefined,
      code: 'FORBIDDEN',
    });
  });

  it('a form of another page changes nothing, and no method or path but its own is served', async () => {
    const form = await send(url, 'mutation { createKey(input: { name: "x" }) { secret } }', {
      'content-type': 'text/plain',
    });
    expect(form.status).toBe(415);
    const get = await fetch(
      `${url}/admin/graphql?query=${encodeURIComponent('mutation { revokeKey(id: "a") { id } }')}`,
    );
    expect(get.status).toBe(405);
    await get.arrayBuffer();
    expect((await send(url, '{ keys { id } }', {}, '/graphql')).status).toBe(404);
    expect((await send(url, '', {}, '/metrics')).status).toBe(405);
    expect((await send(url, `{ ${'a '.repeat(3_000)} }`)).errors?.[0]?.message).toContain('token');
    expect((await send(url, `# ${'a'.repeat(1_100_000)}`)).status).toBe(413);
    expect((await send(gateway.url, '{ keys { id } }')).status).toBe(404);
  });
});

describe('once there is an admin key', () => {
  it('one is required, and its scope decides', async () => {
    await using stack = new AsyncDisposableStack();
    const other = stack.use(await startTestGateway({ subgraphs, yaml: 'admin: { port: 0 }' }));
    const at = adminUrl(other);
    const store = await storeOf(other);
    stack.defer(() => store.close());
    const keys = new ApiKeys(store, 'test');
    const narrow = await keys.create({ ...rights, scopes: ['registry:publish:main/b'] });
    await expect
      .poll(async () => (await send(at, '{ keys { id } }')).status, { timeout: safetyLimit(2_000) })
      .toBe(401);
    const reader = await keys.create({ ...rights, scopes: ['admin:read'] });
    const nobody = await keys.create({ ...rights, scopes: ['read'] });
    const writer = await keys.create({ ...rights, scopes: ['admin:write'] });
    const by = (key: string, query: string) => send(at, query, { authorization: `Bearer ${key}` });
    await expect
      .poll(async () => (await by(writer.key, '{ keys { id } }')).status, { timeout: safetyLimit(2_000) })
      .toBe(200);
    const create = 'mutation { createKey(input: { name: "b" }) { key { id } } }';
    expect((await by(reader.key, '{ keys { id } }')).data.keys).toHaveLength(4);
    expect((await by(reader.key, create)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    expect((await by(nobody.key, '{ keys { id } }')).status).toBe(403);
    const owner = await keys.create({ ...rights, scopes: ['registry:publish'], roles: ['team:catalog'] });
    const registry = (key: string, path: string, body?: unknown) =>
      fetch(`${at}/registry/v1/graphs/main/current/${path}`, {
        headers: { 'x-hive-cdn-key': key },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
    const sdl = 'type Query { a: Int b: Int }';
    const change = { change: { kind: 'publish', subgraphs: [{ name: 'a', sdl }] } };
    await expect
      .poll(async () => (await registry(owner.key, 'served')).status, { timeout: safetyLimit(2_000) })
      .toBe(204);
    expect((await registry(reader.key, 'publish', change)).status).toBe(403);
    expect((await registry(nobody.key, 'served')).status).toBe(403);
    const foreign = await registry(owner.key, 'publish', { ...change, team: 'pricing' });
    expect(await foreign.text()).toContain('team:pricing');
    expect((await registry(owner.key, 'publish', change)).status).toBe(201);
    expect(await (await registry(reader.key, 'supergraph.graphql')).text()).toContain('b: Int');
    for (const [path, body] of [
      ['publish', change],
      ['check', change],
      ['rollback', {}],
      ['label', { name: 'stable', generation: 1 }],
      ['promote', {}],
      ['canary', { number: 1, outcome: 'promoted', reason: '' }],
    ] as const) {
      const refused = await registry(narrow.key, path, body);
      expect(refused.status, path).toBe(403);
      const { errors } = (await refused.json()) as Answer;
      const scope = ['publish', 'check'].includes(path) ? 'main@current/a' : 'main@current';
      expect(errors?.[0], path).toMatchObject({
        extensions: { code: 'FORBIDDEN' },
        message: expect.stringContaining(`registry:publish:${scope},`),
      });
    }
    const ofB = { kind: 'publish', subgraphs: [{ name: 'b', sdl: 'type Query { c: Int }', routingUrl: 'http://b' }] };
    expect((await registry(narrow.key, 'publish', { change: ofB })).status).toBe(201);
    expect((await by(owner.key, '{ keys { id } }')).status).toBe(403);
    const scrape = (headers: Record<string, string>) => fetch(`${at}/metrics`, { headers });
    expect((await scrape({})).status).toBe(401);
    expect((await scrape({ authorization: `Bearer ${nobody.key}` })).status).toBe(403);
    expect((await scrape({ authorization: `Bearer ${reader.key}` })).status).toBe(200);
    expect((await by(`${writer.key}x`, '{ keys { id } }')).status).toBe(401);
    expect((await by(writer.key, create)).errors).toBeUndefined();
    const { data } = await by(writer.key, '{ audit(limit: 1) { actor } }');
    expect(data.audit).toEqual([{ actor: `key:${writer.id}` }]);
    // The gateway itself has no keys: it looks at no credentials.
    expect((await other.query('{ a }', {}, { 'x-api-key': 'anything' })).data).toEqual({ a: 1 });
  });
});

describe('where it listens', () => {
  it('elsewhere than on this machine, the start is refused without an admin key', async () => {
    await expect(startTestGateway({ subgraphs, yaml: 'admin: { host: 0.0.0.0, port: 0 }' })).rejects.toThrow(
      /admin\.host: an address that others reach requires authentication: create a key/,
    );
  });

  it('a port that is in use refuses the start where it is configured', async () => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await once(blocker, 'listening');
    const { port } = blocker.address() as AddressInfo;
    await expect(startTestGateway({ subgraphs, yaml: `admin: { port: ${port} }` })).rejects.toThrow(
      /admin: .*EADDRINUSE/,
    );
    blocker.close();
  });

  it('nowhere, where it is not configured and there are no API keys, or where it is false', async () => {
    for (const yaml of ['', 'access: { api_keys: true }\nadmin: false']) {
      await using plain = await startTestGateway({ subgraphs, yaml });
      expect(plain.log.some(({ msg }) => String(msg).includes('admin'))).toBe(false);
    }
  });
});
