/**
 * Many clients at the moment an entry ends cause one request to its subgraph, over real sockets. In a soak there are ten thousand, to
 * which the system has to allow 20,000 open files.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { randomRuns } from '../testkit/random/random-runs.ts';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

/** 200, or 10,000 in a soak of the usual length. */
const clients = Math.min(randomRuns(200), 9_500);
/** The system’s queue of connections that are not yet accepted is short. */
const atOnce = 100;

const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  directive @cacheControl(maxAge: Int) on OBJECT | FIELD_DEFINITION
  type Query { value: Int @cacheControl(maxAge: 10) }`;

let value = 0;
let gateway: TestGateway;
const sockets: Socket[] = [];

async function open(cache: string): Promise<void> {
  value = 0;
  gateway = await startTestGateway({
    subgraphs: { a: { sdl, resolvers: { Query: { value: () => ++value } } } },
    // One line of the log for each of the clients is not what is tested.
    yaml: `cache: { ${cache}: { enabled: true } }\ntraffic: { share_identical: off }\ntelemetry: { log_level: warn }\nserver: { headers_timeout: 2m, request_timeout: 2m }`,
  });
  const { port } = new URL(gateway.url);
  while (sockets.length < clients) {
    const more = Array.from({ length: Math.min(atOnce, clients - sockets.length) }, () =>
      connect(Number(port), '127.0.0.1'),
    );
    sockets.push(...more);
    await Promise.all(more.map((socket) => once(socket, 'connect')));
  }
}

async function close(): Promise<void> {
  for (const socket of sockets.splice(0)) socket.destroy();
  await gateway[Symbol.asyncDispose]();
}

const body = JSON.stringify({ query: '{ value }' });
const message = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

/** @returns the value in its answer */
function ask(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const [, found] = /"value":(\d+)\}\}/.exec(text) ?? [];
      if (found === undefined) return;
      socket.off('data', onData);
      resolve(Number(found));
    };
    socket.on('data', onData).once('close', () => reject(new Error('the connection was closed')));
    socket.write(message);
  });
}

describe.each(['response', 'entities'])('many clients at the moment an entry of cache.%s ends', (cache) => {
  // However long it takes to answer them, it is the same moment.
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['performance'] });
    return open(cache);
  }, 120_000);
  afterAll(() => {
    vi.useRealTimers();
    return close();
  }, 120_000);

  it('cause one request, and get what it brought', async () => {
    const [first] = sockets;
    if (first === undefined) throw new Error('there are clients');
    expect(await ask(first)).toBe(1);
    expect(await ask(first)).toBe(1);
    vi.advanceTimersByTime(10_001);
    expect(new Set(await Promise.all(sockets.map(ask)))).toEqual(new Set([2]));
    expect(gateway.subgraphs.a?.requests).toHaveLength(2);
  }, 120_000);
});
