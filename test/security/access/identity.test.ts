/** Who a request is from: tokens, introspection and proxies, on both doors; and what is refused instead of being anonymous. */
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const subgraphs = {
  door: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated", "@requiresScopes", "@policy"])
      type Query { open: String  inside: String @authenticated  read: String @requiresScopes(scopes: [["read"]])
        is(id: String, kind: String, tenant: String, role: String): String @policy(policies: [["is"]]) }`,
    resolvers: { Query: { open: () => 'open', inside: () => 'in', read: () => 'read', is: () => 'yes' } },
  },
};

const is =
  '(args.id == null || args.id == principal.id) && (args.kind == null || args.kind == principal.kind) && (args.tenant == null || args.tenant == principal.tenant) && (args.role == null || args.role in principal.roles)';
const whole = '{ open inside read is(id: null, kind: null, tenant: null, role: null) }';

interface Key {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

async function newKey(kid: string, algorithm = 'ES256'): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' } };
}

interface Served {
  readonly url: string;
  readonly requests: IncomingMessage[];
  respond: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  close(): Promise<void>;
}

async function serve(): Promise<Served> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    served.requests.push(request);
    served.respond(request, response, body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const served: Served = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    respond: () => {},
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return served;
}

const json = (response: ServerResponse, body: unknown, status = 200) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

describe('JSON Web Tokens', () => {
  let issuer: Served;
  let key: Key;
  let gateway: TestGateway;
  let published: JWK[];

  const sign = (claims: Record<string, unknown>, { privateKey, jwk }: Key = key) => {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ iss: 'https://id.example', aud: 'shop', sub: 'u1', exp: now + 60, ...claims })
      .setProtectedHeader({ alg: String(jwk.alg), kid: String(jwk.kid) })
      .sign(privateKey);
  };
  const send = (token: string, query = whole) => gateway.query(query, {}, { authorization: `Bearer ${token}` });

  beforeAll(async () => {
    issuer = await serve();
    key = await newKey('k1');
    published = [key.jwk];
    issuer.respond = (_request, response) => json(response, { keys: published });
    const access = {
      jwt: [
        {
          issuer: 'https://id.example',
          audience: 'shop',
          jwks: `${issuer.url}/jwks.json`,
          clock_skew: '1ms',
          cookie: 'session',
        },
        { issuer: 'https://other.example', jwks: `${issuer.url}/other.json` },
        { issuer: 'https://third.example', jwks: `${issuer.url}/third.json`, header: 'X-Token' },
      ],
      policies: { is },
      claims: {
        tenant: ['tenant', 'tid', 'custom:tenant'],
        roles: ['roles', 'groups', 'cognito:groups', 'realm_access.roles'],
      },
    };
    gateway = await startTestGateway({ subgraphs, yaml: `access: ${JSON.stringify(access)}` });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await issuer.close();
  });
  beforeEach(() => {
    issuer.requests.length = 0;
  });

  it('name the caller and its scopes', async () => {
    const none = await gateway.query(whole);
    expect(none.data).toEqual({ open: 'open', inside: null, read: null, is: 'yes' });
    const answer = await send(await sign({ scope: 'write read' }));
    expect(answer).toEqual({ status: 200, data: { open: 'open', inside: 'in', read: 'read', is: 'yes' } });
  });

  it.each([
    [
      'Okta',
      { sub: 'a@x', scp: ['read'], groups: ['staff'] },
      'id: "a@x", kind: "user", tenant: "public", role: "staff"',
    ],
    [
      'Entra',
      { sub: 's', scp: 'read more', tid: 't-1', roles: ['staff'] },
      'id: "s", kind: "user", tenant: "t-1", role: "staff"',
    ],
    [
      'Cognito',
      { sub: 'c', scope: 'read', 'cognito:groups': ['staff'], 'custom:tenant': 'z' },
      'id: "c", kind: "user", tenant: "z", role: "staff"',
    ],
    [
      'Keycloak',
      { sub: 'k', scope: 'read', realm_access: { roles: ['staff'] } },
      'id: "k", kind: "user", tenant: "public", role: "staff"',
    ],
    [
      'a client for itself',
      { sub: 'job', client_id: 'job', scope: 'read', roles: 'staff' },
      'id: "job", kind: "service", tenant: "public", role: "staff"',
    ],
  ])('shaped like those of %s', async (_issuer, claims, args) => {
    const answer = await send(await sign(claims), `{ read is(${args}) }`);
    expect(answer.data).toEqual({ read: 'read', is: 'yes' });
  });

  it('that are refused are told in the log, with the reason and the id of the request', async () => {
    const headers = { authorization: `Bearer ${await sign({ aud: 'other' })}`, 'x-request-id': 'refused-1' };
    expect((await gateway.query('{ open }', {}, headers)).errors).toMatchObject([
      { extensions: { code: 'UNAUTHENTICATED' } },
    ]);
    const refusal = 'the credentials of a request were refused';
    await expect
      .poll(() => gateway.log.find(({ msg, requestId }) => msg === refusal && requestId === 'refused-1'))
      .toMatchObject({
        reason: expect.any(String),
      });
  });

  it('come in a cookie where the header is missing', async () => {
    const token = await sign({});
    const answer = await gateway.query('{ inside }', {}, { cookie: `a=b; session=${token}` });
    expect(answer.data).toEqual({ inside: 'in' });
  });

  const unsigned = (header: object, claims: object) =>
    `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  const now = () => Math.floor(Date.now() / 1_000);
  const claims = () => ({ iss: 'https://id.example', aud: 'shop', sub: 'u1', exp: now() + 60 });

  it.each<[string, () => Promise<string> | string]>([
    ['of no algorithm', () => `${unsigned({ alg: 'none' }, claims())}.`],
    [
      'signed with the public key as a secret',
      async () => {
        const text = unsigned({ alg: 'HS256', kid: 'k1' }, claims());
        return `${text}.${createHmac('sha256', await exportSPKI(key.publicKey))
          .update(text)
          .digest('base64url')}`;
      },
    ],
    ['of another audience', () => sign({ aud: 'other' })],
    ['without an audience', () => sign({ aud: undefined })],
    ['of an unknown issuer', () => sign({ iss: 'https://evil.example' })],
    ['without an issuer', () => sign({ iss: undefined })],
    ['expired by a second', () => sign({ exp: now() - 1 })],
    ['that never expires', () => sign({ exp: undefined })],
    ['not valid yet', () => sign({ nbf: now() + 30 })],
    ['without a subject', () => sign({ sub: undefined })],
    ['of another key with the same id', async () => sign({}, { ...(await newKey('k1')), jwk: key.jwk })],
    ['of an algorithm that is not configured', async () => sign({}, await newKey('k1', 'ES384'))],
    [
      'with a changed claim',
      async () =>
        (await sign({})).replace(/\.[^.]+\./, `.${unsigned({}, { ...claims(), sub: 'root' }).split('.')[1]}.`),
    ],
    ['that is no token', () => 'sk-test'],
    ['that is empty', () => '..'],
    ['that is long', () => `a.${'b'.repeat(10_000)}.c`],
    [
      'with a critical header',
      () => `${unsigned({ alg: 'ES256', kid: 'k1', crit: ['exp2'], exp2: 1 }, claims())}.AAAA`,
    ],
  ])('%s are refused', async (_what, make) => {
    const answer = await send(await make());
    expect(answer).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(answer.data).toBeUndefined();
  });

  it('are refused with the challenge of their scheme, on both doors', async () => {
    const headers = { authorization: `Bearer ${await sign({ exp: now() - 5 })}`, 'content-type': 'application/json' };
    const graphql = await fetch(gateway.url, { method: 'POST', headers, body: '{"query":"{ open }"}' });
    expect([graphql.status, graphql.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer realm="isthmus", error="invalid_token", error_description="The token has expired."',
    ]);
    const body = '{"model":"m","messages":[{"role":"user","content":"Hi"}]}';
    const v1 = await fetch(gateway.url.replace('/graphql', '/v1/chat/completions'), { method: 'POST', headers, body });
    expect([v1.status, v1.headers.get('www-authenticate'), await v1.json()]).toEqual([
      401,
      graphql.headers.get('www-authenticate'),
      {
        error: {
          message: 'The token has expired.',
          type: 'invalid_request_error',
          code: 'invalid_api_key',
          param: null,
        },
      },
    ]);
    const models = await fetch(gateway.url.replace('/graphql', '/v1/models'), { headers });
    expect(models.status).toBe(401);
  });

  it('of other schemes are wrong, not missing', async () => {
    const answer = await gateway.query('{ open }', {}, { authorization: 'Basic dTpw' });
    expect(answer.status).toBe(401);
    expect((await gateway.query('{ open }', {}, { 'x-token': 'dTpw' })).status).toBe(401);
  });

  it('with unknown key ids cause one fetch of the keys in ten seconds', async () => {
    const stranger = await newKey('unknown');
    const tokens = await Promise.all(Array.from({ length: 200 }, (_, index) => sign({ n: index }, stranger)));
    const statuses = await Promise.all(tokens.map(async (token) => (await send(token, '{ open }')).status));
    expect(new Set(statuses)).toEqual(new Set([401]));
    expect(issuer.requests.length).toBeLessThanOrEqual(1);
  });

  it('are refused with 503 while the keys cannot be fetched, which is tried again later', async () => {
    issuer.respond = (_request, response) => response.writeHead(500).end();
    const other = await newKey('o1');
    const token = await sign({ iss: 'https://other.example' }, other);
    const answers = await Promise.all([send(token), send(token), send(token)]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(answers[0]?.errors?.[0]?.extensions.code).toBe('AUTHENTICATION_UNAVAILABLE');
    expect((await send(token)).status).toBe(503);
    expect(issuer.requests.length).toBe(1);
    issuer.respond = (_request, response) => json(response, { keys: [other.jwk] });
    await expect.poll(async () => (await send(token, '{ inside }')).status, { timeout: 10_000 }).toBe(200);
  });
});

