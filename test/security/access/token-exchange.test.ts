/** `access.to_subgraphs.exchange`: a subgraph gets a token of its own audience for the caller's, or nothing of the request. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { safetyLimit } from '../../testkit/safety-limit.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const subgraphs = {
  a: { sdl: 'type Query { a: Int }\ntype Mutation { write: Int }' },
  b: { sdl: 'type Query { b: Int }' },
};
const timeoutMs = 300;

interface Asked {
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}

describe('token exchange', () => {
  let gateway: TestGateway;
  let privateKey: CryptoKey;
  let serverUrl: string;
  let close: () => Promise<unknown>;
  const asked: Asked[] = [];
  /** What the authorization server answers. */
  let respond: (response: ServerResponse, form: URLSearchParams) => void;
  /** The authorization headers that each subgraph was sent. */
  const seen: Record<'a' | 'b', (string | undefined)[]> = { a: [], b: [] };

  const json = (response: ServerResponse, body: unknown, status = 200) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const jwt = (claims: Record<string, unknown>) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey);
  const tokenFor = (sub: string, claims: Record<string, unknown> = {}) => {
    const exp = Math.floor(Date.now() / 1_000) + 60;
    return jwt({ iss: 'https://id.example', sub, exp, ...claims });
  };
  const grant = (token: string, more: object = {}) => ({
    access_token: token,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 60,
    ...more,
  });
  const ask = async (token: string | undefined, query = '{ a }') =>
    gateway.query(query, {}, token === undefined ? {} : { authorization: `Bearer ${token}` });
  const failed = {
    data: { a: null },
    errors: [{ path: ['a'], extensions: { code: 'TOKEN_EXCHANGE_FAILED', service: 'a' } }],
  };

  beforeAll(async () => {
    const pair = await generateKeyPair('ES256', { extractable: true });
    ({ privateKey } = pair);
    const keys = [{ ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'ES256' }];
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      if (request.url === '/jwks.json') json(response, { keys });
      else {
        const form = new URLSearchParams(text);
        asked.push({ authorization: request.headers.authorization, form });
        respond(response, form);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    serverUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    close = async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
    const exchange = (audience: string) => ({
      url: `${serverUrl}/token`,
      client_id: 'gateway',
      client_secret: 'a secret',
      audience,
      scope: 'read write',
      timeout: `${timeoutMs}ms`,
    });
    const access = {
      jwt: [{ issuer: 'https://id.example', jwks: `${serverUrl}/jwks.json` }],
      to_subgraphs: {
        statement: false,
        exchange: { a: exchange('https://a.internal'), b: exchange('https://b.internal') },
      },
    };
    const headers = { all: [{ propagate: { matching: '.' } }] };
    gateway = await startTestGateway({
      subgraphs,
      workers: 1, // each has tokens of its own, which are counted here
      yaml: `access: ${JSON.stringify(access)}\nheaders: ${JSON.stringify(headers)}`,
    });
    for (const name of ['a', 'b'] as const) {
      const { [name]: subgraph } = gateway.subgraphs;
      if (subgraph === undefined) throw new Error(`${name} is there`);
      subgraph.intercept = (request, response) => {
        seen[name].push(request.headers.authorization);
        json(response, { data: { [name]: 1, write: 1 } });
      };
    }
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await close();
  });
  beforeEach(() => {
    asked.length = 0;
    seen.a.length = 0;
    seen.b.length = 0;
    respond = (response, form) => json(response, grant(`for-${form.get('audience')?.slice(8, 9)}`));
  });

  it('gives each subgraph a token of its audience, asked for once', async () => {
    const token = await tokenFor('u1');
    expect((await ask(token, '{ a b }')).data).toEqual({ a: 1, b: 1 });
    await ask(token);
    expect(seen).toEqual({ a: ['Bearer for-a', 'Bearer for-a'], b: ['Bearer for-b'] });
    expect(asked.length).toBe(2);
    const [{ authorization, form } = { authorization: '', form: new URLSearchParams() }] = asked;
    expect(authorization).toBe(`Basic ${Buffer.from('gateway:a%20secret').toString('base64')}`);
    expect(Object.fromEntries(form)).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      audience: 'https://a.internal',
      scope: 'read write',
    });
  });

  it('is made once for requests that wait together, and for each caller apart', async () => {
    respond = (response, form) => {
      setTimeout(() => json(response, grant(`of-${String(form.get('subject_token')).slice(-8)}`)), 20);
    };
    const [one, two] = await Promise.all([tokenFor('u2'), tokenFor('u3')]);
    const writes = Array.from({ length: 10 }, (_, index) => ask(index % 2 === 0 ? one : two, 'mutation { write }'));
    for (const { errors } of await Promise.all(writes)) expect(errors).toBeUndefined();
    expect(asked.length).toBe(2);
    const expected = [one, two].flatMap((token) => Array.from({ length: 5 }, () => `Bearer of-${token.slice(-8)}`));
    expect(seen.a.toSorted()).toEqual(expected.toSorted());
  });

  it('is made again once the token is about to expire', async () => {
    let count = 0;
    respond = (response) => json(response, grant(`n${++count}`, { expires_in: 1 }));
    const token = await tokenFor('u4');
    await ask(token);
    await ask(token);
    expect(seen.a).toEqual(['Bearer n1', 'Bearer n1']);
    await expect
      .poll(
        async () => {
          await ask(token);
          return seen.a.at(-1);
        },
        { timeout: safetyLimit(1_000) },
      )
      .toBe('Bearer n2');
  });

  it('sends nothing in place of a token that callers do not have', async () => {
    expect((await ask(undefined)).data).toEqual({ a: 1 });
    expect(seen.a).toEqual([undefined]);
    expect(asked).toEqual([]);
  });

  it.each<[string, (response: ServerResponse, form: URLSearchParams) => unknown, RegExp]>([
    ['refuses', (response) => json(response, { error: 'invalid_grant' }, 400), /answered 400: invalid_grant/],
    ['fails', (response) => response.writeHead(502).end('<html>'), /answered 502$/],
    ['writes no JSON', (response) => response.end('{"access_token": "a'), /no object/],
    ['writes a list', (response) => json(response, []), /no object/],
    ['gives no token', (response) => json(response, grant('', {})), /no access_token/],
    ['gives a token that no header carries', (response) => json(response, grant('a\r\nb: c')), /no access_token/],
    [
      'gives a token of another kind',
      (response) => json(response, grant('x', { token_type: 'N_A' })),
      /no bearer token/,
    ],
    [
      'gives a refresh token',
      (response) => json(response, grant('x', { issued_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' })),
      /no access token/,
    ],
    ['gives an expired token', (response) => json(response, grant('x', { expires_in: 0 })), /has expired/],
    [
      'gives the caller’s token back',
      (response, form) => json(response, grant(form.get('subject_token') ?? '')),
      /own token/,
    ],
    [
      'gives a token for another audience',
      async (response) => json(response, grant(await jwt({ aud: ['https://b.internal'] }))),
      /another audience/,
    ],
    ['sends its caller elsewhere', (response) => response.writeHead(307, { location: '/elsewhere' }).end(), /./],
    ['writes without end', (response) => void response.write('x'.repeat(200_000)), /exceeds/],
    ['never answers', () => undefined, /./],
  ])('fails the fetch alone where the authorization server %s', async (name, answer, reason) => {
    respond = (response, form) => void answer(response, form);
    const token = await tokenFor(name);
    const began = performance.now();
    expect(await ask(token)).toMatchObject(failed);
    expect(performance.now() - began).toBeLessThan(safetyLimit(timeoutMs));
    const writing = await ask(token, 'mutation { write }');
    expect(writing).toMatchObject({ errors: [{ extensions: { code: 'TOKEN_EXCHANGE_FAILED' } }] });
    expect(seen.a).toEqual([]);
    const logged = gateway.log
      .filter(({ code }) => code === 'TOKEN_EXCHANGE_FAILED')
      .map((line) => String(line.reason));
    expect(logged.some((text) => reason.test(text))).toBe(true);
    expect(JSON.stringify(gateway.log)).not.toContain(token);
  });

  it('asks once a second at most for a token that was refused, and goes on once it is not', async () => {
    respond = (response) => json(response, { error: 'invalid_grant' }, 400);
    const token = await tokenFor('refused');
    for (let count = 0; count < 5; count++) expect(await ask(token)).toMatchObject(failed);
    expect(asked.length).toBeLessThanOrEqual(2);
    respond = (response) => json(response, grant('recovered'));
    await expect.poll(async () => (await ask(token)).data?.a, { timeout: safetyLimit(1_000) }).toBe(1);
    expect(seen.a).toEqual(['Bearer recovered']);
  });

  it('leaves the other subgraphs of an operation alone', async () => {
    respond = (response, form) =>
      form.get('audience') === 'https://a.internal' ? json(response, {}, 500) : json(response, grant('for-b'));
    expect(await ask(await tokenFor('partial'), '{ a b }')).toMatchObject({ data: { a: null, b: 1 } });
  });
});
