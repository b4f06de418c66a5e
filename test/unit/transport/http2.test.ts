import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  closeSubgraphs,
  codeOf,
  connect,
  contextOf,
  mutation,
  query,
} from '../../testkit/servers/loopback-subgraph.ts';

// A test key for 127.0.0.1: it protects nothing.
const key = readFileSync('test/testkit/servers/loopback-tls/key.pem');
const cert = readFileSync('test/testkit/servers/loopback-tls/certificate.pem', 'utf8');
const trusted = getCACertificates('default');
beforeAll(() => setDefaultCACertificates([...trusted, cert]));
afterAll(() => setDefaultCACertificates(trusted));

const servers: { close(): unknown }[] = [];
afterEach(async () => {
  await closeSubgraphs();
  for (const server of servers.splice(0)) server.close();
});

async function urlOf(server: Http2SecureServer | ReturnType<typeof createHttpsServer>): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
}

describe('a subgraph over https', () => {
  it('is called over HTTP/2 if it offers it: many requests, one connection', async () => {
    const versions = new Set<string>();
    let sessions = 0;
    const server = createSecureServer({ key, cert, allowHTTP1: true }, (request, response) => {
      versions.add(request.httpVersion);
      response.end('{"data":{"a":1}}');
    });
    server.on('session', () => sessions++);
    const client = connect(await urlOf(server), { shareIdentical: false });
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.execute(query, contextOf())));
    expect(answers).toEqual(new Array(50).fill({ data: { a: 1 } }));
    expect([[...versions], sessions]).toEqual([['2.0'], 1]);
  });

  it.each([
    ['does not offer HTTP/2', (listener: RequestListener) => createHttpsServer({ key, cert }, listener), true],
    [
      'offers it, but it is switched off',
      (listener: RequestListener) => createSecureServer({ key, cert, allowHTTP1: true }, listener as never),
      false,
    ],
  ] as const)('is called over HTTP/1.1 if it %s', async (_name, create, http2) => {
    let version = '';
    const server = create((request, response) => {
      version = request.httpVersion;
      response.end('{"data":{"a":1}}');
    });
    expect(await connect(await urlOf(server), { http2 }).execute(query, contextOf())).toEqual({ data: { a: 1 } });
    expect(version).toBe('1.1');
  });

  it('whose certificate is not trusted is coded', async () => {
    setDefaultCACertificates(trusted);
    const client = connect(await urlOf(createSecureServer({ key, cert }, (_request, response) => response.end('{}'))));
    expect(await codeOf(client.execute(query, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
    setDefaultCACertificates([...trusted, cert]);
  });

  it('is sent a mutation once, though its HTTP/2 session breaks', async () => {
    let requests = 0;
    let session: ServerHttp2Session | undefined;
    const server = createSecureServer({ key, cert }, () => {
      requests++;
      session?.destroy();
    });
    server.on('session', (one) => {
      session = one;
      one.on('error', () => {});
    });
    const client = connect(await urlOf(server));
    expect(await codeOf(client.execute(mutation, contextOf()))).toBe('SUBREQUEST_HTTP_ERROR');
    expect(requests).toBe(1);
  });

  it('sees a stream closed when its client disconnects, while others on the connection continue', async () => {
    const answers: (() => void)[] = [];
    const closed = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const server = createSecureServer({ key, cert }, (request, response) => {
      if (answers.length === 0) request.stream.once('close', closed.resolve);
      if (answers.push(() => response.end('{"data":{}}')) === 2) arrived.resolve();
    });
    const client = connect(await urlOf(server), { shareIdentical: false });
    const controller = new AbortController();
    const left = client.execute(query, contextOf({ signal: controller.signal }));
    const stays = client.execute(query, contextOf());
    await arrived.promise;
    controller.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    await closed.promise;
    answers[1]?.();
    expect(await stays).toEqual({ data: {} });
  });
});