describe('access.jwt', () => {
  it('takes keys from a file, anonymous for wrong tokens where that is configured, and takes up a changed file', async () => {
    const [first, second] = [await newKey('f1'), await newKey('f2')];
    const sign = ({ privateKey, jwk }: Key) =>
      new SignJWT({ iss: 'i', sub: 'u1' })
        .setExpirationTime('1m')
        .setProtectedHeader({ alg: 'ES256', kid: String(jwk.kid) })
        .sign(privateKey);
    await using gateway = await startTestGateway({ subgraphs, yaml: `access: { policies: { is: "${is}" } }` });
    const keys = join(gateway.folder, 'keys.json');
    const config = join(gateway.folder, 'supergraph.yaml');
    const yaml = (access: object) =>
      `subgraphs: { door: { routing_url: "${gateway.subgraphs.door?.url}", schema: { file: door.graphql } } }\naccess: ${JSON.stringify({ policies: { is }, jwt: [{ issuer: 'i', jwks: 'keys.json' }], ...access })}`;

    await writeFile(config, yaml({}));
    expect(String(((await gateway.gateway.reload()) as { error?: Error }).error?.message)).toMatch(
      /access\.jwt\[0\]\.jwks/,
    );
    await writeFile(keys, JSON.stringify({ keys: [first.jwk] }));
    expect((await gateway.gateway.reload()).kind).toBe('swapped');
    const send = async (key: Key) => gateway.query('{ inside }', {}, { authorization: `Bearer ${await sign(key)}` });
    expect([(await send(first)).status, (await send(second)).status]).toEqual([200, 401]);

    await writeFile(keys, JSON.stringify({ keys: [second.jwk] }));
    expect((await gateway.gateway.reload()).kind).toBe('swapped');
    expect([(await send(first)).status, (await send(second)).status]).toEqual([401, 200]);

    await writeFile(config, yaml({ on_error: 'anonymous' }));
    await gateway.gateway.reload();
    expect(await send(first)).toMatchObject({ status: 200, data: null });

    await writeFile(config, yaml({ on_error: 'anonymous', require_authentication: true }));
    await gateway.gateway.reload();
    expect([(await send(first)).status, (await gateway.query('{ open }')).status, (await send(second)).status]).toEqual(
      [401, 401, 200],
    );
    expect((await fetch(gateway.url.replace('/graphql', '/health/ready'))).status).toBe(200);
  });
});

