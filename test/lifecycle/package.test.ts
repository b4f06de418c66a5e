import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../testkit/graphs/shop.ts';
import { spawnIsthmus } from '../testkit/processes/spawn-isthmus.ts';
import { startSubgraph } from '../testkit/subgraph-server.ts';

const run = promisify(execFile);

/** A folder with the packed tarball installed, as an operator's would be. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-package-'));
  await run('npm', ['run', 'build']);
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder]);
  const [tarball = ''] = await readdir(folder);
  await writeFile(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await run(
    'npm',
    ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', join(folder, tarball)],
    { cwd: folder },
  );
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const command = () => join(folder, 'node_modules/isthmus/dist/cli/main.js');

describe('the packed package', () => {
  it('installs the command isthmus', async () => {
    const { stdout } = await run(join(folder, 'node_modules/.bin/isthmus'), ['--version']);
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it('exports its public API', async () => {
    const script =
      "import { createGateway, errorTable } from 'isthmus'; console.log(typeof createGateway, errorTable.NOT_FOUND.status);";
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder });
    expect(stdout.trim()).toBe('function 404');
  });

  it('names the package that the reference engine needs, which it does not bring', async () => {
    await writeFile(join(folder, 'a.graphql'), 'type Query { a: Int }');
    const config = join(folder, 'reference.yaml');
    await writeFile(
      config,
      'engine: reference\nsubgraphs: { a: { routing_url: "http://127.0.0.1:1", schema: { file: a.graphql } } }',
    );
    const isthmus = spawnIsthmus(['serve', '--config', config, '--port', '0'], {}, command());
    expect(await isthmus.ended).toBe(2);
    expect(isthmus.output()).toMatch(/engine.*npm install @apollo\/gateway@2\.14\.4/);
  });

  it('serves a supergraph, its AI fields and its landing page', async () => {
    const subgraph = await startSubgraph(shop.products.sdl, shop.products.resolvers);
    await writeFile(join(folder, 'products.graphql'), shop.products.sdl);
    await writeFile(
      join(folder, 'ai.graphql'),
      `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
         @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
       type Product @key(fields: "id") { id: ID!  name: String! @external
         slogan: String @requires(fields: "name") @generate(prompt: "slogan", model: "fast", maxOutputTokens: 40) }`,
    );
    await writeFile(
      join(folder, 'slogan.prompt'),
      'Say something about it.\nIt is a very good {{name}} for the whole family.',
    );
    const config = join(folder, 'supergraph.yaml');
    await writeFile(
      config,
      `subgraphs:
  products: { routing_url: "${subgraph.url}", schema: { file: products.graphql } }
  ai: { ai: true, schema: { file: ai.graphql }, prompts: . }`,
    );
    const isthmus = spawnIsthmus(['serve', '--config', config, '--port', '0'], {}, command());
    try {
      const [, url = ''] = await isthmus.waitFor(/"url":"([^"]+)"/);
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ product(id: \\"p1\\") { name slogan } }"}',
      });
      expect(await response.json()).toEqual({
        data: { product: { name: 'Kettle', slogan: expect.stringContaining('Kettle') } },
      });
      expect(await (await fetch(url)).text()).toContain('id="isthmus"');
      isthmus.child.kill('SIGTERM');
      expect(await isthmus.ended).toBe(0);
    } finally {
      isthmus.child.kill('SIGKILL');
      await subgraph.close();
    }
  });
});

describe('a graph that isthmus init writes', () => {
  it('runs as it is, all subgraphs of it and one that is added', async () => {
    const bin = join(folder, 'node_modules/.bin');
    const environment = { ...process.env, PATH: `${bin}:${process.env.PATH}` };
    const isthmus = (...args: readonly string[]) => run(join(bin, 'isthmus'), args, { cwd: folder, env: environment });
    await isthmus('init', 'shop');
    const shopConfig = ['--config', 'shop/supergraph.yaml'];
    const added = await isthmus('init', 'subgraph', '--kind', 'rest', '--name', 'reviews', ...shopConfig);
    expect(added.stdout).toContain('The graph composes.');
    const ports = await Promise.all([freePort(), freePort(), freePort()]);
    const [PRODUCTS_PORT, STOCK_PORT, REVIEWS_PORT] = ports.map(String);
    const started = spawn(process.execPath, ['start.mjs', '--port', '0'], {
      cwd: join(folder, 'shop'),
      env: { ...environment, PRODUCTS_PORT, STOCK_PORT, REVIEWS_PORT },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const url = await new Promise<string>((resolve, reject) => {
        let output = '';
        started.stdout.on('data', (chunk) => {
          output += String(chunk);
          const [, listening] = /"url":"([^"]+)","msg":"listening"/.exec(output) ?? [];
          if (listening !== undefined) resolve(listening);
        });
        started.on('exit', () => reject(new Error(output)));
      });
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: '{ products { name inStock pitch } reviews { name } }' }),
      });
      const { data, errors } = (await response.json()) as { data: Record<string, unknown[]>; errors?: unknown };
      expect(errors).toBeUndefined();
      expect(data.products?.[0]).toEqual({ name: 'Kettle', inStock: true, pitch: expect.stringMatching(/\w/) });
      expect(data.reviews).toEqual([{ name: 'The first' }, { name: 'The second' }]);
      started.kill('SIGTERM');
      expect(await once(started, 'exit')).toEqual([0, null]);
    } finally {
      started.kill('SIGKILL');
    }
  });
});

describe('the examples, beside the packed package', () => {
  const example = (path: string) => join(folder, 'examples', path);
  beforeAll(() => cp('examples', join(folder, 'examples'), { recursive: true }));

  const query = async (endpoint: string, text: string, headers: Record<string, string> = {}) => {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query: text }),
    });
    return response.json();
  };

  /** Runs the subgraphs of an example and the command over them, and asks what its README asks. */
  async function answerOf(name: string, script: string, portVariable: string): Promise<unknown> {
    const subgraphs = spawnIsthmus([], { [portVariable]: '0' }, example(`${name}/${script}`));
    try {
      const [, port = ''] = await subgraphs.waitFor(/http:\/\/127\.0\.0\.1:(\d+)/);
      const config = example(`${name}/supergraph.yaml`);
      const environment = { [portVariable]: port, OPENAI_API_KEY: '' };
      const isthmus = spawnIsthmus(['serve', '--config', config, '--port', '0'], environment, command());
      try {
        const [, url = ''] = await isthmus.waitFor(/"url":"([^"]+)"/);
        const readme = await readFile(example(`${name}/README.md`), 'utf8');
        const [, text = ''] = /```graphql\n([\s\S]*?)```/.exec(readme) ?? [];
        return await query(`${url}/graphql`, text);
      } finally {
        isthmus.child.kill('SIGKILL');
        await isthmus.ended;
      }
    } finally {
      subgraphs.child.kill('SIGKILL');
    }
  }

  it('add-a-subgraph joins two subgraphs', async () => {
    expect(await answerOf('add-a-subgraph', 'subgraphs.js', 'SUBGRAPHS_PORT')).toEqual({
      data: {
        products: [
          { name: 'Kettle', inStock: true },
          { name: 'Lamp', inStock: false },
        ],
      },
    });
  });

  it('ai-field-on-your-own-graph writes fields of another subgraph’s type', async () => {
    expect(await answerOf('ai-field-on-your-own-graph', 'subgraph.js', 'SUBGRAPH_PORT')).toEqual({
      data: {
        reviews: [
          expect.objectContaining({ gist: expect.stringMatching(/\w/), mood: 'POSITIVE' }),
          expect.objectContaining({ gist: expect.stringMatching(/\w/), mood: 'NEGATIVE' }),
        ],
      },
    });
    const config = example('ai-field-on-your-own-graph/supergraph.yaml');
    const { stdout } = await run(process.execPath, [command(), 'prompt', 'test', '--config', config], {
      env: { ...process.env, OPENAI_API_KEY: '' },
    });
    expect(stdout).toContain('2 passed');
  });

  it('use-as-a-library answers without a socket, then over one', async () => {
    const gateway = spawnIsthmus([], { PORT: '0' }, example('use-as-a-library/main.js'));
    try {
      const [, endpoint = ''] = await gateway.waitFor(/serving (\S+)/);
      expect(gateway.output()).toContain('{"data":{"me":{"name":"Ada"}},"extensions":{"operation":1}}');
      expect(await query(endpoint, '{ me { name } }', { 'x-user-id': '1' })).toEqual({
        data: { me: { name: 'Ada' } },
        extensions: { operation: 2 },
      });
      gateway.child.kill('SIGTERM');
      expect(await gateway.ended).toBe(0);
    } finally {
      gateway.child.kill('SIGKILL');
    }
  });
});
