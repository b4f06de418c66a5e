import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GatewayError, type ModelProvider, type Plugin } from '../../src/index.ts';
import { startWatchedGraph } from '../testkit/watched-graph.ts';
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

  it('end requests with answers of their own, or with a code', async () => {
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

  it('answer a planned operation, and change what its plan came to before onOperation does', async () => {
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

  it('with onPlan are refused beside the reference engine, which has none', async () => {
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

  it('see model calls and what they came to', async () => {
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

describe('the coprocessor', () => {
  type Call = Readonly<Record<string, never>> & { readonly stage: string; readonly headers: Record<string, string[]> };

  async function startCoprocessor(answer: (call: Call) => object | undefined) {
    const calls: Call[] = [];
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const call = JSON.parse(text) as Call;
      calls.push(call);
      const reply = answer(call);
      if (reply === undefined) return;
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ...call, ...reply }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return { calls, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  const all = { headers: true, body: true, context: true };
  const both = { request: all, response: all };

  it('is called at each stage, in Apollo Router’s form', async () => {
    const { calls, url } = await startCoprocessor((call) =>
      call.stage === 'SubgraphRequest' ? { headers: { ...call.headers, 'x-user': ['ada'] } } : {},
    );
    const coprocessor = { url, router: both, supergraph: both, subgraph: { all: both } };
    const { ask } = await create([], { config: { coprocessor } });
    expect(await (await ask({ 'x-request-id': 'one' })).json()).toEqual({ data: { me: { name: 'ada' } } });
    expect(calls.map(({ stage }) => stage)).toEqual([
      'RouterRequest',
      'SupergraphRequest',
      'SubgraphRequest',
      'SubgraphResponse',
      'SupergraphResponse',
      'RouterResponse',
    ]);
    expect(calls[0]).toMatchObject({
      version: 1,
      control: 'continue',
      id: 'one',
      headers: { 'content-type': ['application/json'] },
      body: '{"query":"{ me { name } }"}',
      context: { entries: {} },
    });
    expect(calls[1]?.body).toMatchObject({ query: '{\n  me {\n    name\n  }\n}' });
    expect(calls[3]?.body).toEqual({ data: { me: { name: 'ada' } } });
    expect(calls[5]?.body).toBe('{"data":{"me":{"name":"ada"}}}');
  });

  it('hands its context on, and changes bodies', async () => {
    const { url } = await startCoprocessor(({ stage, context }) => {
      if (stage === 'RouterRequest') return { context: { entries: { claims: { sub: 'ada' } } } };
      if (stage !== 'SupergraphResponse') return {};
      return { body: { data: { me: { name: 'masked' } }, extensions: context } };
    });
    const { ask } = await create([], {
      config: { coprocessor: { url, router: { request: all }, supergraph: { response: all } } },
    });
    expect(await (await ask()).json()).toEqual({
      data: { me: { name: 'masked' } },
      extensions: { entries: { claims: { sub: 'ada' } } },
    });
  });

  it('ends requests with control: { break }', async () => {
    let stage = 'RouterRequest';
    const { url } = await startCoprocessor((call) =>
      call.stage === stage ? { control: { break: 401 }, body: { errors: [{ message: 'Who are you?' }] } } : {},
    );
    const coprocessor = { url, router: { request: all }, supergraph: { request: all } };
    const { ask } = await create([], { config: { coprocessor } });
    const answer = await ask();
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ errors: [{ message: 'Who are you?' }] });
    stage = 'SupergraphRequest';
    const later = await ask();
    expect(later.status).toBe(401);
    expect(await later.json()).toEqual({ errors: [{ message: 'Who are you?' }] });
  });

  it('fails the request where it is late, or changes what it must not', async () => {
    let answer: () => object | undefined = () => undefined;
    const { url } = await startCoprocessor(() => answer());
    const { ask, lines } = await create([], {
      config: { coprocessor: { url, timeout: '100ms', router: { request: {} } } },
    });
    expect(await (await ask()).text()).toContain('PLUGIN_FAILED');
    answer = () => ({ id: 'another' });
    expect(await (await ask()).text()).toContain('PLUGIN_FAILED');
    expect(lines.filter(({ plugin }) => plugin === 'coprocessor')).toHaveLength(2);
  });
});