describe('introspection', () => {
  it('asks once for a token, also for one that is not valid, and refuses with 503 while nobody answers', async () => {
    const server = await serve();
    server.respond = (request, response, body) => {
      const token = new URLSearchParams(body).get('token');
      if (request.headers.authorization !== `Basic ${Buffer.from('gate%3A1:s%20cret').toString('base64')}`)
        return json(response, {}, 401);
      if (token === 'broken') return json(response, {}, 500);
      return json(
        response,
        token === 'good' ? { active: true, sub: 'u1', scope: 'read', client_id: 'app' } : { active: false },
      );
    };
    const access = {
      introspection: { url: server.url, client_id: 'gate:1', client_secret: 's cret' },
      policies: { is },
    };
    await using gateway = await startTestGateway({ subgraphs, yaml: `access: ${JSON.stringify(access)}` });
    const send = (token: string) => gateway.query('{ read is(id: "u1") }', {}, { authorization: `Bearer ${token}` });
    const both = await Promise.all([send('good'), send('good')]);
    expect(both.map(({ data }) => data)).toEqual([
      { read: 'read', is: null },
      { read: 'read', is: null },
    ]);
    expect(
      (
        await gateway.query(
          '{ is(id: "u1", kind: null, tenant: null, role: null) }',
          {},
          { authorization: 'Bearer good' },
        )
      ).data.is,
    ).toBe('yes');
    expect([(await send('bad')).status, (await send('bad')).status]).toEqual([401, 401]);
    expect(server.requests).toHaveLength(2);
    expect((await send('broken')).status).toBe(503);
    await server.close();
    expect((await send('good')).status).toBe(200);
    expect((await send('new')).status).toBe(503);
  });
});

