/** What providers really send: pings while a model thinks, unrequested encodings, ends without a terminal event. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, createGzip, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sse } from '../../faults/deviant-provider.ts';
import { startV1Gateway, type V1Gateway, words } from '../../integration/v1/v1-gateway.ts';
import { readWith, routes } from '../../integration/v1/v1-readers.ts';

let gateway: V1Gateway;
let server: Server;
let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {};

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume();
    request.on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  gateway = await start('30s');
  // The first call of each provider loads its package, which may take longer than a stream may be silent.
  answer = (_request, response) => void response.writeHead(500).end();
  const messages = [{ role: 'user', content: words() }];
  await Promise.all(Object.keys(streams).map((model) => gateway.post('/chat/completions', { model, messages })));
  await gateway.post('/chat/completions', { model: 'mistral', messages });
});

function start(callTimeout: string): Promise<V1Gateway> {
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return startV1Gateway({
    ai: () => `  call_timeout: ${callTimeout}
  stream_idle_timeout: 400ms
  providers:
    chat: { kind: openai, base_url: "${base}/v1", api_key: k }
    responses: { kind: openai, wire: responses, base_url: "${base}/v1", api_key: k }
    anthropic: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${base}/v1", api_key: k }
    mistral: { kind: ai-sdk, package: "@ai-sdk/mistral", base_url: "${base}/v1", api_key: k }
  models:
    chat: { targets: [chat/m], retries: 0 }
    responses: { targets: [responses/m], retries: 0 }
    anthropic: { targets: [anthropic/m], retries: 0 }
    mistral: { targets: [mistral/m], retries: 0 }
  prices: { chat/m: { free: true }, responses/m: { free: true }, anthropic/m: { free: true }, mistral/m: { free: true } }
  breaker: { min_requests: 100000 }
`,
  });
}

afterEach(() => server.closeAllConnections());
afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  server.close();
});

const chunk = (delta: object, finish_reason: string | null = null, more: object = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
});
const usage = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 };
const done = 'data: [DONE]\n\n';
const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [] };
const claude = [
  { type: 'message_start', message: { ...message, usage: { input_tokens: 7, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
  { type: 'message_stop' },
];
const response = { id: 'resp_1', object: 'response', created_at: 1, model: 'm', output: [] };
const item = { id: 'msg_1', type: 'message', role: 'assistant', status: 'completed' };
const text = { type: 'output_text', text: 'Hello', annotations: [], logprobs: [] };

/** What comes before a model has thought, and after. */
const streams: Readonly<Record<string, readonly [before: string, ping: string, after: string]>> = {
  chat: [
    sse(chunk({ role: 'assistant', content: '' })),
    ': keep-alive\n\n',
    sse(chunk({ content: 'Hello' }), chunk({}, 'stop', { usage }), done),
  ],
  responses: [
    sse({ type: 'response.created', response: { ...response, status: 'in_progress' } }),
    ':\n\n',
    sse({
      type: 'response.completed',
      response: {
        ...response,
        status: 'completed',
        output: [{ ...item, content: [text] }],
        usage: { input_tokens: 7, output_tokens: 2, total_tokens: 9 },
      },
    }),
  ],
  anthropic: [sse(...claude.slice(0, 1)), 'event: ping\ndata: {"type":"ping"}\n\n', sse(...claude.slice(1))],
};

/** Pings for longer than a stream may be silent, then the rest. */
function thinks(model: string, forMs: number): void {
  const [before, ping, after] = streams[model] ?? ['', '', ''];
  answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(before);
    const began = performance.now();
    const timer = setInterval(() => {
      if (performance.now() - began < forMs) response.write(ping);
      else {
        clearInterval(timer);
        response.end(after);
      }
    }, 20);
    response.on('close', () => clearInterval(timer));
  };
}

