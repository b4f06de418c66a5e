/**
 * The deadline of a call of /v1, and clients that read slowly or stop reading: the provider is held back, so that no
 * answer piles up in the gateway, and what is too late is ended at both ends.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startV1Gateway, type TargetWire, type V1Gateway, wires, words } from '../integration/v1-gateway.ts';

const open: V1Gateway[] = [];
const sockets: Socket[] = [];
/** How many records were there before a test’s own. */
let warmed = 0;
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((gateway) => gateway[Symbol.asyncDispose]()));
});

async function start(callTimeout: string): Promise<V1Gateway> {
  const gateway = await startV1Gateway({
    ai: ({ openAiBaseUrl, anthropicBaseUrl, geminiBaseUrl }) => `  call_timeout: ${callTimeout}
  providers:
    chat: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k }
    responses: { kind: openai, wire: responses, base_url: "${openAiBaseUrl}", api_key: k }
    anthropic: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1", api_key: k }
    gemini: { kind: ai-sdk, package: "@ai-sdk/google", base_url: "${geminiBaseUrl}", api_key: k }
  models: { ${wires.map((wire) => `${wire}: { targets: [${wire}/m], retries: 3 }`).join(', ')} }
  prices: { ${wires.map((wire) => `${wire}/m: { input_per_mtok: "1", output_per_mtok: "1" }`).join(', ')} }
  breaker: { min_requests: 100000 }
`,
  });
  open.push(gateway);
  // Packages are loaded when they are first used: that is not what is timed here.
  let calls = 0;
  const warm = async (wire: string): Promise<number> => {
    calls++;
    return (await gateway.post('/chat/completions', asked['/chat/completions'](wire, false))).status;
  };
  for (const wire of wires) await expect.poll(() => warm(wire), { timeout: 10_000 }).toBe(200);
  gateway.provider.reset();
  warmed = calls;
  await gateway.records(calls);
  return gateway;
}

async function ownRecords(gateway: V1Gateway, count: number) {
  return (await gateway.records(warmed + count)).slice(warmed);
}

const asked = {
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
type Path = keyof typeof asked;
const paths = Object.keys(asked) as Path[];

/** Sends a request over a separate connection that is not read until the test does. */
function send(gateway: V1Gateway, path: Path, model: string): Socket {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  socket.on('error', () => {});
  const body = JSON.stringify(asked[path](model, true));
  const head = `POST /v1${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n`;
  socket.write(`${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  socket.pause();
  return socket;
}

describe('ai.call_timeout', () => {
  it.each(paths)('ends a call of %s whose model is silent, with 504, and the request to the provider', async (path) => {
    const gateway = await start('500ms');
    gateway.provider.respond({ faults: { stop: { at: 'before-headers', how: 'stall' } } });
    const calls = wires.flatMap((wire) => [asked[path](wire, false), asked[path](wire, true)]);
    const responses = await Promise.all(calls.map((body) => gateway.post(path, body)));
    for (const response of responses) {
      expect(response.status).toBe(504);
      expect(await response.json()).toMatchObject({
        error: path === '/messages' ? { type: 'timeout_error' } : { code: 'GATEWAY_TIMEOUT' },
      });
    }
    // None is sent again, and each is aborted.
    expect(gateway.provider.requests).toHaveLength(calls.length);
    for (const request of gateway.provider.requests) expect(await request.ended).toBe('aborted');
    const records = await ownRecords(gateway, wires.length * 2);
    for (const record of records) {
      expect(record).toMatchObject({ finish: 'GATEWAY_TIMEOUT', usage: { source: 'estimated' } });
      expect(Number(record.costUsd)).toBeGreaterThan(0);
    }
  });

  it.each(paths)('ends a stream of %s that has begun with an error, never as whole', async (path) => {
    const gateway = await start('500ms');
    gateway.provider.respond({
      text: 'One two three four.',
      faults: { stop: { at: { afterChunks: 5 }, how: 'stall' } },
    });
    const bodies = await Promise.all(
      wires.map(async (wire) => (await gateway.post(path, asked[path](wire, true))).text()),
    );
    for (const body of bodies) {
      expect(body).toMatch(path === '/messages' ? /timeout_error/ : /GATEWAY_TIMEOUT|response\.failed/);
      expect(body).not.toMatch(/\[DONE\]|response\.completed|message_stop/);
    }
    expect(gateway.provider.requests).toHaveLength(wires.length);
    for (const request of gateway.provider.requests) expect(await request.ended).toBe('aborted');
  });

  it('covers retries and their pauses', async () => {
    const gateway = await start('700ms');
    gateway.provider.respond({ error: { status: 500 }, faults: { delayMs: 150 } });
    const response = await gateway.post('/chat/completions', asked['/chat/completions']('chat', false));
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
      const gateway = await start('1500ms');
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
      const [record] = await ownRecords(gateway, 1);
      expect(record).toMatchObject({ finish: expect.stringMatching(/GATEWAY_TIMEOUT|aborted/), streamed: true });
      expect(Number(record?.costUsd)).toBeGreaterThan(0);
    },
    15_000,
  );

  it('and then disconnects ends the request to the provider', async () => {
    const gateway = await start('30s');
    gateway.provider.respond({ ...long, faults: { chunkDelayMs: 0 } });
    const socket = send(gateway, '/chat/completions', 'chat');
    const [request] = await gateway.provider.waitForRequests(1);
    await expect.poll(() => request?.sentChunks ?? 0).toBeGreaterThan(0);
    socket.destroy();
    expect(await request?.ended).toBe('aborted');
    expect(await ownRecords(gateway, 1)).toMatchObject([{ finish: 'aborted', usage: { source: 'estimated' } }]);
  });

  it('does not delay the others', async () => {
    const gateway = await start('30s');
    gateway.provider.respond((request) =>
      request.number === 0 ? { ...long, faults: { chunkDelayMs: 0 } } : { text: 'Here.' },
    );
    send(gateway, '/chat/completions', 'chat');
    const [request] = await gateway.provider.waitForRequests(1);
    await expect.poll(() => request?.sentChunks ?? 0).toBeGreaterThan(0);
    for (let turn = 0; turn < 5; turn++) {
      const body = await (await gateway.post('/messages', asked['/messages']('chat', true))).text();
      expect(body).toContain('message_stop');
    }
  });
});

it('a client that reads slowly gets everything', async () => {
  const gateway = await start('30s');
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
