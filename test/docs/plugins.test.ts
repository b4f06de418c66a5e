import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../testkit/graphs/shop.ts';
import { type SpawnedIsthmus, spawnIsthmus } from '../testkit/processes/spawn-isthmus.ts';
import { startSubgraph } from '../testkit/subgraph-server.ts';
import { createPageProject, type PageProject } from './page-project.ts';
import { snippetsIn } from './pages.ts';

describe('docs/plugins.md', () => {
  let page: string;
  let project: PageProject;
  let isthmus: SpawnedIsthmus;
  let url: string;
  let coprocessor: Server;
  let subgraph: Awaited<ReturnType<typeof startSubgraph>>;
  const coprocessorCalls: unknown[] = [];

  beforeAll(async () => {
    page = await readFile('docs/plugins.md', 'utf8');
    const [pluginsYaml = '', coprocessorYaml = ''] = snippetsIn(page, 'yaml');
    const plugins = snippetsIn(page, 'ts');
    const paths = [...page.matchAll(/`(plugins\/[\w-]+\.ts)`:/g)].map(([, path]) => path ?? '');
    expect(paths).toHaveLength(3);
    expect(paths.filter((path) => !pluginsYaml.includes(`- ${path}\n`))).toEqual([]);

    const [, continuing = '', breaking = ''] = snippetsIn(page, 'json');
    coprocessor = createServer(async (request, response) => {
      let text = '';
      for await (const chunk of request) text += String(chunk);
      coprocessorCalls.push(JSON.parse(text));
      response.end(text.includes('"x-tenant":["stranger"]') ? breaking : continuing);
    });
    await new Promise<void>((resolve) => coprocessor.listen(0, '127.0.0.1', resolve));
    const { port } = coprocessor.address() as AddressInfo;

    subgraph = await startSubgraph(shop.products.sdl, shop.products.resolvers);
    project = await createPageProject({
      ...Object.fromEntries(paths.map((path, index) => [path, plugins[index] ?? ''])),
      'products.graphql': shop.products.sdl,
      'supergraph.yaml': [
        `subgraphs: { products: { routing_url: "${subgraph.url}", schema: { file: products.graphql } } }`,
        pluginsYaml,
        coprocessorYaml.replace('http://127.0.0.1:8081/', `http://127.0.0.1:${port}/`),
      ].join('\n'),
    });
    isthmus = spawnIsthmus(['serve', '--config', join(project.folder, 'supergraph.yaml'), '--port', '0'], {
      SLOW_MS: '0',
      TOKENS_PER_HOUR: '1',
    });
    [, url = ''] = await isthmus.waitFor(/"url":"([^"]+)"/);
  });
  afterAll(async () => {
    isthmus.child.kill('SIGKILL');
    coprocessor.closeAllConnections();
    coprocessor.close();
    await subgraph.close();
    await project[Symbol.asyncDispose]();
  });

  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/graphql-response+json', ...headers },
      body: JSON.stringify(body),
    });
  const operation = { query: 'query Kettle { product(id: "p1") { name } }' };

  it('logs slow operations', async () => {
    expect(await (await post('/graphql', operation, { 'x-tenant': 'acme' })).json()).toEqual({
      data: { product: { name: 'Kettle' } },
    });
    const [line] = await isthmus.waitFor(/^.*"slow operation".*$/m);
    expect(JSON.parse(line)).toMatchObject({ operationName: 'Kettle', errors: 0, ms: expect.any(Number) });
  });

  it('requires the header, sends it to the subgraph and repeats it in the answer', async () => {
    const refused = await post('/graphql', operation);
    expect(refused.status).toBe(401);
    expect(await refused.json()).toMatchObject({
      errors: [{ message: 'Name your tenant in the header x-tenant.', extensions: { code: 'UNAUTHENTICATED' } }],
    });
    let tenant: unknown;
    subgraph.intercept = ({ headers }, response) => {
      tenant = headers['x-tenant'];
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"product":null}}');
    };
    const answer = await post('/graphql', operation, { 'x-tenant': 'acme' });
    subgraph.intercept = undefined;
    expect(answer.headers.get('x-tenant')).toBe('acme');
    expect(tenant).toBe('acme');
    expect((await post('/v1/chat/completions', {})).status).toBe(401);
  });

  it('bounds the tokens of an alias', async () => {
    const call = () =>
      post(
        '/v1/chat/completions',
        { model: 'fast', messages: [{ role: 'user', content: 'The kettle is very good.' }] },
        { 'x-tenant': 'acme' },
      );
    expect((await call()).status).toBe(200);
    expect((await call()).status).toBe(429);
  });

  it('calls the coprocessor as the page prints, and accepts both of its replies', async () => {
    const [call = ''] = snippetsIn(page, 'json');
    const printed = JSON.parse(call) as { readonly id: string };
    coprocessorCalls.length = 0;
    expect((await post('/graphql', operation, { 'x-tenant': 'acme', 'x-request-id': printed.id })).status).toBe(200);
    expect(coprocessorCalls).toEqual([
      expect.objectContaining({ ...printed, headers: expect.objectContaining({ 'x-tenant': ['acme'] }) }),
    ]);
    const refused = await post('/graphql', operation, { 'x-tenant': 'stranger' });
    expect(refused.status).toBe(401);
    expect(await refused.json()).toEqual({
      errors: [{ message: 'Sign in.', extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  it('lists every hook', async () => {
    const hooks = [...(await readFile('src/plugins/plugin.ts', 'utf8')).matchAll(/^ {2}(on[A-Z]\w+)\?/gm)];
    expect(hooks).toHaveLength(7);
    expect(hooks.filter(([, hook]) => !page.includes(`| \`${hook}\` |`))).toEqual([]);
  });
});
