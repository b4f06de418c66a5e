/** Introspected subgraphs may be down, come back and change; the other subgraphs stay available. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { shop } from '../../testkit/graphs/shop.ts';
import { startWatchedGraph } from '../../testkit/graphs/watched-graph.ts';
import { runCommand } from '../../testkit/processes/run-command.ts';
import { spawnIsthmus } from '../../testkit/processes/spawn-isthmus.ts';
import { startSubgraph, type TestSubgraph } from '../../testkit/subgraph-server.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const portOf = ({ url }: TestSubgraph): number => Number(new URL(url).port);
const { sdl, resolvers } = shop.products;
const changed = sdl.replace('price: Int', 'price: Int  weight: Int');
const poems = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
  type Query { slogan: String @generate(prompt: "slogan", maxOutputTokens: 20) }`;
const slogan = (words: string) => `---\nmodel: fast\n---\n${words}\n`;

const yaml = (url: string, poll: string) =>
  `subgraphs:
  products: { schema: { subgraph_url: "${url}", poll: ${poll} } }
  poems: { ai: true, schema: { file: poems.graphql }, prompts: prompts }\n`;

async function graphOver(subgraph: TestSubgraph, poll: string) {
  return startWatchedGraph({
    'supergraph.yaml': yaml(subgraph.url, poll),
    'poems.graphql': poems,
    'prompts/slogan.prompt': slogan('One.'),
  });
}

describe('a subgraph whose schema is introspected', () => {
  it('and is down holds up no edit of the others', async () => {
    const subgraph = await startSubgraph(sdl, resolvers);
    await using graph = await graphOver(subgraph, 'off');
    await subgraph.close();
    const before = graph.generation;
    await graph.save('prompts/slogan.prompt', slogan('Another.'));
    await graph.logged('a new generation serves');
    expect(graph.generation).not.toBe(before);
    expect(await graph.logged('cannot be introspected')).toMatchObject({ level: 'warn', subgraph: 'products' });
    await graph.serves('Product.price');
  });

  it('is polled: what it changes is taken up, also after it was down', async () => {
    const first = await startSubgraph(sdl, resolvers);
    await using graph = await graphOver(first, '50ms');
    await first.close();
    await graph.logged('cannot be introspected');
    const second = await startSubgraph(changed, resolvers, portOf(first));
    cleanups.push(() => second.close());
    await graph.serves('Product.weight');
    await graph.logged('a subgraph can be introspected again');
    // An unchanged schema is polled, and nothing is composed for it.
    const swaps = graph.log.filter(({ msg }) => msg === 'a new generation serves').length;
    const before = second.requests.length;
    await expect.poll(() => second.requests.length).toBeGreaterThan(before + 2);
    expect(graph.log.filter(({ msg }) => msg === 'a new generation serves')).toHaveLength(swaps);
  });

  it('and is added while it is down is taken up when it is there', async () => {
    const gone = await startSubgraph(sdl, resolvers);
    await gone.close();
    const other = await startSubgraph('type Query { other: Int }', {});
    cleanups.push(() => other.close());
    await using graph = await startWatchedGraph({
      'supergraph.yaml': `subgraphs: { other: { schema: { subgraph_url: "${other.url}" } } }\n`,
    });
    const added = `subgraphs: { other: { schema: { subgraph_url: "${other.url}" } }, products: { schema: { subgraph_url: "${gone.url}", poll: 50ms } } }\n`;
    await graph.save('supergraph.yaml', added);
    await graph.logged('the change was refused');
    const back = await startSubgraph(sdl, resolvers, portOf(gone));
    cleanups.push(() => back.close());
    await graph.serves('Product.price');
  });

  it('is started without: with its last schema, of which the disk has no password', async () => {
    const subgraph = await startSubgraph(sdl, resolvers);
    const graph = await startWatchedGraph({ 'supergraph.yaml': yaml(subgraph.url, 'off').split('  poems')[0] ?? '' });
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-started-'));
    await cp(graph.folder, folder, { recursive: true });
    await graph[Symbol.asyncDispose]();
    await subgraph.close();
    const [file = ''] = await readdir(join(folder, '.isthmus/schemas'));
    expect(await readFile(join(folder, '.isthmus/schemas', file), 'utf8')).toContain('type Product');
    const isthmus = spawnIsthmus(['serve', '--config', join(folder, 'supergraph.yaml'), '--port', '0']);
    cleanups.push(() => isthmus.child.kill('SIGKILL'));
    await isthmus.waitFor(/"msg":"listening"/);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it('is waited for by a start that has none', async () => {
    const gone = await startSubgraph(sdl, resolvers);
    await gone.close();
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-waits-'));
    await writeFile(
      join(folder, 'supergraph.yaml'),
      `subgraphs: { products: { schema: { subgraph_url: "${gone.url}" } } }\n`,
    );
    const isthmus = spawnIsthmus(['serve', '--config', join(folder, 'supergraph.yaml'), '--port', '0']);
    cleanups.push(() => isthmus.child.kill('SIGKILL'));
    await isthmus.waitFor(/waiting for the schema of products; trying again in 1 s/);
    const stopped = spawnIsthmus(['serve', '--config', join(folder, 'supergraph.yaml'), '--port', '0']);
    await stopped.waitFor(/waiting for the schema/);
    stopped.child.kill('SIGTERM');
    expect(await stopped.ended).toBe(143);
    const back = await startSubgraph(sdl, resolvers, portOf(gone));
    cleanups.push(() => back.close());
    await isthmus.waitFor(/"msg":"listening"/);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
});

describe('reloading', () => {
  it('is told by the command and by SIGHUP, and tells what came of it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-reload-'));
    await mkdir(folder, { recursive: true });
    const config = join(folder, 'supergraph.yaml');
    await writeFile(join(folder, 'products.graphql'), sdl);
    await writeFile(
      config,
      'subgraphs: { products: { routing_url: "http://127.0.0.1:1", schema: { file: products.graphql } } }\n',
    );
    const serving = spawnIsthmus(['serve', '--config', config, '--port', '0', '--no-watch']);
    cleanups.push(() => serving.child.kill('SIGKILL'));
    await serving.waitFor(/"msg":"listening"/);
    // Its file is written under another name first.
    const files = () => readdir(join(folder, '.isthmus/gateways')).catch(() => []);
    await expect.poll(files).toEqual([`${serving.child.pid}.json`]);
    const reload = async () => {
      const { code, out, errors } = await runCommand('reload', '--config', config);
      return { code, output: `${out}${errors}` };
    };
    expect(await reload()).toMatchObject({ code: 0, output: expect.stringContaining('nothing has changed') });
    await writeFile(join(folder, 'products.graphql'), changed);
    expect(await reload()).toMatchObject({ code: 0, output: expect.stringContaining('serves generation') });
    await writeFile(join(folder, 'products.graphql'), changed.replace('weight: Int', 'weight: Nowhere'));
    const refused = await reload();
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('refused the change');
    expect(refused.output).toContain('Nowhere');
    await writeFile(join(folder, 'products.graphql'), sdl);
    const swaps = () => serving.output().match(/a new generation serves/g)?.length ?? 0;
    const before = swaps();
    serving.child.kill('SIGHUP');
    await expect.poll(swaps, { timeout: 15_000 }).toBe(before + 1);
    serving.child.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    expect(await readdir(join(folder, '.isthmus/gateways'))).toEqual([]);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
});

describe('stopping', () => {
  it('waits for no reload that is under way', async () => {
    const hanging = await startSubgraph(sdl, resolvers);
    cleanups.push(() => hanging.close());
    await using graph = await startWatchedGraph();
    const introspected = Promise.withResolvers<void>();
    hanging.intercept = () => introspected.resolve();
    await graph.save('supergraph.yaml', `subgraphs: { products: { schema: { subgraph_url: "${hanging.url}" } } }\n`);
    await introspected.promise;
    const reload = graph.gateway.reload();
    await graph.gateway.close();
    expect(await reload).toEqual({ kind: 'stopped' });
    expect(graph.log.some(({ msg }) => String(msg).includes('refused'))).toBe(false);
  });

  it('ends the process while it composes what takes minutes', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-stopping-'));
    const types = Array.from({ length: 120 }, (_, type) => {
      const fields = Array.from({ length: 120 }, (_, field) => `f${field}: T${field}`).join(' ');
      return `type T${type} @key(fields: "id") { id: ID! own: Int ${fields} }`;
    });
    const large = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@shareable"])
      type Query { t: T0 @shareable }\n${types.join('\n').replaceAll('{ id', '@shareable { id')}`;
    const config = join(folder, 'supergraph.yaml');
    const subgraph = (name: string, file: string) =>
      `  ${name}: { routing_url: "http://127.0.0.1:1", schema: { file: ${file} } }\n`;
    await writeFile(join(folder, 'products.graphql'), sdl);
    await writeFile(config, `subgraphs:\n${subgraph('products', 'products.graphql')}server: { drain_timeout: 1s }\n`);
    const serving = spawnIsthmus(['serve', '--config', config, '--port', '0']);
    cleanups.push(() => serving.child.kill('SIGKILL'));
    await serving.waitFor(/"msg":"listening"/);
    await writeFile(join(folder, 'large.graphql'), large);
    const all = Array.from({ length: 8 }, (_, index) => subgraph(`large${index}`, 'large.graphql')).join('');
    await writeFile(
      config,
      `subgraphs:\n${subgraph('products', 'products.graphql')}${all}server: { drain_timeout: 1s }\n`,
    );
    serving.child.kill('SIGHUP');
    await serving.waitFor(/"msg":"reloading"/);
    serving.child.kill('SIGTERM');
    expect(await serving.ended).toBe(0);
    expect(serving.output()).not.toContain('the change was refused');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
});
