/** Sessions of TLS are resumed by any server of one secret and one certificate, as the workers of a gateway are. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, rename } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { prepareServer } from '../../../src/tls/index.ts';
import { type IssuedCertificate, TestAuthority } from '../../testkit/servers/test-authority.ts';

let authority: TestAuthority;
let issued: IssuedCertificate;
const servers: Server[] = [];
beforeAll(() => {
  authority = new TestAuthority();
  issued = authority.issue();
});
afterAll(() => authority.remove());
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function serve(ticketSecret: Uint8Array | undefined, { cert = issued.certFile, key = issued.keyFile } = {}) {
  const file = (path: string, place: string) => ({ path, place, line: undefined });
  const replaced = Promise.withResolvers<void>();
  const open = await prepareServer({
    tls: {
      cert: file(cert, 'server.tls.cert'),
      key: file(key, 'server.tls.key'),
      ca: undefined,
      minVersion: 'TLSv1.2',
      clientAuth: undefined,
      reloadMs: 5,
    },
    configFile: 'supergraph.yaml',
    http: {},
    ticketSecret,
    log: { debug() {}, error() {}, info: () => replaced.resolve() },
  });
  const server = open((_request, response) => response.end('served')).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, replaced: replaced.promise };
}

async function visit(port: number, version: 'TLSv1.2' | 'TLSv1.3', session?: Buffer) {
  const socket = connect({ host: '127.0.0.1', port, ca: authority.ca, maxVersion: version, session });
  let newest: Buffer | undefined;
  socket.on('session', (given: Buffer) => {
    newest = given;
  });
  await once(socket, 'secureConnect');
  const isResumed = socket.isSessionReused();
  socket.end('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  expect(text).toContain('served');
  return { isResumed, session: newest };
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a session of %s', (version) => {
  it('is resumed by another server of the same secret', async () => {
    const secret = randomBytes(32);
    const [first, second] = [await serve(secret), await serve(secret)];
    const { session, isResumed } = await visit(first.port, version);
    expect(isResumed).toBe(false);
    expect((await visit(second.port, version, session)).isResumed).toBe(true);
  });

  it('is not resumed by one of another secret, or of none', async () => {
    const { session } = await visit((await serve(randomBytes(32))).port, version);
    for (const secret of [randomBytes(32), undefined])
      expect((await visit((await serve(secret)).port, version, session)).isResumed).toBe(false);
  });

  it('ends where the files are replaced, and begins anew with the next', async () => {
    const secret = randomBytes(32);
    const [cert, key] = [join(authority.folder, `${version}.pem`), join(authority.folder, `${version}.key`)];
    await copyFile(issued.certFile, cert);
    await copyFile(issued.keyFile, key);
    const server = await serve(secret, { cert, key });
    const before = await visit(server.port, version);
    const next = authority.issue();
    for (const [from, to] of [
      [next.keyFile, key],
      [next.certFile, cert],
    ] as const) {
      await copyFile(from, `${to}.new`);
      await rename(`${to}.new`, to);
    }
    await server.replaced;
    const after = await visit(server.port, version, before.session);
    expect(after.isResumed).toBe(false);
    expect((await visit(server.port, version, after.session)).isResumed).toBe(true);
    expect((await visit((await serve(secret, { cert, key })).port, version, after.session)).isResumed).toBe(true);
  });
});
