import { describe, expect, it } from 'vitest';
import { GatewayError, type ModelProvider, type Plugin } from '../../../src/index.ts';
import { startWatchedGraph } from '../../testkit/graphs/watched-graph.ts';
import { createPluginGateway as create } from './plugin-gateway.ts';

describe('plugins', () => {
  it('run in order, and in reverse for answers', async () => {
    const order: string[] = [];
    const plugin = (name: string): Plugin => ({
      name,
      onRequest: async ({ context }) => {
        context.set(name, true);
        order.push(`${name} request ${[...context.keys()]}`);
      },
      onOperation: () => {
        order.push(`${name} operation`);
        return () => void order.push(`${name} answer`);
      },
      onPlan: ({ fetches: [first] }) => void order.push(`${name} plan ${first?.subgraph}`),
      onSubgraphRequest: ({ subgraph }) => {
        order.push(`${name} ${subgraph} request`);
        return async () => void order.push(`${name} ${subgraph} response`);
      },
      onResponse: ({ status }) => void order.push(`${name} response ${status}`),
      onReload: ({ apiSchema }) => void order.push(`${name} reload ${apiSchema.getQueryType()?.name}`),
    });
    const { ask } = await create([plugin('a'), plugin('b')]);
    expect((await ask()).status).toBe(200);
    expect(order).toEqual([
      'a reload Query',
      'b reload Query',
      'a request a',
      'b request a,b',
      'a operation',
      'b operation',
      'a plan people',
      'b plan people',
      'a people request',
      'b people request',
      'b people response',
      'a people response',
      'b answer',
      'a answer',
      'b response 200',
      'a response 200',
    ]);
  });

  it('change headers of requests, subgraph requests and answers, and extensions', async () => {
    const { ask } = await create([
      {
        name: 'changes',
        onRequest: ({ headers, context }) => void context.set('user', `${headers['x-token']}`),
        onSubgraphRequest: ({ headers, context }) => {
          headers['x-user'] = String(context.get('user'));
        },
        onOperation: () => (answer) => {
          answer.extensions = { asked: answer.data };
        },
        onResponse: ({ headers }) => {
          headers['x-plugin'] = 'here';
        },
      },
    ]);
    const answer = await ask({ 'x-token': 'ada' });
    expect(answer.headers.get('x-plugin')).toBe('here');
    const me = { me: { name: 'ada' } };
    expect(await answer.json()).toEqual({ data: me, extensions: { asked: me } });
  });

  it('end requests with their own answers, or with a code', async () => {
    const { ask, post } = await create([
      {
        name: 'gate',
        onRequest: ({ headers }) =>
          headers['x-user'] === undefined ? { status: 418, body: '{"errors":[]}' } : undefined,
        onOperation: ({ headers }) => {
          if (headers['x-user'] === 'cached') return { data: { me: { name: 'from the plugin' } } };
          if (headers['x-user'] === 'eve') throw new GatewayError('FORBIDDEN');
          return undefined;
        },
      },
    ]);
    expect((await ask()).status).toBe(418);
    expect((await post('/v1/chat/completions', {})).status).toBe(418);
    expect((await post('/v1/chat/completions', {}, { 'x-user': 'ada' })).status).toBe(400);
    expect(await (await ask({ 'x-user': 'cached' })).json()).toEqual({ data: { me: { name: 'from the plugin' } } });
    const refused = await ask({ 'x-user': 'eve' });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });

  it('answer a planned operation, and change the result of its plan before onOperation does', async () => {
    const order: string[] = [];
    const { ask } = await create([
      {
        name: 'outer',
        onOperation: () => (answer) => void order.push(`operation ${JSON.stringify(answer.data)}`),
        onPlan: ({ headers, document, variables, fetches }) => {
          order.push(`plan ${headers['x-user']} ${document.definitions.length} ${JSON.stringify(variables)}`);
          expect(fetches).toEqual([{ kind: 'root', subgraph: 'people', query: expect.stringContaining('me') }]);
          return (answer) => {
            answer.extensions = { planned: true };
          };
        },
      },
      {
        name: 'inner',
        onPlan: ({ headers }) =>
          headers['x-user'] === 'eve' ? { status: 403, data: null, errors: [{ message: 'no' }] } : undefined,
      },
    ]);
    const me = { me: { name: 'ada' } };
    expect(await (await ask({ 'x-user': 'ada' })).json()).toEqual({ data: me, extensions: { planned: true } });
    const refused = await ask({ 'x-user': 'eve' });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toEqual({ data: null, errors: [{ message: 'no' }], extensions: { planned: true } });
    expect(order).toEqual(['plan ada 1 {}', `operation ${JSON.stringify(me)}`, 'plan eve 1 {}', 'operation null']);
  });

  it('with onPlan are refused with the reference engine, which has no plans', async () => {
    const plan: Plugin = { name: 'planned', onPlan() {} };
    await expect(create([plan], { config: { engine: 'reference' } })).rejects.toThrow(
      /engine: the reference engine has no onPlan, which planned uses/,
    );
  });

  it('see moderation calls of /v1, of a named model and of the configured one', async () => {
    const seen: unknown[] = [];
    const judge: ModelProvider = {
      name: 'mine',
      keys: 1,
      complete: async (_model, { messages }) => ({
        content: [{ type: 'text', text: `{"flagged":${JSON.stringify(messages).includes('rude')},"categories":[]}` }],
        finishReason: 'stop',
        usage: { inputTokens: 3, outputTokens: 2, source: 'reported' },
      }),
      stream: () => {
        throw new Error('not streamed');
      },
      embed: async () => {
        throw new Error('not embedded');
      },
      close: async () => {},
    };
    const { post } = await create(
      [
        {
          name: 'judgements',
          onModelCall: (event) => {
            if (event.kind !== 'moderate') return undefined;
            event.request = { texts: event.request.texts.map((text) => text.replace('[x]', 'rude')) };
            return ({ kind }) => void seen.push([event.alias, kind]);
          },
        },
      ],
      {
        providers: { mine: judge },
        config: {
          ai: {
            prices: { 'mine/judge': { free: true } },
            models: { judge: { targets: ['mine/judge'] }, second: { targets: ['mine/judge'] } },
            guardrails: { moderation: { model: 'judge' } },
          },
        },
      },
    );
    const configured = await post('/v1/moderations', { input: 'a [x] text' });
    expect(await configured.json()).toMatchObject({ results: [{ flagged: true }] });
    const named = await post('/v1/moderations', { input: 'a text', model: 'second' });
    expect(await named.json()).toMatchObject({ results: [{ flagged: false }] });
    expect(seen).toEqual([
      ['judge', 'answered'],
      ['second', 'answered'],
    ]);
  });

  it('fail their request and nothing else; the log names them', async () => {
    const hooks = ['onRequest', 'onOperation', 'onPlan', 'onSubgraphRequest', 'onResponse'] as const;
    for (const hook of hooks) {
      const { ask, lines } = await create([
        {
          name: `broken ${hook}`,
          [hook]: async () => {
            throw new Error('secret of the plugin');
          },
        },
      ]);
      const text = await (await ask()).text();
      expect(text, hook).toContain('PLUGIN_FAILED');
      expect(text).not.toContain('secret');
      expect(lines).toContainEqual(expect.objectContaining({ plugin: `broken ${hook}`, msg: 'a plugin failed' }));
    }
  });

  it('end with the deadline of their request', async () => {
    const { ask } = await create([{ name: 'slow', onOperation: () => new Promise(() => {}) }], {
      config: { server: { operation_timeout: '100ms' } },
    });
    const answer = await ask();
    expect(answer.status).toBe(504);
  });

  it('see model calls and their results', async () => {
    const seen: unknown[] = [];
    const { post } = await create([
      {
        name: 'costs',
        onModelCall: ({ alias, kind }) => {
          seen.push([alias, kind]);
          return (summary) => void seen.push(summary);
        },
      },
    ]);
    const messages = [{ role: 'user', content: 'The kettle is very good.' }];
    expect((await post('/v1/chat/completions', { model: 'fast', messages })).status).toBe(200);
    expect((await post('/v1/chat/completions', { model: 'none', messages })).status).toBe(404);
    const streamed = await post('/v1/chat/completions', { model: 'fast', messages, stream: true });
    await streamed.text();
    expect(seen).toEqual([
      ['fast', 'complete'],
      expect.objectContaining({ kind: 'answered', model: 'local/extractive', costNanoUsd: 0n }),
      ['none', 'complete'],
      { kind: 'failed', code: 'AI_MODEL_NOT_FOUND' },
      ['fast', 'stream'],
      expect.objectContaining({ kind: 'answered', model: 'local/extractive' }),
    ]);
  });

  it('of supergraph.yaml are loaded, watched and reloaded; one that is not a plugin is refused by its line', async () => {
    const source = (name: string) =>
      `export const plugin = { name: '${name}', onReload: () => { globalThis.loadedPlugin = '${name}'; } };`;
    const products =
      'subgraphs:\n  products: { routing_url: "http://127.0.0.1:1", schema: { file: products.graphql } }\n';
    await using graph = await startWatchedGraph({
      'supergraph.yaml': `${products}plugins:\n  - ./plugins/x.ts\n`,
      'plugins/x.ts': source('first'),
    });
    const loaded = () => (globalThis as { loadedPlugin?: string }).loadedPlugin;
    expect(loaded()).toBe('first');
    await graph.save('plugins/x.ts', source('second'));
    await graph.logged('a new generation serves');
    expect(loaded()).toBe('second');
    await graph.save('plugins/x.ts', 'export const plugin = { name: "typo", onRequests() {} };');
    expect((await graph.logged('the change was refused')).msg).toMatch(
      /supergraph\.yaml:4: plugins\[0\]: the module exports no `plugin`/,
    );
  });
});
