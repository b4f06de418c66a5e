/** A gateway at `localhost` serves at each address that the name has, as one server. */
import dns from 'node:dns/promises';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { listenAt } from '../../src/http/index.ts';
import { shop } from '../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

const addresses = ['127.0.0.1', '127.0.0.2'];

let gateway: TestGateway;
let port: number;
beforeAll(async () => {
  // What the name has on a machine is its own business: ::1 is not everywhere.
  const lookup = vi.spyOn(dns, 'lookup');
  lookup.mockImplementation((async () => addresses.map((address) => ({ address, family: 4 }))) as never);
  gateway = await startTestGateway({ subgraphs: shop, yaml: 'server: { host: localhost }', workers: 1 });
  lookup.mockRestore();
  port = Number(new URL(gateway.url).port);
});
afterAll(() => gateway[Symbol.asyncDispose]());

const body = JSON.stringify({ query: '{ products { name } }' });
const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n`;

/** What comes back on a connection of its own until it ends. */
async function exchange(address: string, text: string, { endsFirst = false } = {}): Promise<string> {
  const socket = connect(port, address);
  if (endsFirst) socket.end(text);
  else socket.write(text);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  return answer;
}

const withoutOwn = (answer: string): string => answer.replace(/^(?:x-request-id|date): .*\r\n/gim, '');

describe('a gateway at localhost', () => {
  it('gives the same bytes at each address, before the framework and through it', async () => {
    const requests = [
      `${head}connection: close\r\n\r\n${body}`,
      `${head}connection: close\r\nexpect: something\r\n\r\n${body}`,
      `${head}connection: close\r\ncontent-encoding: gzip\r\n\r\n${body}`,
      'GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
      'NOT HTTP\r\n\r\n',
    ];
    for (const text of requests) {
      const [first = '', ...others] = await Promise.all(addresses.map((address) => exchange(address, text)));
      expect(first).toMatch(/^HTTP\/1\.1 [2-5]\d\d /);
      for (const other of others) expect(withoutOwn(other)).toBe(withoutOwn(first));
    }
  });

  it('answers a client that has sent all it will, at each', async () => {
    for (const address of addresses) {
      const answer = await exchange(address, `${head}\r\n${body}`, { endsFirst: true });
      expect(answer).toContain('{"data":{"products":');
    }
  });

  it('drains at each: what is in flight finishes, idle connections end, no more are accepted', async () => {
    const agent = new Agent({ keepAlive: true });
    const release = Promise.withResolvers<void>();
    let arrived = 0;
    const { products } = gateway.subgraphs;
    if (products === undefined) throw new Error('the shop has products');
    products.intercept = async (_request, response) => {
      arrived++;
      await release.promise;
      response.end('{"data":{"products":[]}}');
    };
    const inFlight = addresses.map(
      (host, index) =>
        new Promise<number>((resolve, reject) => {
          const sent = request({ host, port, path: '/graphql', method: 'POST', agent }, (response) => {
            response.resume();
            response.on('end', () => resolve(response.statusCode ?? 0));
          });
          sent.setHeader('content-type', 'application/json').on('error', reject);
          sent.end(JSON.stringify({ query: `{ products { ${index === 0 ? 'name' : 'price'} } }` }));
        }),
    );
    const idle = addresses.map((address) => connect(port, address));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    const ended = idle.map((socket) => once(socket.resume(), 'close'));
    await vi.waitFor(() => expect(arrived).toBe(2));
    const drained = gateway.server.drain();
    release.resolve();
    expect(await Promise.all(inFlight)).toEqual([200, 200]);
    expect(await drained).toBe(true);
    await Promise.all(ended);
    for (const address of addresses) {
      const [error] = await once(connect(port, address), 'error');
      expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    }
    agent.destroy();
  });
});

describe('listeners at several addresses', () => {
  const common = { reusePort: false, onConnection: (socket: Socket) => socket.destroy() };

  it('are refused where one of them is in use, and leave none', async () => {
    const other = createServer().listen(0, '127.0.0.2');
    await once(other, 'listening');
    const { port: taken } = other.address() as AddressInfo;
    const refused = listenAt({ ...common, hosts: addresses, port: taken });
    await expect(refused).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const stop = await listenAt({ ...common, hosts: ['127.0.0.1'], port: taken });
    await stop();
    other.close();
  });

  it('leave an address out that the machine does not have', async () => {
    const stop = await listenAt({ ...common, hosts: ['192.0.2.1', '127.0.0.1'], port: 0 });
    await stop();
  });
});
