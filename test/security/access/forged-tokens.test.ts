/**
 * Tokens that are forged, misused or of another kind, against issuers with RSA and EC keys: each is refused, reaches no
 * subgraph, and makes the gateway ask nobody but the issuer.
 */
import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const subgraphs = {
  door: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@authenticated"])
      type Query { open: String  inside: String @authenticated }`,
    resolvers: { Query: { open: () => 'open', inside: () => 'in' } },
  },
};

const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const ofAttacker = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2_048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
};
const publicJwk = ({ publicKey }: { publicKey: KeyObject }) => publicKey.export({ format: 'jwk' });

const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const now = () => Math.floor(Date.now() / 1_000);
const claims = () => ({ iss: 'https://rsa.example', aud: 'shop', sub: 'u1', exp: now() + 60 });

type Header = Readonly<Record<string, unknown>>;
type SignText = (text: string) => Buffer;

const byRsa: SignText = (text) => signBytes('sha256', Buffer.from(text), rsa.privateKey);
const byEc: SignText = (text) =>
  signBytes('sha256', Buffer.from(text), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' });
const rsaHeader = { alg: 'RS256', kid: 'r1' };
const ecHeader = { alg: 'ES256', kid: 'e1' };

function token(payload: unknown, header: Header = rsaHeader, sign: SignText = byRsa): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${sign(text).toString('base64url')}`;
}
const ofEc = (payload: object = {}, header: Header = ecHeader, sign = byEc) =>
  token({ ...claims(), iss: 'https://ec.example', ...payload }, header, sign);
const hmac =
  (secret: string | Buffer): SignText =>
  (text) =>
    createHmac('sha256', secret).update(text).digest();

