/**
 * Files of a refused configuration are watched, so that files may be saved in any order; and a refused edit that is
 * undone is reported.
 */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startWatchedGraph } from '../testkit/graphs/watched-graph.ts';

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
    @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
  type Product @key(fields: "id") { id: ID!  name: String! @external
    slogan: String @requires(fields: "name") @generate(prompt: "slogan", maxOutputTokens: 20) }`;
const prompt = '---\nmodel: fast\n---\nA slogan for {{name}}.\n';
const entry = '  support: { ai: true, schema: { file: support/schema.graphql }, prompts: support/prompts }\n';

const steps = {
  'supergraph.yaml': async (graph: Awaited<ReturnType<typeof startWatchedGraph>>) =>
    graph.save('supergraph.yaml', (await readFile(join(graph.folder, 'supergraph.yaml'), 'utf8')) + entry),
  schema: (graph: Awaited<ReturnType<typeof startWatchedGraph>>) => graph.save('support/schema.graphql', sdl),
  prompt: (graph: Awaited<ReturnType<typeof startWatchedGraph>>) => graph.save('support/prompts/slogan.prompt', prompt),
};

describe('an AI field added step by step is served once its last file is saved', () => {
  it.each([
    ['supergraph.yaml', 'schema', 'prompt'],
    ['schema', 'prompt', 'supergraph.yaml'],
    ['prompt', 'supergraph.yaml', 'schema'],
  ] as const)('%s, then %s, then %s', async (...order) => {
    await using graph = await startWatchedGraph();
    for (const [index, step] of order.entries()) {
      const lines = graph.log.length;
      await steps[step](graph);
      // Every step but the last is read and refused, or names nothing yet, before the next is taken.
      const isNamed = order.slice(0, index + 1).includes('supergraph.yaml');
      if (index < 2 && isNamed) await graph.logged('the change was refused', lines);
    }
    await graph.serves('Product.slogan');
  });

  it('also if its folder is removed and restored', async () => {
    await using graph = await startWatchedGraph({
      'supergraph.yaml': `subgraphs:\n  products: { routing_url: "http://127.0.0.1:1/", schema: { file: products.graphql } }\n${entry}`,
      'support/schema.graphql': sdl,
      'support/prompts/slogan.prompt': prompt,
    });
    await rm(join(graph.folder, 'support'), { recursive: true });
    await graph.logged('the change was refused');
    const lines = graph.log.length;
    await steps.schema(graph);
    await graph.save('support/prompts/slogan.prompt', prompt.replace('A slogan', 'Two slogans'));
    await graph.logged('a new generation serves', lines);
  });
});

describe('a refused edit', () => {
  it.each([
    ['of a schema', 'products.graphql', (text: string) => text.replace('name: String!', 'name: Nowhere!')],
    ['of the configuration', 'supergraph.yaml', (text: string) => `${text}unknown_key: 1\n`],
    ['that is no YAML', 'supergraph.yaml', (text: string) => `${text}  - : [\n`],
    ['that names a file which is not there', 'supergraph.yaml', (text: string) => text + entry],
  ])('%s is reported as undone', async (_what, file, breaks) => {
    await using graph = await startWatchedGraph();
    const before = await readFile(join(graph.folder, file), 'utf8');
    const generation = graph.generation;
    await graph.save(file, breaks(before));
    await graph.logged('the change was refused');
    await graph.save(file, before);
    expect(await graph.logged('the refused change has been undone')).toMatchObject({ level: 'info', generation });
    expect(graph.generation).toBe(generation);
  });
});
