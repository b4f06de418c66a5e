import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ModelCall, ModelStreamPart } from '../../../src/ai/models/index.ts';
import { abortSignalOf } from '../../../src/lib/index.ts';
import { completion, start, startV1Server, streamOf, type V1Server } from './v1-server.ts';

let server: V1Server;
beforeAll(async () => {
  server = await startV1Server({ callTimeoutMs: 1_000, bodyBytes: 20_000 });
});
afterAll(() => server.close());
beforeEach(() => {
  server.models.calls.length = 0;
  server.models.answer = completion({});
});

const messages = [{ role: 'user', content: 'Hi' }];
const chat = { model: 'fast', messages };

/** Rejects with the signal's reason, as a model client that waits does. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

describe('a call of /v1 is bounded', () => {
  it('a client that leaves aborts the call, whole or streamed', async () => {
    for (const stream of [false, true]) {
      const asked = Promise.withResolvers<AbortSignal>();
      server.models.answer = ({ signal }) => {
        asked.resolve(abortSignalOf(signal));
        return aborted(abortSignalOf(signal));
      };
      server.models.parts = async function* ({ signal }: ModelCall): AsyncGenerator<ModelStreamPart> {
        yield start;
        yield { type: 'text_delta', index: 0, text: 'Hel' };
        asked.resolve(abortSignalOf(signal));
        await aborted(abortSignalOf(signal));
      };
      const controller = new AbortController();
      const answer = fetch(`${server.url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ ...chat, stream }),
        signal: controller.signal,
      }).then((response) => response.text());
      const signal = await asked.promise;
      controller.abort();
      await expect(answer).rejects.toThrow();
      if (!signal.aborted) await once(signal, 'abort');
    }
  });

  it('a model that does not answer in time is 504, and an error event where a stream has begun', async () => {
    server.models.answer = ({ signal }) => aborted(abortSignalOf(signal));
    const whole = await server.post('/chat/completions', chat);
    expect(whole.status).toBe(504);
    expect(await whole.json()).toMatchObject({ error: { code: 'GATEWAY_TIMEOUT', type: 'server_error' } });
    server.models.parts = async function* ({ signal }: ModelCall): AsyncGenerator<ModelStreamPart> {
      yield start;
      yield { type: 'text_delta', index: 0, text: 'Hel' };
      await aborted(abortSignalOf(signal));
    };
    const streamed = await server.post('/chat/completions', { ...chat, stream: true });
    const text = await streamed.text();
    expect(text).toContain('"GATEWAY_TIMEOUT"');
    expect(text).not.toContain('[DONE]');
    expect(server.leases()).toBe(0);
  });

  it('a slow reader holds the model back, and one that never reads is cut off at the deadline', async () => {
    let given = 0;
    const ended = Promise.withResolvers<void>();
    const text = 'x'.repeat(10_000);
    server.models.parts = async function* ({ signal }: ModelCall): AsyncGenerator<ModelStreamPart> {
      try {
        yield start;
        for (; given < 5_000; given++) {
          signal.throwIfAborted();
          yield { type: 'text_delta', index: 0, text };
        }
        yield { type: 'end', answer: completion({}) };
      } finally {
        ended.resolve();
      }
    };
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    const body = JSON.stringify({ ...chat, stream: true });
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    socket.pause();
    await ended.promise;
    // What fits into the sockets' own buffers, of 50 MB.
    expect(given).toBeLessThan(2_000);
    socket.resume();
    await once(socket, 'close');
  });

  it('pieces that are ready at once go out in one write', async () => {
    const count = 50;
    server.models.parts = streamOf(
      Array.from({ length: count }, (): ModelStreamPart => ({ type: 'text_delta', index: 0, text: 'a' })),
    );
    let writes = 0;
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    let received = '';
    socket.on('data', (chunk) => {
      writes++;
      received += chunk.toString();
    });
    const body = JSON.stringify({ ...chat, stream: true });
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await once(socket, 'close');
    expect(received.split('"content":"a"').length - 1).toBe(count);
    expect(writes).toBeLessThan(5);
  });

  it('the cost follows a stream as a trailer, and as a comment before the end', async () => {
    server.models.parts = streamOf([{ type: 'text_delta', index: 0, text: 'a' }]);
    const request = httpRequest(`${server.url}/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    });
    request.end(JSON.stringify({ ...chat, stream: true }));
    const [response] = await once(request, 'response');
    expect(response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'isthmus-model': 'test/model-1',
      'isthmus-cache': 'miss',
      'x-request-id': expect.any(String),
      trailer: 'isthmus-cost-usd',
    });
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(text).toMatch(/: isthmus-cost-usd 0\.00014\n\ndata: \[DONE\]\n\n$/);
    expect(response.trailers).toEqual({ 'isthmus-cost-usd': '0.00014' });
  });

  it('a body over the limit is 413, by its length or by its bytes, in the wire’s form', async () => {
    const large = JSON.stringify({ ...chat, user: 'x'.repeat(30_000) });
    const byLength = await server.post('/chat/completions', large);
    expect(byLength.status).toBe(413);
    expect(await byLength.json()).toMatchObject({
      error: { code: 'CONTENT_TOO_LARGE', type: 'invalid_request_error' },
    });
    const streamed = await fetch(`${server.url}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([large]).stream(),
      duplex: 'half',
    } as RequestInit);
    expect(streamed.status).toBe(413);
    expect(await streamed.json()).toMatchObject({ type: 'error', error: { type: 'request_too_large' } });
    expect(server.models.calls).toEqual([]);
  });

  it('paths and methods it does not serve are refused in the wire’s form', async () => {
    const missing = await server.post('/images/generations', {});
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ error: { code: 'NOT_FOUND', param: null } });
    const wrong = await fetch(`${server.url}/chat/completions`);
    expect(wrong.status).toBe(405);
    expect(wrong.headers.get('allow')).toBe('POST');
    expect(await wrong.json()).toMatchObject({ error: { code: 'METHOD_NOT_ALLOWED' } });
    const anthropic = await fetch(`${server.url}/messages`);
    expect(anthropic.status).toBe(405);
    expect(await anthropic.json()).toMatchObject({ type: 'error', error: { type: 'invalid_request_error' } });
  });

  it('a browser on another site is refused what it could send without asking', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://elsewhere.example' };
    const simple = await server.post('/chat/completions', chat, { ...headers, 'content-type': 'text/plain' });
    expect(simple.status).toBe(415);
    const read = await fetch(`${server.url}/models`, { headers });
    expect(read.status).toBe(400);
    expect(await read.json()).toMatchObject({ error: { code: 'CSRF_REFUSED' } });
    expect(server.models.calls).toEqual([]);
  });
});