describe('a provider whose model thinks', () => {
  it.each(Object.keys(streams).flatMap((model) => routes.map((route) => ({ model, route }))))(
    'is not cut while it pings: $model through $route',
    async ({ model, route }) => {
      thinks(model, 600);
      expect(await readWith(gateway, route, model, true)).toMatchObject({ text: 'Hello', usage: [7, 2] });
    },
  );

  it.each(Object.keys(streams))('is cut once it sends nothing: %s', async (model) => {
    const [before] = streams[model] ?? [''];
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(before);
    };
    await expect(readWith(gateway, 'chat/completions', model, true)).rejects.toThrow();
  });

  it('is cut at the deadline of the call, although it pings', async () => {
    await using impatient = await start('1s');
    thinks('chat', 60_000);
    const call = { model: 'chat', stream: true, messages: [{ role: 'user', content: words() }] };
    const { status } = await impatient.post('/chat/completions', call);
    expect(status).toBe(504);
  });
});

describe('an answer with an unrequested content encoding', () => {
  const whole = JSON.stringify({
    ...{ id: 'c1', object: 'chat.completion', created: 1, model: 'm', usage },
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hello', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
  });
  const encoders = {
    gzip: gzipSync,
    deflate: deflateSync,
    br: brotliCompressSync,
    zstd: zstdCompressSync,
    'x-gzip': gzipSync,
  };

  it.each([...Object.entries(encoders), ['deflate', deflateRawSync] as const])(
    'is read: %s',
    async (encoding, encode) => {
      answer = (_request, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': encoding })
          .end(encode(whole));
      for (const route of routes)
        expect(await readWith(gateway, route, 'chat', false)).toMatchObject({ text: 'Hello' });
    },
  );

  it.each(Object.keys(streams))('is read piece by piece where it is a stream: %s', async (model) => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
      const gzip = createGzip();
      gzip.pipe(response);
      for (const piece of streams[model] ?? []) {
        gzip.write(piece);
        gzip.flush();
      }
      gzip.end();
    };
    for (const route of routes) expect(await readWith(gateway, route, model, true)).toMatchObject({ text: 'Hello' });
  });

  it.each(['anthropic'])('is read by an AI SDK package too: %s', async (model) => {
    const body = {
      ...message,
      content: [{ type: 'text', text: 'Hello' }],
      stop_reason: 'end_turn',
      usage: { input_tokens: 7, output_tokens: 2 },
    };
    answer = (_request, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(JSON.stringify(body)));
    expect(await readWith(gateway, 'messages', model, false)).toMatchObject({ text: 'Hello', usage: [7, 2] });
  });

  it('has the same bound of bytes as any other, however small it is on the wire', async () => {
    answer = (_request, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
        .end(gzipSync(Buffer.alloc(20_000_000, 0x20)));
    await expect(readWith(gateway, 'chat/completions', 'chat', false)).rejects.toThrow(/503/);
  });

  it('is an error that names its kind', async () => {
    const error = JSON.stringify({
      error: { message: 'slow down', type: 'rate_limit_error', code: 'rate_limit_exceeded' },
    });
    answer = (_request, response) =>
      response.writeHead(429, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(gzipSync(error));
    await expect(readWith(gateway, 'chat/completions', 'chat', false)).rejects.toThrow(/429/);
  });
});

describe('a stream that ends cleanly after its finish reason, without [DONE]', () => {
  it.each(['chat', 'mistral'].flatMap((model) => routes.map((route) => ({ model, route }))))(
    'is complete: $model through $route',
    async ({ model, route }) => {
      answer = (_request, response) =>
        response
          .writeHead(200, { 'content-type': 'text/event-stream' })
          .end(sse(chunk({ role: 'assistant', content: 'Hello' }), chunk({ content: '' }, 'stop', { usage })));
      expect(await readWith(gateway, route, model, true)).toMatchObject({ text: 'Hello', usage: [7, 2] });
    },
  );

  it.each(['chat', 'mistral'])('is incomplete where the connection breaks instead: %s', async (model) => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const body = sse(chunk({ role: 'assistant', content: 'Hello' }), chunk({ content: '' }, 'stop', { usage }));
      response.write(body, () => setImmediate(() => response.socket?.resetAndDestroy()));
    };
    await expect(readWith(gateway, 'chat/completions', model, true)).rejects.toThrow();
  });
});
