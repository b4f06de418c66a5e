/** TLS of the server: its certificate, which is replaced while it runs, and those of its clients. */
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway, type Gateway } from '../../../src/index.ts';
import { connectTls, HttpsClient } from '../../testkit/servers/https-client.ts';
import { type IssuedCertificate, TestAuthority } from '../../testkit/servers/test-authority.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';
import { testWorkers } from '../../testkit/test-workers.ts';

const is =
  '(args.id == null || args.id == principal.id) && (args.kind == null || args.kind == principal.kind) && (args.role == null || args.role in principal.roles)';
const subgraphs = {
  door: {
    sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@policy"])
      type Query { open: String  slow: String  is(id: String, kind: String, role: String): String @policy(policies: [["is"]]) }`,
    resolvers: { Query: { open: () => 'open', is: () => 'yes', slow: () => new Promise(() => {}) } },
  },
};

let authority: TestAuthority;
let server: IssuedCertificate;
let folder: string;
const clients = new Set<HttpsClient>();

const client = (url: string, options: ConnectionOptions = {}): HttpsClient => {
  const opened = new HttpsClient(url, { ca: authority.ca, ...options });
  clients.add(opened);
  return opened;
};
const withCertificate = ({ cert, key }: IssuedCertificate): ConnectionOptions => ({ cert, key });
/** Replaces a file, as careful tools do: it is never half written. */
const replace = async (file: string, from: string): Promise<void> => {
  await copyFile(from, `${file}.new`);
  await rename(`${file}.new`, file);
};

beforeAll(async () => {
  authority = new TestAuthority();
  server = authority.issue();
  folder = await mkdtemp(join(tmpdir(), 'isthmus-tls-'));
});
afterAll(async () => {
  for (const opened of clients) opened.close();
  authority.remove();
  await rm(folder, { recursive: true, force: true });
});

/** Lines of supergraph.yaml: the server's certificate with more of its settings, and other keys. */
const configure = (
  tls: object = {},
  { access = {}, ...others }: { readonly access?: object; readonly admin?: object } = {},
): string =>
  Object.entries({
    server: { tls: { cert: server.certFile, key: server.keyFile, ...tls } },
    access: { policies: { is }, ...access },
    ...others,
  })
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');

describe('a server with a certificate', () => {
  let gateway: TestGateway;
  let certFile: string;
  let keyFile: string;

  beforeAll(async () => {
    [certFile, keyFile] = [join(folder, 'server.pem'), join(folder, 'server.key')];
    await copyFile(server.certFile, certFile);
    await copyFile(server.keyFile, keyFile);
    const yaml = configure({ cert: certFile, key: keyFile, reload: '20ms' }, { admin: { port: 0, tls: true } });
    gateway = await startTestGateway({ subgraphs, yaml });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it('answers every route by HTTPS, and says so', async () => {
    expect(gateway.url).toMatch(/^https:/);
    const https = client(gateway.url);
    expect(await https.query('{ open }')).toMatchObject({ status: 200, body: { data: { open: 'open' } } });
    const fromPage = await https.query('{ open }', { origin: 'https://127.0.0.1' });
    expect(fromPage).toMatchObject({ status: 200, body: { data: { open: 'open' } } });
    expect(await https.send({ path: '/v1/models', method: 'GET' })).toMatchObject({ status: 200 });
    expect(await https.send({ path: '/health/ready', method: 'GET' })).toMatchObject({ body: { status: 'ready' } });
    await expect(fetch(gateway.url.replace('https:', 'http:'))).rejects.toThrow();
  });

  it('speaks HTTP/1.1 alone', async () => {
    const both = await connectTls(gateway.url, { ca: authority.ca, ALPNProtocols: ['h2', 'http/1.1'] });
    expect(both.alpnProtocol).toBe('http/1.1');
    both.destroy();
    await expect(connectTls(gateway.url, { ca: authority.ca, ALPNProtocols: ['h2'] })).rejects.toThrow();
  });

  it('answers a client that has sent all it will, and notices one that leaves', async () => {
    const post = (query: string, id: string) => {
      const body = JSON.stringify({ query });
      return `POST /graphql HTTP/1.1\r\nhost: a\r\nx-request-id: ${id}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    };
    const halfOpen = { ca: authority.ca, allowHalfOpen: true };
    const done = await connectTls(gateway.url, halfOpen);
    done.end(post('{ open }', 'done'));
    let text = '';
    for await (const chunk of done) text += String(chunk);
    expect(text).toContain('"open":"open"');
    const leaving = await connectTls(gateway.url, { ca: authority.ca });
    leaving.write(post('{ slow }', 'leaving'));
    await expect.poll(() => gateway.subgraphs.door?.requests.some(({ query }) => query.includes('slow'))).toBe(true);
    leaving.destroy();
    await expect
      .poll(() =>
        gateway.log.find(({ requestId, msg }) => requestId === 'leaving' && msg === 'request aborted by the client'),
      )
      .toBeDefined();
  });

  it('serves the admin graph by HTTPS as well', async () => {
    const { adminUrl } = gateway.log.find((line) => line.adminUrl !== undefined) ?? {};
    expect(adminUrl).toMatch(/^https:/);
    const answer = await client(String(adminUrl)).send({ path: '/admin/graphql', body: '{"query":"{ keys { id } }"}' });
    expect(answer).toMatchObject({ status: 200, body: { data: { keys: [] } } });
  });

  it('proves itself with a replaced certificate on new connections, and keeps the old ones', async () => {
    const before = client(gateway.url);
    const { serial } = await before.query('{ open }');
    const next = authority.issue();
    await replace(keyFile, next.keyFile);
    await expect
      .poll(() => gateway.log.filter(({ msg }) => String(msg).includes('was not replaced')).length)
      .toBeGreaterThan(0);
    const refusal = gateway.log.find(({ msg }) => String(msg).includes('was not replaced'));
    expect(refusal?.reason).toContain('the key is not that of the certificate');
    expect((await client(gateway.url).query('{ open }')).serial).toBe(serial);
    await replace(certFile, next.certFile);
    await expect.poll(async () => (await client(gateway.url).query('{ open }')).serial).not.toBe(serial);
    expect(await before.query('{ open }')).toMatchObject({ status: 200, serial });
  });

  it.each([
    ['expired', () => authority.issue({ days: [-10, -1] }), /expired at/],
    ['is not valid yet', () => authority.issue({ days: [1, 10] }), /is valid from/],
  ])('keeps its certificate where the new one %s', async (_, issue, reason) => {
    const { serial } = await client(gateway.url).query('{ open }');
    const next = issue();
    await replace(keyFile, next.keyFile);
    await replace(certFile, next.certFile);
    await expect.poll(() => gateway.log.some((line) => reason.test(String(line.reason)))).toBe(true);
    expect((await client(gateway.url).query('{ open }')).serial).toBe(serial);
  });

  it('keeps it where a file is missing or half written, and logs each reason once', async () => {
    const { serial } = await client(gateway.url).query('{ open }');
    await rm(certFile);
    await expect.poll(() => gateway.log.some(({ reason }) => String(reason).includes('cannot be read'))).toBe(true);
    await writeFile(certFile, '-----BEGIN CERTIFICATE-----\nMIIB');
    await expect.poll(() => gateway.log.some(({ reason }) => String(reason).includes('cannot be parsed'))).toBe(true);
    expect((await client(gateway.url).query('{ open }')).serial).toBe(serial);
    // By the admin listener, and by that of each worker.
    const missing = gateway.log.filter(({ reason }) => String(reason).includes('cannot be read'));
    expect(missing.length).toBeLessThanOrEqual(1 + testWorkers);
  });
});

