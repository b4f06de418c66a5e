import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGateway } from '../../src/index.ts';
import { type IssuedCertificate, TestAuthority } from '../testkit/servers/test-authority.ts';

describe('a graph over TLS', () => {
  let authority: TestAuthority;
  let own: IssuedCertificate;
  let close: () => Promise<unknown>;
  let url: string;

  beforeAll(async () => {
    authority = new TestAuthority();
    own = authority.issue({ subject: '/CN=gateway', names: '' });
    const { cert, key } = authority.issue({ names: 'DNS:reviews.internal' });
    const server = createServer({ cert, key, ca: authority.ca, requestCert: true }, async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const data = text.includes('_service') ? { _service: { sdl: 'type Query { a: Int }' } } : { a: 1 };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
    close = async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      authority.remove();
    };
  });
  afterAll(() => close());

  const start = async (tls: object, all: object = {}) => {
    const configFile = join(authority.folder, 'supergraph.yaml');
    const config = {
      subgraphs: { reviews: { schema: { subgraph_url: url } } },
      traffic: { all, subgraphs: { reviews: { tls } } },
      telemetry: { log_level: 'silent' },
    };
    await writeFile(configFile, JSON.stringify(config));
    return createGateway({ configFile, watch: false });
  };

  it('is introspected and served with the certificates of its subgraphs, of which some are common to all', async () => {
    const all = { tls: { ca: authority.caFile, cert: own.certFile, key: own.keyFile } };
    const gateway = await start({ server_name: 'reviews.internal' }, all);
    const body = JSON.stringify({ query: '{ a }' });
    const headers = { 'content-type': 'application/json' };
    const answer = await gateway.fetch(new Request('http://gateway/graphql', { method: 'POST', headers, body }));
    expect(await answer.json()).toEqual({ data: { a: 1 } });
    await gateway.close();
  });

  it('is refused at the start where a file or half of a pair is missing', async () => {
    await expect(start({ cert: own.certFile })).rejects.toThrow(
      /traffic.subgraphs.reviews.tls: cert and key go together: add key/,
    );
    await expect(start({ ca: 'missing.pem' })).rejects.toThrow(
      /traffic.subgraphs.reviews.tls.ca: .*missing.pem: the file cannot be read/,
    );
  });
});
