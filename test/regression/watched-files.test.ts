/** Changes are noticed however files are deployed, and nothing that stands in a file's place holds up a reload. */
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTextFile } from '../../src/lib/index.ts';
import { compose } from '../../src/supergraph/index.ts';
import { shop } from '../testkit/graphs/shop.ts';
import { startWatchedGraph } from '../testkit/graphs/watched-graph.ts';

const yaml = (file: string) =>
  `subgraphs:\n  products: { routing_url: "http://127.0.0.1:1/graphql", schema: { file: ${file} } }\n`;
const edited = shop.products.sdl.replace('price: Int', 'price: Int  weight: Int');

/** As Kubernetes lays out a ConfigMap: files are links into `..data`, which is a link to a folder of one version. */
async function writeVersion(folder: string, version: string, sdl: string): Promise<void> {
  await mkdir(join(folder, version), { recursive: true });
  await writeFile(join(folder, version, 'products.graphql'), sdl);
  await symlink(version, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
}

describe('a deployment that swaps a link', () => {
  it.each(['kept', 'removed'])('is noticed where the old folder is %s', async (old) => {
    const mounted = await mkdtemp(join(tmpdir(), 'isthmus-mounted-'));
    await writeVersion(mounted, '..1', shop.products.sdl);
    await symlink('..data/products.graphql', join(mounted, 'products.graphql'));
    await using graph = await startWatchedGraph({ 'supergraph.yaml': yaml(join(mounted, 'products.graphql')) });
    await writeVersion(mounted, '..2', edited);
    if (old === 'removed') await rm(join(mounted, '..1'), { recursive: true });
    await graph.serves('Product.weight');
    // And once more: the second swap is the one that a watch of the first target would miss.
    await writeVersion(mounted, '..3', shop.products.sdl);
    await graph.serves('Product.weight', false);
    await rm(mounted, { recursive: true });
  });

  it('is noticed where the link is a folder above', async () => {
    await using graph = await startWatchedGraph();
    const { folder } = graph;
    await mkdir(join(folder, 'v1'));
    await mkdir(join(folder, 'v2'));
    await writeFile(join(folder, 'v1/products.graphql'), shop.products.sdl);
    await writeFile(join(folder, 'v2/products.graphql'), edited);
    await symlink('v1', join(folder, 'live'));
    await graph.save('supergraph.yaml', yaml('live/products.graphql'));
    await graph.logged('a new generation serves');
    await symlink('v2', join(folder, 'live.new'));
    await rename(join(folder, 'live.new'), join(folder, 'live'));
    await graph.serves('Product.weight');
  });
});

describe('in place of a file', () => {
  const kinds: readonly (readonly [string, (path: string) => unknown, RegExp])[] = [
    ['a named pipe', (path) => execFileSync('mkfifo', [path]), /it is a named pipe, not a file/],
    ['a folder', (path) => mkdir(path), /it is a folder, not a file/],
    ['a link to itself', (path) => symlink(path, path), /ELOOP/],
    ['a device', (path) => symlink('/dev/zero', path), /it is a device, not a file/],
    ['nothing', () => undefined, /there is no such schema file/],
  ];
  it.each(kinds)('%s is refused at once, and the file that comes back is taken', async (_kind, put, reason) => {
    await using graph = await startWatchedGraph();
    const path = join(graph.folder, 'products.graphql');
    await unlink(path);
    await put(path);
    expect((await graph.logged('the change was refused')).msg).toMatch(reason);
    await rm(path, { recursive: true, force: true });
    await graph.save('products.graphql', edited);
    await graph.serves('Product.weight');
  });

  it('the configuration is read no otherwise', async () => {
    await using graph = await startWatchedGraph();
    const path = join(graph.folder, 'supergraph.yaml');
    const text = await readFile(path, 'utf8');
    await unlink(path);
    execFileSync('mkfifo', [path]);
    expect((await graph.logged('the change was refused')).msg).toMatch(/the file cannot be read: it is a named pipe/);
    await unlink(path);
    await graph.save('supergraph.yaml', text);
    await graph.logged('the refused change has been undone');
  });

  it('prompts and code are read no otherwise', async () => {
    await using graph = await startWatchedGraph({
      'ai.graphql': `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
        @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
        type Query { slogan: String @generate(prompt: "slogan", maxOutputTokens: 20) }`,
      'prompts/slogan.prompt': '---\nmodel: fast\n---\nA slogan.\n',
      'code.mjs': "export const fields = { 'Query.slogan': { finish: (value) => value } };\n",
    });
    const withCode = `${yaml('products.graphql')}  ai: { ai: true, schema: { file: ai.graphql }, prompts: prompts, code: code.mjs }\n`;
    await graph.save('supergraph.yaml', withCode);
    await graph.serves('Query.slogan');
    await unlink(join(graph.folder, 'prompts/slogan.prompt'));
    execFileSync('mkfifo', [join(graph.folder, 'prompts/slogan.prompt')]);
    expect((await graph.logged('the change was refused')).msg).toMatch(/it is a named pipe, not a file/);
    await unlink(join(graph.folder, 'prompts/slogan.prompt'));
    await unlink(join(graph.folder, 'code.mjs'));
    await symlink('/dev/zero', join(graph.folder, 'code.mjs'));
    await graph.save('prompts/slogan.prompt', '---\nmodel: fast\n---\nOne slogan.\n');
    expect((await graph.logged('the code cannot be loaded')).msg).toMatch(/it is a device, not a file/);
  });
});

describe('everything that loads has a bound', () => {
  it('a file has a length', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'isthmus-long-'));
    await writeFile(join(folder, 'long'), 'x'.repeat(101));
    await expect(readTextFile(join(folder, 'long'), { maxBytes: 100 })).rejects.toThrow('longer than 100 bytes');
    await rm(folder, { recursive: true });
  });

  it('composing ends when it is told to', async () => {
    const stop = new AbortController();
    const sources = [{ name: 'products', url: '', sdl: shop.products.sdl, origin: 'products.graphql' }];
    const composing = compose(sources, undefined, stop.signal);
    stop.abort(new Error('told to'));
    await expect(composing).rejects.toThrow('told to');
  });
});
