/** A subgraph over TLS that asks the gateway for a certificate: over each client, and while certificates are replaced. */
import { copyFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ResolvedConfig, SubgraphTlsConfig } from '../../../src/config/index.ts';
import { createLogger } from '../../../src/observability/index.ts';
import { SubgraphCredentials } from '../../../src/runtime/subgraph-credentials.ts';
import { readClientCredentials } from '../../../src/tls/index.ts';
import {
  closeSubgraphs,
  codeOf,
  connect,
  contextOf,
  describeEachClient,
  query,
} from '../../testkit/servers/loopback-subgraph.ts';
import { type IssuedCertificate, TestAuthority } from '../../testkit/servers/test-authority.ts';

const fileAt = (path: string) => ({ path, place: 'traffic.all.tls', line: undefined });
const tlsOf = (more: Partial<SubgraphTlsConfig> = {}): SubgraphTlsConfig => ({
  ca: fileAt(authority.caFile),
  pair: undefined,
  serverName: undefined,
  verify: true,
  ...more,
});
const pairOf = ({ certFile, keyFile }: IssuedCertificate) => ({ cert: fileAt(certFile), key: fileAt(keyFile) });
const log = createLogger({ level: 'silent' });

let authority: TestAuthority;
let own: IssuedCertificate;
let server: Server;
let url: string;
/** The CN of whoever asked, in order. */
const callers: string[] = [];

beforeAll(async () => {
  authority = new TestAuthority();
  own = authority.issue({ subject: '/CN=gateway', names: '' });
  const { cert, key } = authority.issue({ subject: '/CN=reviews', names: 'DNS:reviews.internal' });
  server = createServer(
    { cert, key, ca: authority.ca, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      callers.push(String((request.socket as TLSSocket).getPeerCertificate().subject.CN));
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'application/json', connection: 'close' }).end('{"data":{"a":1}}');
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  authority.remove();
});
afterEach(closeSubgraphs);

describeEachClient(() => {
  const ask = async (tls: SubgraphTlsConfig) => {
    const client = connect(url, { tls: { current: await readClientCredentials(tls) }, retries: 0 });
    return client.execute(query, contextOf());
  };
  const serverName = 'reviews.internal';

  it('is answered where both prove themselves', async () => {
    expect((await ask(tlsOf({ serverName, pair: pairOf(own) }))).data).toEqual({ a: 1 });
    expect(callers.at(-1)).toBe('gateway');
  });

  it('gets nothing of the request where its certificate is of another name or authority', async () => {
    const before = callers.length;
    const other = new TestAuthority('another');
    expect(await codeOf(ask(tlsOf({ pair: pairOf(own) })))).toBe('SUBREQUEST_HTTP_ERROR');
    const ca = fileAt(other.caFile);
    expect(await codeOf(ask(tlsOf({ serverName, pair: pairOf(own), ca })))).toBe('SUBREQUEST_HTTP_ERROR');
    expect(await codeOf(ask(tlsOf({ serverName, pair: pairOf(own), ca: undefined })))).toBe('SUBREQUEST_HTTP_ERROR');
    expect(callers.length).toBe(before);
    other.remove();
  });

  it('is trusted whoever it is where that is configured', async () => {
    expect((await ask(tlsOf({ verify: false, ca: undefined, pair: pairOf(own) }))).data).toEqual({ a: 1 });
  });

  it('refuses a gateway without a certificate, and one of another authority', async () => {
    const before = callers.length;
    const other = new TestAuthority('another');
    expect(await codeOf(ask(tlsOf({ serverName })))).toBe('SUBREQUEST_HTTP_ERROR');
    const strange = other.issue({ subject: '/CN=gateway', names: '' });
    expect(await codeOf(ask(tlsOf({ serverName, pair: pairOf(strange) })))).toBe('SUBREQUEST_HTTP_ERROR');
    expect(callers.length).toBe(before);
    other.remove();
  });

  it('sees a replaced certificate on new connections, and never a pair that does not fit', async () => {
    const [certFile, keyFile] = [join(authority.folder, 'own.pem'), join(authority.folder, 'own.key')];
    const install = ({ certFile: cert, keyFile: key }: Pick<IssuedCertificate, 'certFile' | 'keyFile'>) => {
      copyFileSync(cert, certFile);
      copyFileSync(key, keyFile);
    };
    install(own);
    const tls = tlsOf({ serverName, pair: { cert: fileAt(certFile), key: fileAt(keyFile) } });
    const config = {
      file: 'supergraph.yaml',
      traffic: { subgraphs: { reviews: { tls } } },
    } as unknown as ResolvedConfig;
    const credentials = new SubgraphCredentials(log, { everyMs: 20 });
    const lease = await credentials.acquire(config, 'reviews');
    const client = connect(url, { tls: lease?.value, retries: 0 });
    const caller = async () => {
      await client.execute(query, contextOf());
      return callers.at(-1);
    };
    expect(await caller()).toBe('gateway');
    const next = authority.issue({ subject: '/CN=renewed', names: '' });
    install({ certFile: next.certFile, keyFile: own.keyFile });
    expect(await caller()).toBe('gateway');
    // A generation that is built meanwhile has what is in use.
    const second = await credentials.acquire(config, 'reviews');
    expect(second?.value).toBe(lease?.value);
    install(next);
    await expect.poll(caller).toBe('renewed');
    lease?.release();
    lease?.release();
    const last = authority.issue({ subject: '/CN=last', names: '' });
    install(last);
    await expect.poll(caller).toBe('last');
    second?.release();
  });
});

it('is an error of the configuration where a file cannot be used', async () => {
  const { keyFile } = authority.issue();
  const tls = tlsOf({ pair: { cert: fileAt(own.certFile), key: fileAt(keyFile) } });
  const config = { file: 'supergraph.yaml', traffic: { subgraphs: { reviews: { tls } } } } as unknown as ResolvedConfig;
  await expect(new SubgraphCredentials(log).acquire(config, 'reviews')).rejects.toThrow(
    /^supergraph.yaml: traffic.all.tls: .*the key is not that of the certificate/,
  );
});
