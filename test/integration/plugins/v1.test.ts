import { describe, expect, it } from 'vitest';
import { GatewayError, type Plugin } from '../../../src/index.ts';
import { startWatchedGraph } from '../../testkit/graphs/watched-graph.ts';
import { createPluginGateway } from './plugin-gateway.ts';

const messages = [{ role: 'user', content: 'The kettle is very good.' }];
const chat = { model: 'fast', messages };

describe('plugins on /v1', () => {
  it('see whole answers, and change their status, headers and body', async () => {
    const seen: unknown[] = [];
    const { post, get } = await createPluginGateway([
      {
        name: 'answers',
        onRequest: ({ context }) => void context.set('arrived', true),
        onResponse: (event) => {
          seen.push([event.status, event.context.get('arrived'), event.headers['isthmus-model']]);
          event.status = 203;
          event.headers['x-plugin'] = 'here';
          delete event.headers['isthmus-model'];
          event.body = JSON.stringify({ was: JSON.parse(event.body ?? '').object ?? 'error' });
        },
      },
    ]);
    const answer = await post('/v1/chat/completions', chat, { 'x-request-id': 'seven' });
    expect(answer.status).toBe(203);
    expect(await answer.json()).toEqual({ was: 'chat.completion' });
    expect(answer.headers.get('x-plugin')).toBe('here');
    expect(answer.headers.get('isthmus-model')).toBeNull();
    // The server's own header: not a plugin's to see, and not lost.
    expect(answer.headers.get('x-request-id')).toBe('seven');
    expect(await (await get('/v1/models')).json()).toEqual({ was: 'list' });
    expect(await (await post('/v1/chat/completions', { model: 'none', messages })).json()).toEqual({ was: 'error' });
    expect(await (await post('/v1/nothing', {})).json()).toEqual({ was: 'error' });
    expect(seen).toEqual([
      [200, true, 'local/extractive'],
      [200, true, undefined],
      [404, true, undefined],
      [404, true, undefined],
    ]);
  });

  it('see only the head of a stream', async () => {
    const bodies: unknown[] = [];
    const { post } = await createPluginGateway([
      {
        name: 'heads',
        onResponse: async (event) => {
          bodies.push(event.body, event.headers['content-type'], event.headers['isthmus-model']);
          event.headers['x-plugin'] = 'here';
        },
      },
    ]);
    const answer = await post('/v1/chat/completions', { ...chat, stream: true });
    expect(answer.headers.get('x-plugin')).toBe('here');
    expect(await answer.text()).toContain('data: [DONE]');
    expect(bodies).toEqual([undefined, 'text/event-stream; charset=utf-8', 'local/extractive']);
  });

  it('do not see the pages and checks of the gateway itself', async () => {
    let seen = 0;
    const count = () => void seen++;
    const { get } = await createPluginGateway([{ name: 'all', onRequest: count, onResponse: count }]);
    for (const path of ['/', '/health/live', '/health/ready', '/nothing']) await get(path);
    expect(seen).toBe(0);
  });

  it.each([false, true])('refuse an answer once, in its wire’s form (stream: %s)', async (stream) => {
    let calls = 0;
    const { post } = await createPluginGateway([
      {
        name: 'late refusal',
        onResponse: () => {
          calls++;
          throw new GatewayError('FORBIDDEN', { message: 'Not this answer.' });
        },
      },
    ]);
    const answer = await post('/v1/chat/completions', { ...chat, stream });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('isthmus-cost-usd')).toBeNull();
    expect(await answer.json()).toMatchObject({ error: { message: 'Not this answer.' } });
    expect(calls).toBe(1);
  });

  it('fail if they create what HTTP cannot represent, on both endpoints', async () => {
    type Fault = { readonly headers?: object; readonly status?: number; readonly body?: object };
    const faults = {
      status: { status: 42 },
      header: { headers: { 'x-plugin': 'two\nlines' } },
      body: { body: {} },
    };
    for (const [name, { headers, ...fault }] of Object.entries<Fault>(faults)) {
      const onResponse: Plugin['onResponse'] = (event) => {
        Object.assign(event, fault);
        Object.assign(event.headers, headers);
      };
      const { ask, post, lines } = await createPluginGateway([{ name, onResponse }]);
      for (const stream of [false, true]) {
        const answer = await post('/v1/chat/completions', { ...chat, stream });
        expect(answer.status, name).toBe(500);
        expect(await answer.text(), name).toContain('PLUGIN_FAILED');
      }
      expect(await (await ask()).text(), name).toContain('PLUGIN_FAILED');
      expect(lines.filter(({ plugin }) => plugin === name)).toHaveLength(3);
    }
  });

  it('change the headers and the body that the route reads', async () => {
    const { post } = await createPluginGateway([
      {
        name: 'renames',
        onRequest: (event) => {
          event.headers['content-type'] = 'application/json';
          event.body = event.body.replace('"smart"', '"fast"');
        },
      },
    ]);
    const answer = await post('/v1/chat/completions', { ...chat, model: 'smart' }, { 'content-type': 'text/plain' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ model: 'fast' });
  });

  it('end with the deadline of their request, and with its client', async () => {
    const reasons: unknown[] = [];
    let waits = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const onRequest: Plugin['onRequest'] = ({ signal }) => {
      waits.resolve();
      signal.addEventListener('abort', () => {
        reasons.push((signal.reason as GatewayError).code);
        if (reasons.length === 2) left.resolve();
      });
      return new Promise(() => {});
    };
    const { post } = await createPluginGateway([{ name: 'slow', onRequest }], {
      config: { ai: { call_timeout: '1s' } },
    });
    expect((await post('/v1/chat/completions', chat)).status).toBe(504);
    waits = Promise.withResolvers();
    const client = new AbortController();
    const leaving = post('/v1/chat/completions', chat, {}, client.signal);
    await waits.promise;
    client.abort();
    await expect(leaving).rejects.toThrow();
    await left.promise;
    expect(reasons).toEqual(['GATEWAY_TIMEOUT', 'CLIENT_CLOSED_REQUEST']);
  });

  it('do not see a request that is aborted before it begins', async () => {
    let seen = 0;
    const { post, ask } = await createPluginGateway([{ name: 'count', onRequest: () => void seen++ }]);
    const client = new AbortController();
    const leaving = post('/v1/chat/completions', chat, {}, client.signal);
    client.abort();
    await expect(leaving).rejects.toThrow();
    await ask();
    expect(seen).toBe(1);
  });

  it('are those of one generation from arrival to answer', async () => {
    const source = (name: string) => `export const plugin = {
      name: '${name}',
      onRequest: () => globalThis.hold?.(),
      onResponse: ({ headers }) => { headers['x-generation'] = '${name}'; },
    };`;
    const products =
      'subgraphs:\n  products: { routing_url: "http://127.0.0.1:1", schema: { file: products.graphql } }\n';
    await using graph = await startWatchedGraph({
      'supergraph.yaml': `${products}plugins:\n  - ./x.ts\n`,
      'x.ts': source('first'),
    });
    const world = globalThis as { hold?: (() => Promise<void>) | undefined };
    const arrived = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    world.hold = () => {
      arrived.resolve();
      return released.promise;
    };
    const call = () =>
      graph.gateway.fetch(
        new Request('http://graph/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(chat),
        }),
      );
    const early = call();
    await arrived.promise;
    world.hold = undefined;
    await graph.save('x.ts', source('second'));
    await graph.logged('a new generation serves');
    expect((await call()).headers.get('x-generation')).toBe('second');
    released.resolve();
    expect((await early).headers.get('x-generation')).toBe('first');
  });
});
