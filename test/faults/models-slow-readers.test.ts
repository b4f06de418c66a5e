/**
 * The deadline of a /v1 call, and clients that read slowly or stop reading: back-pressure reaches the provider, so that no
 * answer is buffered in the gateway, and a call past its deadline is ended at both ends.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  providersYaml,
  startV1Gateway,
  type TargetWire,
  type V1Gateway,
  wires,
  words,
} from '../integration/v1/v1-gateway.ts';

/** One gateway for each `ai.call_timeout`. */
let gateways: Readonly<Record<'1s' | '1500ms' | '30s', V1Gateway>>;
const sockets: Socket[] = [];
/** How many calls each gateway has had: each of them is one record. */
const calls = new Map<V1Gateway, number>();
/** How many records each gateway has written before the current test. */
const earlier = new Map<V1Gateway, number>();

beforeAll(async () => {
  const [second, longer, long] = await Promise.all([start('1s'), start('1500ms'), start('30s')]);
  gateways = { '1s': second, '1500ms': longer, '30s': long };
});
beforeEach(() => {
  for (const gateway of calls.keys()) gateway.provider.reset();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const [gateway, count] of calls) {
    await gateway.records(count);
    earlier.set(gateway, count);
  }
});
afterAll(() => Promise.all([...calls.keys()].map((gateway) => gateway[Symbol.asyncDispose]())));

async function start(callTimeout: string): Promise<V1Gateway> {
  const gateway = await startV1Gateway({
    ai: (provider) => `  call_timeout: ${callTimeout}
${providersYaml(provider)}  models: { ${wires.map((wire) => `${wire}: { targets: [${wire}/m], retries: 3 }`).join(', ')} }
  prices: { ${wires.map((wire) => `${wire}/m: { input_per_mtok: "1", output_per_mtok: "1" }`).join(', ')} }
  breaker: { min_requests: 100000 }
`,
  });
  calls.set(gateway, 0);
  // The packages of the providers are loaded at their first call, which may take longer than the deadline.
  const isLoaded = async (wire: TargetWire): Promise<boolean> =>
    (await post(gateway, '/chat/completions', wire, false)).status === 200;
  for (const wire of wires) while (!(await isLoaded(wire)));
  const count = calls.get(gateway) ?? 0;
  await gateway.records(count);
  earlier.set(gateway, count);
  return gateway;
}

/** The first records of the current test. */
async function records(gateway: V1Gateway, count: number) {
  const before = earlier.get(gateway) ?? 0;
  return (await gateway.records(before + count)).slice(before);
}

const counted = (gateway: V1Gateway): void => void calls.set(gateway, (calls.get(gateway) ?? 0) + 1);

function post(gateway: V1Gateway, path: Path, model: string, stream: boolean): Promise<Response> {
  counted(gateway);
  return gateway.post(path, bodyOf[path](model, stream));
}

const bodyOf = {
  '/chat/completions': (model: string, stream: boolean) => ({
    model,
    stream,
    messages: [{ role: 'user', content: words() }],
  }),
  '/responses': (model: string, stream: boolean) => ({ model, stream, input: words() }),
  '/messages': (model: string, stream: boolean) => ({
    model,
    stream,
    max_tokens: 50,
    messages: [{ role: 'user', content: words() }],
  }),
} as const;
type Path = keyof typeof bodyOf;
const paths = Object.keys(bodyOf) as Path[];

/** Sends a request over a separate connection that is not read until the test does. */
function send(gateway: V1Gateway, path: Path, model: string): Socket {
  counted(gateway);
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => {});
  const body = JSON.stringify(bodyOf[path](model, true));
  const head = `POST /v1${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n`;
  socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  socket.pause();
  return socket;
}

