import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Plugin } from '../../../src/index.ts';
import { shop } from '../../testkit/graphs/shop.ts';
import { startWatchedGraph } from '../../testkit/graphs/watched-graph.ts';
import { WorkerClient } from '../../testkit/processes/served-workers.ts';
import { startSubgraph } from '../../testkit/subgraph-server.ts';
import { startTestGateway } from '../../testkit/test-gateway.ts';
import { createPluginGateway } from './plugin-gateway.ts';

describe('the coprocessor', () => {
  type Call = Readonly<Record<string, never>> & { readonly stage: string; readonly headers: Record<string, string[]> };

  async function startCoprocessor(answer: (call: Call, response: ServerResponse) => object | undefined) {
    const calls: Call[] = [];
    const server = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      const call = JSON.parse(text) as Call;
      calls.push(call);
      const reply = answer(call, response);
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

  it('is called at each stage, in the form of Apollo Router', async () => {
    const { calls, url } = await startCoprocessor((call) =>
      call.stage === 'SubgraphRequest' ? { headers: { ...call.headers, 'x-user': ['ada'] } } : {},
    );
    const coprocessor = { url, router: both, supergraph: both, subgraph: { all: both } };
    const { ask } = await createPluginGateway([], { config: { coprocessor } });
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

  it('passes its context on, and changes bodies', async () => {
    const { url } = await startCoprocessor(({ stage, context }) => {
      if (stage === 'RouterRequest') return { context: { entries: { claims: { sub: 'ada' } } } };
      if (stage !== 'SupergraphResponse') return {};
      return { body: { data: { me: { name: 'masked' } }, extensions: context } };
    });
    const { ask } = await createPluginGateway([], {
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
    const { ask } = await createPluginGateway([], { config: { coprocessor } });
    const answer = await ask();
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ errors: [{ message: 'Who are you?' }] });
    stage = 'SupergraphRequest';
    const later = await ask();
    expect(later.status).toBe(401);
    expect(await later.json()).toEqual({ errors: [{ message: 'Who are you?' }] });
  });

  it('fails the request if it is late, or changes a fixed field', async () => {
    let answer: () => object | undefined = () => undefined;
    const { url } = await startCoprocessor(() => answer());
    const { ask, lines } = await createPluginGateway([], {
      config: { coprocessor: { url, timeout: '100ms', router: { request: {} } } },
    });
    expect(await (await ask()).text()).toContain('PLUGIN_FAILED');
    answer = () => ({ id: 'another' });
    expect(await (await ask()).text()).toContain('PLUGIN_FAILED');
    expect(lines.filter(({ plugin }) => plugin === 'coprocessor')).toHaveLength(2);
  });

  it('sends each stage the parts that it is configured to, and nothing else', async () => {
    const { calls, url } = await startCoprocessor(() => ({}));
    const request = { headers: true, body: true, context: 'all', method: true };
    const response = { headers: true, body: true, context: 'all', status_code: true };
    const coprocessor = {
      url,
      router: { request: { ...request, sdl: true, path: true }, response: { ...response, sdl: true } },
      supergraph: { request: { ...request, sdl: true }, response: { ...response, sdl: true } },
      execution: { request: { ...request, sdl: true, query_plan: true }, response: { ...response, sdl: true } },
      subgraph: {
        all: {
          request: { ...request, uri: true, service_name: true, subgraph_request_id: true },
          response: { ...response, service_name: true, subgraph_request_id: true },
        },
      },
    };
    const subgraph = await startSubgraph(shop.products.sdl, shop.products.resolvers);
    onTestFinished(() => subgraph.close());
    await using graph = await startWatchedGraph({
      'supergraph.yaml': JSON.stringify({
        coprocessor,
        subgraphs: { products: { routing_url: subgraph.url, schema: { file: 'products.graphql' } } },
      }),
    });
    const query = '{ product(id: "p1") { name } }';
    await graph.gateway.fetch(new Request(`http://graph/graphql?query=${encodeURIComponent(query)}`));
    const common = ['body', 'context', 'control', 'headers', 'id', 'stage', 'version'];
    const identity = ['serviceName', 'subgraphRequestId'];
    expect(calls.map((call) => [call.stage, Object.keys(call).sort()])).toEqual([
      ['RouterRequest', [...common, 'method', 'path', 'sdl'].sort()],
      ['SupergraphRequest', [...common, 'method', 'sdl'].sort()],
      ['ExecutionRequest', [...common, 'method', 'queryPlan', 'sdl'].sort()],
      ['SubgraphRequest', [...common, ...identity, 'method', 'uri'].sort()],
      ['SubgraphResponse', [...common, ...identity, 'statusCode'].sort()],
      ['ExecutionResponse', [...common, 'sdl', 'statusCode'].sort()],
      ['SupergraphResponse', [...common, 'sdl', 'statusCode'].sort()],
      ['RouterResponse', [...common, 'sdl', 'statusCode'].sort()],
    ]);
    const [router, supergraph, execution, subgraphRequest, subgraphResponse] = calls;
    expect(router).toMatchObject({ method: 'GET', path: expect.stringMatching(/^\/graphql\?query=/) });
    expect(router?.sdl).toContain('@join__graph(name: "products"');
    expect(supergraph).toMatchObject({ method: 'GET', body: { query: expect.stringContaining('product') } });
    expect(execution?.queryPlan).toEqual({
      root: {
        kind: 'Fetch',
        serviceName: 'products',
        operation: expect.stringContaining('product'),
        operationKind: 'query',
      },
    });
    expect(subgraphRequest).toMatchObject({ uri: subgraph.url, method: 'POST', serviceName: 'products' });
    expect(subgraphResponse?.subgraphRequestId).toBe(subgraphRequest?.subgraphRequestId);

    const { calls: bare, url: other } = await startCoprocessor(() => ({}));
    const { ask } = await createPluginGateway([], { config: { coprocessor: { url: other, router: { request: {} } } } });
    await ask();
    expect(bare.map((call) => Object.keys(call).sort())).toEqual([['control', 'id', 'stage', 'version']]);
  });

  it('ends the operation before its plan runs, and changes its result', async () => {
    let refuses = true;
    const { url } = await startCoprocessor(({ stage }) => {
      if (stage === 'ExecutionResponse') return { body: { data: { me: { name: 'executed' } } } };
      return refuses ? { control: { break: 402 }, body: 'Pay first.' } : {};
    });
    const coprocessor = { url, execution: { request: {}, response: {} } };
    let asked = 0;
    const count: Plugin = { name: 'count', onSubgraphRequest: () => void asked++ };
    const { ask } = await createPluginGateway([count], { config: { coprocessor } });
    const refused = await ask();
    expect(refused.status).toBe(402);
    expect(await refused.json()).toMatchObject({ errors: [{ message: 'Pay first.' }] });
    expect(asked).toBe(0);
    refuses = false;
    expect(await (await ask()).json()).toEqual({ data: { me: { name: 'executed' } } });
    expect(asked).toBe(1);
  });

  it('is sent selected context, and replaces no other', async () => {
    const { calls, url } = await startCoprocessor(() => ({ context: { entries: { added: 1 } } }));
    const entries: unknown[] = [];
    const { ask } = await createPluginGateway(
      [
        {
          name: 'hands on',
          onRequest: ({ context }) => void context.set('sent', 'a').set('hidden', new Date(0)),
          onResponse: ({ context }) => void entries.push(Object.fromEntries(context)),
        },
      ],
      { config: { coprocessor: { url, router: { request: { context: { selective: ['sent'] } } } } } },
    );
    await ask();
    expect(calls[0]?.context).toEqual({ entries: { sent: 'a' } });
    expect(entries).toEqual([{ hidden: new Date(0), added: 1 }]);
  });

  it('sees the answers of /v1, and the head of a stream', async () => {
    const { calls, url } = await startCoprocessor(({ stage, headers }) =>
      stage === 'RouterResponse' ? { headers: { ...headers, 'X-Seen': ['yes'] } } : {},
    );
    const { post } = await createPluginGateway([], {
      config: { coprocessor: { url, router: { request: { path: true }, response: { headers: true, body: true } } } },
    });
    const call = { model: 'fast', messages: [{ role: 'user', content: 'The kettle is very good.' }] };
    for (const stream of [false, true]) {
      const answer = await post('/v1/chat/completions', { ...call, stream });
      expect(answer.headers.get('x-seen')).toBe('yes');
      expect(answer.headers.get('isthmus-model')).toBe('local/extractive');
      expect(await answer.text()).toContain(stream ? '[DONE]' : 'chat.completion');
    }
    expect(calls.map(({ stage, path }) => [stage, path])).toEqual([
      ['RouterRequest', '/v1/chat/completions'],
      ['RouterResponse', undefined],
      ['RouterRequest', '/v1/chat/completions'],
      ['RouterResponse', undefined],
    ]);
    expect(calls[1]?.body).toContain('chat.completion');
    expect(calls[3]?.body).toBeUndefined();
  });

  it('is read no further than its bound', async () => {
    const closed = Promise.withResolvers<number>();
    const { url } = await startCoprocessor((_call, response) => {
      const piece = Buffer.alloc(1_000_000, ' ');
      let written = 0;
      const write = (): void => {
        while (!response.destroyed && response.write(piece)) written++;
      };
      response
        .writeHead(200)
        .on('drain', write)
        .on('close', () => closed.resolve(written));
      write();
      return undefined;
    });
    const { ask, lines } = await createPluginGateway([], {
      config: { coprocessor: { url, timeout: '60s', router: { request: {} } } },
    });
    expect(await (await ask()).text()).toContain('PLUGIN_FAILED');
    await closed.promise;
    expect(JSON.stringify(lines)).toContain('exceeds 64000000 bytes');
  });

  it('is called by each of several workers, once for each request', async () => {
    const { calls, url } = await startCoprocessor(() => ({}));
    const yaml = `coprocessor: { url: "${url}", router: { request: { headers: true } } }`;
    await using gateway = await startTestGateway({ subgraphs: shop, yaml, workers: 2 });
    const ids: string[] = [];
    const workers = new Set<unknown>();
    while (workers.size < 2) {
      const id = `request-${ids.length}`;
      ids.push(id);
      // A connection of its own: the system chooses its worker.
      const client = new WorkerClient(gateway.url.replace(/\/graphql$/, ''));
      expect((await client.query('{ products { name } }', { 'x-request-id': id })).status).toBe(200);
      client.close();
      const line = () => gateway.log.find(({ requestId, msg }) => requestId === id && msg === 'request');
      await expect.poll(line).toBeDefined();
      workers.add(line()?.worker);
    }
    expect(calls.map(({ id }) => id)).toEqual(ids);
  });

  it('is not waited for after the client has disconnected', async () => {
    const arrived = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const { url } = await startCoprocessor((_call, response) => {
      response.on('close', () => closed.resolve());
      arrived.resolve();
      return undefined;
    });
    const { post } = await createPluginGateway([], {
      config: { coprocessor: { url, timeout: '1h', router: { request: {} } } },
    });
    const client = new AbortController();
    const leaving = post('/graphql', { query: '{ me { name } }' }, {}, client.signal);
    await arrived.promise;
    client.abort();
    await expect(leaving).rejects.toThrow();
    await closed.promise;
  });

  it('is refused keys that a stage does not have', async () => {
    const url = 'http://127.0.0.1:1/';
    const wrong = {
      'coprocessor.router.request': { router: { request: { query_plan: true } } },
      'coprocessor.subgraph.all.request': { subgraph: { all: { request: { sdl: true } } } },
      'coprocessor.execution.request.context': { execution: { request: { context: { selective: 'all' } } } },
    };
    for (const [path, stages] of Object.entries(wrong)) {
      await expect(createPluginGateway([], { config: { coprocessor: { url, ...stages } } })).rejects.toThrow(path);
    }
    const execution = { url, execution: { request: {} } };
    await expect(createPluginGateway([], { config: { engine: 'reference', coprocessor: execution } })).rejects.toThrow(
      'the reference engine has no onPlan, which coprocessor uses',
    );
  });
});