describe('a trusted proxy', () => {
  const access = (from: string) => ({
    proxy: { from: [from], id: 'X-User', tenant: 'x-tenant', scopes: 'x-scopes', roles: 'x-roles' },
    policies: { is },
  });
  const headers = { 'x-user': 'u7', 'x-scopes': 'read,write', 'x-tenant': 't', 'x-roles': 'staff' };

  it('names the caller; the same headers of others name nobody', async () => {
    await using gateway = await startTestGateway({
      subgraphs,
      yaml: `access: ${JSON.stringify(access('127.0.0.0/8'))}`,
    });
    const query = '{ inside read is(id: "u7", kind: "user", tenant: "t", role: "staff") }';
    expect((await gateway.query(query, {}, headers)).data).toEqual({ inside: 'in', read: 'read', is: 'yes' });
    expect((await gateway.query('{ inside }', {}, { 'x-user': 'evil, u7' })).status).toBe(401);
    expect((await gateway.query('{ inside }', {}, { ...headers, 'x-tenant': 'evil, t' })).status).toBe(401);
    const config = join(gateway.folder, 'supergraph.yaml');
    await writeFile(
      config,
      `subgraphs: { door: { routing_url: "${gateway.subgraphs.door?.url}", schema: { file: door.graphql } } }\naccess: ${JSON.stringify(access('10.0.0.1'))}`,
    );
    await gateway.gateway.reload();
    expect((await gateway.query('{ open inside read }', {}, headers)).data).toEqual({
      open: 'open',
      inside: null,
      read: null,
    });
  });
});

it('never shares the answer of one caller with another while both wait', async () => {
  const access = { proxy: { from: ['127.0.0.1'], id: 'x-user', scopes: 'x-scopes' }, policies: { is } };
  await using gateway = await startTestGateway({ subgraphs, yaml: `access: ${JSON.stringify(access)}` });
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const scopes = index % 2 === 0 ? 'read' : 'none';
      const user = `u${index % 3}`;
      const { data } = await gateway.query('{ read open }', {}, { 'x-user': user, 'x-scopes': scopes });
      return { scopes, read: data.read };
    }),
  );
  for (const { scopes, read } of answers) expect(read).toBe(scopes === 'read' ? 'read' : null);
});