let gateway: TestGateway;
/** Each request for keys: of the issuers, and of the attacker’s. */
const fetched: string[] = [];
const issuer = createServer((request, response) => {
  fetched.push(String(request.url));
  const keys: Readonly<Record<string, readonly object[]>> = {
    '/rsa': [
      { ...publicJwk(rsa), kid: 'r1' },
      { kty: 'oct', k: encode('secret of another service'), kid: 'h1' },
    ],
    '/ec': [{ ...publicJwk(ec), kid: 'e1', alg: 'ES256', use: 'sig' }],
    '/attacker': [{ ...publicJwk(ofAttacker.rsa), kid: 'r1' }],
  };
  response.end(JSON.stringify({ keys: keys[request.url ?? ''] ?? [] }));
});
const issuerUrl = () => `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;

beforeAll(async () => {
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  const common = { audience: 'shop' };
  const jwt = [
    { ...common, issuer: 'https://rsa.example', jwks: `${issuerUrl()}/rsa` },
    { ...common, issuer: 'https://ec.example', jwks: `${issuerUrl()}/ec`, typ: 'at+jwt' },
    { ...common, issuer: 'https://late.example', jwks: `${issuerUrl()}/rsa`, clock_skew: '10s' },
  ];
  gateway = await startTestGateway({ subgraphs, yaml: `access: ${JSON.stringify({ jwt })}` });
});
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  issuer.closeAllConnections();
  issuer.close();
});
beforeEach(() => {
  fetched.length = 0;
});

const send = (text: string) => gateway.query('{ inside }', {}, { authorization: `Bearer ${text}` });
const served = { status: 200, data: { inside: 'in' } };

async function expectRefused(text: string): Promise<void> {
  const before = gateway.subgraphs.door?.requests.length;
  expect(await send(text)).toEqual({
    status: 401,
    errors: [
      {
        message: expect.stringMatching(/^The token (is not valid|has expired)\.$/),
        extensions: { code: 'UNAUTHENTICATED' },
      },
    ],
  });
  expect(gateway.subgraphs.door?.requests.length).toBe(before);
  expect(fetched.filter((path) => path === '/attacker')).toEqual([]);
}

it('serves the tokens that the others are made from', async () => {
  expect(await send(token(claims()))).toEqual(served);
  expect(await send(ofEc({}, { ...ecHeader, typ: 'at+jwt' }))).toEqual(served);
});

describe('a token without a valid signature', () => {
  it.each(['none', 'None', 'NONE', 'nOnE', '', null, 0, undefined, ['RS256'], 'RS256 ', 'rs256'])(
    'of the algorithm %j',
    async (alg) => {
      const text = `${encode({ ...rsaHeader, alg })}.${encode(claims())}`;
      for (const signature of ['', byRsa(text).toString('base64url')]) await expectRefused(`${text}.${signature}`);
    },
  );

  it('of a valid header, and a signature that is missing, empty, of zeros or of DER', async () => {
    const [header, payload] = ofEc({}, { ...ecHeader, typ: 'at+jwt' }).split('.');
    const der = signBytes('sha256', Buffer.from(`${header}.${payload}`), ec.privateKey).toString('base64url');
    const zeros = Buffer.alloc(64).toString('base64url');
    for (const end of ['', '.', `.${zeros}`, `.${der}`]) await expectRefused(`${header}.${payload}${end}`);
  });

  it('made with the public key as a secret, in every form that it has', async () => {
    const { publicKey } = rsa;
    const secrets = [
      publicKey.export({ type: 'spki', format: 'pem' }),
      String(publicKey.export({ type: 'spki', format: 'pem' })).trim(),
      publicKey.export({ type: 'pkcs1', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
      JSON.stringify(publicJwk(rsa)),
      '',
    ];
    for (const secret of secrets) await expectRefused(token(claims(), { alg: 'HS256', kid: 'r1' }, hmac(secret)));
  });

  it('made with a secret that the issuer publishes by mistake', async () => {
    await expectRefused(token(claims(), { alg: 'HS256', kid: 'h1' }, hmac('secret of another service')));
  });

  it('of keys that the token itself brings or names', async () => {
    const sign: SignText = (text) => signBytes('sha256', Buffer.from(text), ofAttacker.rsa.privateKey);
    const jku = `${issuerUrl()}/attacker`;
    const brought = [
      { jwk: publicJwk(ofAttacker.rsa) },
      { jku },
      { x5u: jku },
      { x5c: [encode('certificate')] },
      { jwk: publicJwk(ofAttacker.rsa), jku, kid: 'unknown' },
      { kid: jku },
      { kid: '../../../../dev/null' },
      { kid: "' OR '1'='1" },
      { kid: { toString: 'r1' } },
      { kid: '__proto__' },
    ];
    for (const header of brought) await expectRefused(token(claims(), { ...rsaHeader, ...header }, sign));
  });

  it('of another issuer’s key, or of another algorithm of its own', async () => {
    await expectRefused(token(claims(), ecHeader, byEc));
    await expectRefused(ofEc({}, { ...rsaHeader, typ: 'at+jwt' }, byRsa));
    const pss: SignText = (text) =>
      signBytes('sha256', Buffer.from(text), { key: rsa.privateKey, padding: 6, saltLength: 32 });
    await expectRefused(token(claims(), { ...rsaHeader, alg: 'PS256' }, pss));
    const sha512: SignText = (text) => signBytes('sha512', Buffer.from(text), rsa.privateKey);
    await expectRefused(token(claims(), { ...rsaHeader, alg: 'RS512' }, sha512));
  });
});

describe('a signed token', () => {
  it.each<[string, object]>([
    ['of critical headers', { crit: ['exp2'], exp2: 1 }],
    ['of critical headers that it does not have', { crit: ['exp2'] }],
    ['of no critical headers', { crit: [] }],
    ['of a payload that is not encoded', { crit: ['b64'], b64: false }],
    ['that is compressed', { crit: ['zip'], zip: 'DEF' }],
  ])('%s is refused', async (_what, header) => {
    await expectRefused(token(claims(), { ...rsaHeader, ...header }));
  });

  it.each<[string, () => object]>([
    ['of an audience that begins alike', () => ({ aud: 'shop.evil.example' })],
    ['of an audience in another case', () => ({ aud: 'Shop' })],
    ['of an audience that is an object', () => ({ aud: { shop: true } })],
    ['of an empty audience', () => ({ aud: [] })],
    ['of an issuer that begins alike', () => ({ iss: 'https://rsa.example/' })],
    ['of an issuer that is a list', () => ({ iss: ['https://rsa.example'] })],
    ['expired by a second', () => ({ exp: now() - 1 })],
    ['that expires in words', () => ({ exp: String(now() + 60) })],
    ['that expires in no number', () => ({ exp: null })],
    ['that is valid in a minute', () => ({ nbf: now() + 60 })],
    ['that is valid from words on', () => ({ nbf: 'now' })],
    ['of a subject that is an object', () => ({ sub: { id: 'u1' } })],
  ])('%s is refused', async (_what, changed) => {
    await expectRefused(token({ ...claims(), ...changed() }));
  });

  it.each([[[]], ['text'], [null], [1]])('of the payload %j is refused', async (payload) => {
    await expectRefused(token(payload));
  });

  it('that has been served is refused from the second on in which it expires', async () => {
    const text = token({ ...claims(), exp: now() + 30 });
    expect(await send(text)).toEqual(served);
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      vi.setSystemTime((now() + 31) * 1_000);
      await expectRefused(text);
      await expectRefused(text);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('the time of a token', () => {
  it('that expired a second ago is over, unless clocks may differ by more', async () => {
    await expectRefused(token({ ...claims(), exp: now() - 1 }));
    await expectRefused(token({ ...claims(), exp: now() }));
    expect(await send(token({ ...claims(), iss: 'https://late.example', exp: now() - 2 }))).toEqual(served);
    await expectRefused(token({ ...claims(), iss: 'https://late.example', exp: now() - 12 }));
  });

  it('that is not valid yet has half a minute by default: the issuer’s clock may be ahead', async () => {
    expect(await send(token({ ...claims(), nbf: now() + 20 }))).toEqual(served);
    await expectRefused(token({ ...claims(), nbf: now() + 40 }));
    await expectRefused(token({ ...claims(), iss: 'https://late.example', nbf: now() + 20 }));
  });
});

describe('the kind of a token', () => {
  it.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt', 'AT+JWT', undefined])(
    '%j is accepted by default',
    async (typ) => {
      expect(await send(token(claims(), { ...rsaHeader, typ }))).toEqual(served);
    },
  );

  it.each([
    'logout+jwt',
    'secevent+jwt',
    'dpop+jwt',
    'application/token-introspection+jwt',
    'at+jwt2',
    'JWT,at+jwt',
    '',
    7,
    null,
  ])('%j is not', async (typ) => {
    await expectRefused(token(claims(), { ...rsaHeader, typ }));
  });

  it('is not that of a logout token, whatever its header says', async () => {
    const events = { 'http://schemas.openid.net/event/backchannel-logout': {} };
    await expectRefused(token({ ...claims(), events, sid: 's1' }, { ...rsaHeader, typ: 'JWT' }));
    expect(await send(token({ ...claims(), events: ['signed-up'] }))).toEqual(served);
  });

  it('is that of access tokens alone where the configuration says so: ID tokens are refused', async () => {
    expect(await send(ofEc({}, { ...ecHeader, typ: 'application/AT+jwt' }))).toEqual(served);
    for (const typ of ['JWT', undefined, 'id_token+jwt'])
      await expectRefused(ofEc({ nonce: 'n' }, { ...ecHeader, typ }));
  });
});

it('a thousand unknown key ids cause one fetch of the keys, and delay no one else', async () => {
  expect(await send(token(claims()))).toEqual(served);
  fetched.length = 0;
  const unknown = Array.from({ length: 1_000 }, (_, index) => token(claims(), { ...rsaHeader, kid: `k${index}` }));
  for (let start = 0; start < unknown.length; start += 50) {
    const answers = await Promise.all([...unknown.slice(start, start + 50).map(send), send(token(claims()))]);
    expect(answers.pop()).toEqual(served);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
  }
  expect(fetched.length).toBeLessThanOrEqual(1);
});

it('two authorization headers are refused, since another server may have checked the other one', async () => {
  const { hostname, port } = new URL(gateway.url);
  const ask = (lines: readonly string[], path = '/graphql'): Promise<string> =>
    new Promise((resolve, reject) => {
      const body = '{"query":"{ inside }"}';
      const head = [
        `POST ${path} HTTP/1.1`,
        `host: ${hostname}`,
        'content-type: application/json',
        'connection: close',
      ];
      const socket = connect(Number(port), hostname, () => {
        socket.end([...head, ...lines, `content-length: ${body.length}`, '', body].join('\r\n'));
      });
      let text = '';
      socket.on('data', (chunk) => {
        text += String(chunk);
      });
      socket.on('end', () => resolve(text)).on('error', reject);
    });
  const right = `authorization: Bearer ${token(claims())}`;
  const wrong = 'Authorization: Bearer wrong';
  expect(await ask([right])).toContain('"inside":"in"');
  for (const path of ['/graphql', '/v1/models'])
    for (const lines of [
      [right, wrong],
      [wrong, right],
      [right, right],
    ])
      expect(await ask(lines, path)).toMatch(/^HTTP\/1\.1 400 /);
});
