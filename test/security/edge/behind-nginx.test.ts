import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HttpsClient } from '../../testkit/servers/https-client.ts';
import { type NginxServer, startNginx, withoutNginx } from '../../testkit/servers/nginx-server.ts';
import { TestAuthority } from '../../testkit/servers/test-authority.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const subgraphs = { door: { sdl: 'type Query { open: String }', resolvers: { Query: { open: () => 'open' } } } };

describe.skipIf(withoutNginx)('behind nginx', () => {
  let authority: TestAuthority;
  let gateway: TestGateway;
  let nginx: NginxServer;
  const send = async (from: string, headers: Record<string, string> = {}, path = '/graphql') => {
    const client = new HttpsClient(nginx.url, { ca: authority.ca, localAddress: from } as object);
    const method = path === '/' ? 'GET' : 'POST';
    const answer = await client.send({ path, method, headers, body: '{"query":"{ open }"}' });
    client.close();
    return answer;
  };
  const clientOf = (id: unknown) => expect.poll(() => gateway.log.find((line) => line.requestId === id)?.client);

  beforeAll(async () => {
    authority = new TestAuthority();
    const server = { trusted_proxies: ['127.0.0.1'], deny: ['127.0.0.66'] };
    gateway = await startTestGateway({ subgraphs, yaml: `server: ${JSON.stringify(server)}` });
    nginx = await startNginx(gateway.url, authority.issue());
  });
  afterAll(async () => {
    await nginx.stop();
    await gateway[Symbol.asyncDispose]();
    authority.remove();
  });

  it('the client is whoever connects to nginx, whatever it says', async () => {
    const forged = { 'x-forwarded-for': '203.0.113.9', forwarded: 'for=203.0.113.9' };
    const answer = await send('127.0.0.7', forged);
    expect(answer).toMatchObject({ status: 200, body: { data: { open: 'open' } } });
    await clientOf(answer.headers['x-request-id']).toBe('127.0.0.7');
  });

  it('a client that is denied is refused, also where it claims to be another', async () => {
    for (const headers of [{}, { 'x-forwarded-for': '203.0.113.9' }, { 'x-forwarded-for': '127.0.0.1' }])
      expect(await send('127.0.0.66', headers)).toMatchObject({
        status: 403,
        body: { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
      });
  });

  it('pages are told that HTTPS lasts', async () => {
    const page = await send('127.0.0.7', { accept: 'text/html' }, '/');
    expect(page.headers['strict-transport-security']).toBe('max-age=31536000');
  });
});