describe('the start is refused', () => {
  let problem: (more: object) => Promise<string>;
  beforeAll(async () => {
    await writeFile(join(folder, 'a.graphql'), 'type Query { a: String }');
    const graph = { a: { routing_url: 'http://127.0.0.1:1', schema: { file: join(folder, 'a.graphql') } } };
    problem = async (more) => {
      const config = {
        subgraphs: graph,
        telemetry: { log_level: 'silent' },
        server: { tls: { cert: server.certFile, key: server.keyFile, ...more } },
      };
      const error: unknown = await createGateway({ config, watch: false }).then(
        async (gateway: Gateway) => gateway.close(),
        (refusal: unknown) => refusal,
      );
      return error instanceof Error ? error.message : 'it started';
    };
  });

  it('not for a certificate that is right', async () => {
    expect(await problem({})).toBe('it started');
  });

  it('for a certificate that has expired', async () => {
    const { certFile: cert, keyFile: key } = authority.issue({ days: [-10, -1] });
    expect(await problem({ cert, key })).toMatch(
      /server\.tls\.cert: \/.*\.pem: the certificate expired at .*; renew it/,
    );
  });

  it('for the key of another certificate', async () => {
    const { keyFile: key } = authority.issue();
    expect(await problem({ key })).toMatch(
      /server\.tls\.key: \/.*\.key: the key is not that of the certificate in \/.*; write the key/,
    );
  });

  it('for a file that is missing', async () => {
    expect(await problem({ cert: 'missing.pem' })).toMatch(
      /server\.tls\.cert: \/.*missing\.pem: the file cannot be read \(.*; write the path/,
    );
  });

  it('for a key that is encrypted', async () => {
    const key = join(folder, 'encrypted.key');
    const { execFileSync } = await import('node:child_process');
    execFileSync('openssl', ['pkey', '-in', server.keyFile, '-out', key, '-aes256', '-passout', 'pass:a secret'], {
      stdio: 'pipe',
    });
    expect(await problem({ key })).toMatch(
      /server\.tls\.key: .*the key is encrypted; write it decrypted.*openssl pkey/,
    );
  });

  it('for files that hold something else', async () => {
    expect(await problem({ cert: server.keyFile })).toMatch(/server\.tls\.cert: .*there is no certificate in the file/);
    expect(await problem({ key: server.certFile })).toMatch(/server\.tls\.key: .*there is no private key in the file/);
    const clientAuth = { ca: authority.caFile, crl: server.certFile };
    expect(await problem({ client_auth: clientAuth })).toMatch(
      /server\.tls\.client_auth\.crl: .*there is no revocation list/,
    );
  });
});

describe('client certificates', () => {
  let gateway: TestGateway;
  let billing: IssuedCertificate;
  let payments: IssuedCertificate;
  let revoked: IssuedCertificate;
  const access = {
    mtls: [
      { subject: { CN: 'billing-*', O: 'Shop' }, scopes: ['read'], roles: ['finance'] },
      { san: 'URI:spiffe://shop.example/*', kind: 'user', id: 'pay' },
    ],
    jwt: [],
  };
  const whoIs = (
    https: HttpsClient,
    { id, kind = 'service', role = null }: { id: string; kind?: string; role?: string | null },
  ) => https.query(`{ is(id: "${id}", kind: "${kind}", role: ${JSON.stringify(role)}) }`);
  const yes = { status: 200, body: { data: { is: 'yes' } } };
  const no = { status: 200, body: { data: null } };

  beforeAll(async () => {
    billing = authority.issue({ subject: '/O=Shop/CN=billing-1', names: '' });
    payments = authority.issue({ subject: '/CN=x', names: 'URI:spiffe://shop.example/payments' });
    revoked = authority.issue({ subject: '/O=Shop/CN=billing-2', names: '' });
    authority.revoke(revoked);
    const clientAuth = { ca: authority.caFile, crl: authority.crlFile, mode: 'optional' };
    gateway = await startTestGateway({
      subgraphs,
      yaml: configure({ client_auth: clientAuth }, { access }),
      workers: 1,
    }); // each has sessions of its own
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it('say who their holder is, by subject and by alternative name', async () => {
    expect(
      await whoIs(client(gateway.url, withCertificate(billing)), { id: 'billing-1', role: 'finance' }),
    ).toMatchObject(yes);
    expect(await whoIs(client(gateway.url, withCertificate(payments)), { id: 'pay', kind: 'user' })).toMatchObject(yes);
    expect(await whoIs(client(gateway.url, withCertificate(payments)), { id: 'billing-1' })).toMatchObject(no);
  });

  it('say the same on every way into the gateway', async () => {
    const https = client(gateway.url, withCertificate(billing));
    const body = JSON.stringify({ query: '{ is(id: "billing-1", kind: "service", role: "finance") }' });
    expect(await https.send({ body, headers: { origin: gateway.url.slice(0, -'/graphql'.length) } })).toMatchObject(
      yes,
    );
    const query = new URLSearchParams({ query: '{ is(id: "billing-1", kind: "service", role: null) }' });
    const got = await https.send({ method: 'GET', path: `/graphql?${query}`, headers: { accept: 'application/json' } });
    expect(got).toMatchObject(yes);
    const nobody = authority.issue({ subject: '/CN=nobody', names: '' });
    expect(await https.send({ path: '/v1/models', method: 'GET' })).toMatchObject({ status: 200 });
    const strange = client(gateway.url, withCertificate(nobody));
    expect(await strange.send({ path: '/v1/models', method: 'GET' })).toMatchObject({ status: 401 });
    expect(await strange.send({ path: '/v1/chat/completions', body: '{}' })).toMatchObject({ status: 401 });
    expect(await strange.query('{ open }')).toMatchObject({ status: 401 });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('hold for a session of %s that is resumed', async (version) => {
    const options = { ca: authority.ca, ...withCertificate(billing), minVersion: version, maxVersion: version };
    const body = JSON.stringify({ query: '{ is(id: "billing-1", kind: "service", role: "finance") }' });
    const request = `POST /graphql HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const ask = async (session?: Buffer) => {
      const socket = await connectTls(gateway.url, { ...options, ...(session === undefined ? {} : { session }) });
      const isResumed = socket.isSessionReused();
      let newest: Buffer | undefined = version === 'TLSv1.2' ? socket.getSession() : undefined;
      socket.on('session', (given: Buffer) => {
        newest = given;
      });
      socket.write(request);
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      return { text, session: newest, isResumed };
    };
    const first = await ask();
    expect(first.text).toContain('"is":"yes"');
    const second = await ask(first.session);
    expect(second.isResumed).toBe(true);
    expect(second.text).toContain('"is":"yes"');
  });

  it('are not replaced by headers', async () => {
    const headers = {
      'x-client-cert': encodeURIComponent(billing.cert),
      'ssl-client-subject-dn': 'CN=billing-1,O=Shop',
    };
    expect(await client(gateway.url).query('{ is(id: "billing-1", kind: null, role: null) }', headers)).toMatchObject(
      no,
    );
    expect(await client(gateway.url).query('{ is(id: "anonymous", kind: null, role: null) }', headers)).toMatchObject(
      yes,
    );
  });

  it.each([
    [
      'of an unknown authority',
      () => new TestAuthority('another').issue({ subject: '/O=Shop/CN=billing-1', names: '' }),
    ],
    ['that has expired', () => authority.issue({ subject: '/O=Shop/CN=billing-1', names: '', days: [-10, -1] })],
    ['that was revoked', () => revoked],
  ])('%s end the connection, and are nobody', async (_, issue) => {
    await expect(client(gateway.url, withCertificate(issue())).query('{ open }')).rejects.toThrow();
    await expect.poll(() => gateway.log.some(({ msg }) => msg === 'a client certificate was refused')).toBe(true);
  });

  it('that no entry matches are refused, unlike none at all', async () => {
    const others = ['/O=Shop/CN=billing-', '/O=Other/CN=billing-1', '/CN=billing-1', '/O=Shop/CN=billing-1.evil'];
    for (const subject of others) {
      const https = client(gateway.url, withCertificate(authority.issue({ subject, names: '' })));
      expect(await https.query('{ open }'), subject).toMatchObject({ status: 401 });
    }
    const names = 'URI:spiffe://shop.example/a/b,DNS:shop.example';
    const deeper = client(gateway.url, withCertificate(authority.issue({ subject: '/CN=x', names })));
    expect(await deeper.query('{ open }')).toMatchObject({ status: 401 });
    expect(await client(gateway.url).query('{ open }')).toMatchObject({ status: 200 });
  });
});

describe('client certificates that are required', () => {
  it('are asked of everyone in the handshake, with workers as without', async () => {
    const holder = authority.issue({ subject: '/CN=billing-1', names: '' });
    const access = { mtls: [{ subject: { CN: '*' } }], require_authentication: true };
    const tls = { client_auth: { ca: authority.caFile }, min_version: 1.3 };
    const yaml = configure(tls, { access });
    await using gateway = await startTestGateway({ subgraphs, yaml, workers: 2 });
    for (let connection = 0; connection < 6; connection++) {
      expect(await client(gateway.url, withCertificate(holder)).query('{ open }')).toMatchObject({ status: 200 });
      await expect(client(gateway.url).query('{ open }')).rejects.toThrow();
    }
    await expect(client(gateway.url).send({ path: '/health/live', method: 'GET' })).rejects.toThrow();
    const old = { ...withCertificate(holder), maxVersion: 'TLSv1.2' } as const;
    await expect(client(gateway.url, old).query('{ open }')).rejects.toThrow();
  });
});

describe('a drain', () => {
  it('does not wait for handshakes that nobody goes on with', async () => {
    const gateway = await startTestGateway({ subgraphs, yaml: configure() });
    const { hostname, port } = new URL(gateway.url);
    const silent = connectTcp(Number(port), hostname);
    silent.on('error', () => {});
    await once(silent, 'connect');
    expect(await client(gateway.url).query('{ open }')).toMatchObject({ status: 200 });
    const closed = once(silent, 'close');
    const began = performance.now();
    await gateway[Symbol.asyncDispose]();
    await closed;
    // The time for a handshake is 10 s.
    expect(performance.now() - began).toBeLessThan(9_000);
  });
});

describe('a certificate that is revoked while its holder has a session', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('is refused where the session of %s is resumed', async (version) => {
    const own = new TestAuthority();
    const holder = own.issue({ subject: '/CN=holder', names: '' });
    const tls = { client_auth: { ca: own.caFile, crl: own.crlFile }, reload: '20ms' };
    await using gateway = await startTestGateway({ subgraphs, yaml: configure(tls), workers: 1 });
    const options = { ca: authority.ca, ...withCertificate(holder), minVersion: version, maxVersion: version };
    const ask = async (session?: Buffer) => {
      const socket = await connectTls(gateway.url, { ...options, ...(session === undefined ? {} : { session }) });
      let newest: Buffer | undefined = version === 'TLSv1.2' ? socket.getSession() : undefined;
      socket.on('session', (given: Buffer) => {
        newest = given;
      });
      socket.write('GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      if (!text.includes('live')) throw new Error('no answer');
      return { isResumed: socket.isSessionReused(), session: newest };
    };
    const { session } = await ask();
    await ask(session);
    own.revoke(holder);
    await expect
      .poll(() => gateway.log.some(({ msg }) => msg === 'the certificate of the server was replaced'))
      .toBe(true);
    await expect(ask(session)).rejects.toThrow();
    await expect(ask()).rejects.toThrow();
    // Lines that move in the file are no change of these keys.
    const file = join(gateway.folder, 'supergraph.yaml');
    await writeFile(file, `# a line\n${await readFile(file, 'utf8')}`);
    expect((await gateway.gateway.reload()).kind).not.toBe('refused');
    own.remove();
  });
});
