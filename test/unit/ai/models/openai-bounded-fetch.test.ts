import { afterEach, describe, expect, it } from 'vitest';
import { boundedFetch } from '../../../../src/ai/providers/http/bounded-fetch.ts';
import { sendJson, startChatEndpoint } from './chat-endpoint.ts';
import { failureOf, type Reply } from './openai-serve.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function serve(reply: Reply, maxBytes = 10_000) {
  const endpoint = await startChatEndpoint(reply);
  const bounded = boundedFetch({ maxBytes });
  closing.push(bounded.close, endpoint.close);
  const post = (init: RequestInit = {}) => bounded(endpoint.baseUrl, { method: 'POST', body: '{"a":1}', ...init });
  return { ...endpoint, post };
}

describe('the fetch that SDKs use', () => {
  it('sends the SDK’s headers, except those about the machine', async () => {
    const { post, calls } = await serve((_call, response) => sendJson(response, { ok: true }));
    const headers = { 'x-api-key': 'k', 'user-agent': 'ai-sdk/1 node/26', 'accept-encoding': 'br' };
    expect(await (await post({ headers })).json()).toEqual({ ok: true });
    expect(calls[0]?.body).toEqual({ a: 1 });
    expect(calls[0]?.headers).toMatchObject({
      'x-api-key': 'k',
      'user-agent': 'isthmus',
      'accept-encoding': 'identity',
    });
  });

  it('passes bytes unchanged and without delay', async () => {
    const first = Promise.withResolvers<void>();
    const { post } = await serve((_call, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).write(Buffer.of(0, 255, 128));
      void first.promise.then(() => response.end(Buffer.of(1, 2)));
    });
    const body = (await post()).body?.getReader();
    expect((await body?.read())?.value).toEqual(Uint8Array.of(0, 255, 128));
    first.resolve();
    expect((await body?.read())?.value).toEqual(Uint8Array.of(1, 2));
    expect((await body?.read())?.done).toBe(true);
  });

  it('does not follow redirects', async () => {
    const { post, calls } = await serve((_call, response) => response.writeHead(307, { location: '/elsewhere' }).end());
    expect((await post()).status).toBe(307);
    expect(calls).toHaveLength(1);
  });

  it('breaks off an answer that is too large', async () => {
    const { post } = await serve((_call, response) => response.end('x'.repeat(500)), 100);
    expect(await failureOf(post().then((response) => response.text()))).toMatchObject({ kind: 'malformed' });
  });

  it('closes the connection when the signal aborts or the body is cancelled', async () => {
    const { post, nextCall } = await serve((_call, response) => response.writeHead(200).write('half'));
    const controller = new AbortController();
    let arrived = nextCall();
    const aborted = await post({ signal: controller.signal });
    controller.abort(new Error('the client went away'));
    await expect(aborted.text()).rejects.toThrow('the client went away');
    await (await arrived).abandoned;
    arrived = nextCall();
    await (await post()).body?.cancel();
    await (await arrived).abandoned;
  });
});