describe('ai.call_timeout', () => {
  it.each(paths)('ends a call of %s whose model is silent, with 504, and the request to the provider', async (path) => {
    const gateway = gateways['1s'];
    gateway.provider.respond({ faults: { stop: { at: 'before-headers', how: 'stall' } } });
    const responses = await Promise.all(
      wires.flatMap((wire) => [false, true].map((stream) => post(gateway, path, wire, stream))),
    );
    for (const response of responses) {
      expect(response.status).toBe(504);
      expect(await response.json()).toMatchObject({
        error: path === '/messages' ? { type: 'timeout_error' } : { code: 'GATEWAY_TIMEOUT' },
      });
    }
    // None is sent again, and each is aborted.
    expect(gateway.provider.requests).toHaveLength(responses.length);
    for (const request of gateway.provider.requests) expect(await request.ended).toBe('aborted');
    for (const record of await records(gateway, wires.length * 2)) {
      expect(record).toMatchObject({ finish: 'GATEWAY_TIMEOUT', usage: { source: 'estimated' } });
      expect(Number(record.costUsd)).toBeGreaterThan(0);
    }
  });

  it.each(paths)('ends a stream of %s that has begun with an error, never as complete', async (path) => {
    const gateway = gateways['1s'];
    gateway.provider.respond({
      text: 'One two three four.',
      faults: { stop: { at: { afterChunks: 5 }, how: 'stall' } },
    });
    const bodies = await Promise.all(wires.map(async (wire) => (await post(gateway, path, wire, true)).text()));
    for (const body of bodies) {
      expect(body).toMatch(path === '/messages' ? /timeout_error/ : /GATEWAY_TIMEOUT|response\.failed/);
      expect(body).not.toMatch(/\[DONE\]|response\.completed|message_stop/);
    }
    expect(gateway.provider.requests).toHaveLength(wires.length);
    for (const request of gateway.provider.requests) expect(await request.ended).toBe('aborted');
  });

  it('covers retries and their pauses', async () => {
    const gateway = gateways['1s'];
    gateway.provider.respond({ error: { status: 500 }, faults: { delayMs: 150 } });
    const response = await post(gateway, '/chat/completions', 'chat', false);
    expect([503, 504]).toContain(response.status);
  });
});

/** 40 MB of answer in pieces of 10 KB. */
const pieces = 4_000;
const long = { text: 'x'.repeat(10_000 * pieces), chunks: pieces } as const;

describe('a client that does not read', () => {
  it.each<TargetWire>(['chat', 'anthropic'])(
    'holds the %s provider back, and is cut off at the deadline',
    async (wire) => {
      const gateway = gateways['1500ms'];
      gateway.provider.respond({ ...long, faults: { chunkDelayMs: 0 } });
      const before = process.memoryUsage().arrayBuffers;
      const socket = send(gateway, '/chat/completions', wire);
      const [request] = await gateway.provider.waitForRequests(1);
      // It has stopped sending: its reader is slow.
      let sent = 0;
      const isHeld = (): boolean => {
        const before = sent;
        sent = request?.sentChunks ?? 0;
        return sent > 0 && sent === before;
      };
      await expect.poll(isHeld, { interval: 200 }).toBe(true);
      expect(sent).toBeLessThan(pieces / 2);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000_000);
      expect(await request?.ended).toBe('aborted');
      socket.resume();
      await once(socket, 'close');
      const [record] = await records(gateway, 1);
      expect(record).toMatchObject({ finish: expect.stringMatching(/GATEWAY_TIMEOUT|aborted/), streamed: true });
      expect(Number(record?.costUsd)).toBeGreaterThan(0);
    },
    15_000,
  );

  it('and then disconnects ends the request to the provider', async () => {
    const gateway = gateways['30s'];
    gateway.provider.respond({ ...long, faults: { chunkDelayMs: 0 } });
    const socket = send(gateway, '/chat/completions', 'chat');
    const [request] = await gateway.provider.waitForRequests(1);
    await expect.poll(() => request?.sentChunks ?? 0).toBeGreaterThan(0);
    socket.destroy();
    expect(await request?.ended).toBe('aborted');
    expect(await records(gateway, 1)).toMatchObject([{ finish: 'aborted', usage: { source: 'estimated' } }]);
  });

  it('does not delay other clients', async () => {
    const gateway = gateways['30s'];
    gateway.provider.respond((request) =>
      request.number === 0 ? { ...long, faults: { chunkDelayMs: 0 } } : { text: 'Here.' },
    );
    send(gateway, '/chat/completions', 'chat');
    const [request] = await gateway.provider.waitForRequests(1);
    await expect.poll(() => request?.sentChunks ?? 0).toBeGreaterThan(0);
    for (let turn = 0; turn < 5; turn++) {
      const body = await (await post(gateway, '/messages', 'chat', true)).text();
      expect(body).toContain('message_stop');
    }
  });
});

it('a client that reads slowly gets the whole answer', async () => {
  const gateway = gateways['30s'];
  const count = 400;
  gateway.provider.respond({ text: 'y'.repeat(10_000 * count), chunks: count });
  const socket = send(gateway, '/chat/completions', 'chat');
  let received = '';
  socket.on('data', (bytes) => {
    received += bytes.toString('latin1');
    socket.pause();
    setTimeout(() => socket.resume(), 1);
  });
  socket.resume();
  await once(socket, 'close');
  expect(received.match(/y/g)?.length).toBeGreaterThanOrEqual(10_000 * count);
  expect(received).toContain('[DONE]');
}, 20_000);
