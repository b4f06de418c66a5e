/** Code of a subgraph that fails after its call makes the field null, and never ends the gateway. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../../testkit/graphs/shop.ts';
import { type SpawnedIsthmus, spawnIsthmus } from '../../testkit/processes/spawn-isthmus.ts';
import { startSubgraph, type TestSubgraph } from '../../testkit/subgraph-server.ts';

/** Ways to fail outside a call, by field. */
const strays = {
  rejected: 'void Promise.reject(new Error("stray"));',
  later: 'void (async () => { await null; throw new Error("stray"); })();',
  ticked: 'process.nextTick(() => { throw new Error("stray"); });',
  emitted: 'queueMicrotask(() => new EventEmitter().emit("error", new Error("stray")));',
  nothing: 'void Promise.reject(undefined);',
} as const;

const fields = Object.keys(strays);
const code = `import { EventEmitter } from 'node:events';
void Promise.reject(new Error('stray of the module'));
setTimeout(() => { throw new Error('stray timer of the module'); }, 1);
const inputs = (stray) => ({ variables: ['note'], inputs() { stray(); return { note: 'good for the whole family' }; } });
export const fields = {
  'Product.fine': inputs(() => undefined),
  'Product.finished': { finish(value) { void Promise.reject(new Error('stray')); return value; } },
  'Product.afterwards': inputs(() => setTimeout(() => { throw new Error('stray afterwards'); }, 30)),
${Object.entries(strays)
  .map(([name, stray]) => `  'Product.${name}': inputs(() => { ${stray} }),`)
  .join('\n')}
};`;
const asked = [...fields, 'finished', 'afterwards', 'fine'];

let folder: string;
let subgraph: TestSubgraph;
let isthmus: SpawnedIsthmus;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-stray-'));
  subgraph = await startSubgraph(shop.products.sdl, shop.products.resolvers);
  await writeFile(join(folder, 'products.graphql'), shop.products.sdl);
  await writeFile(
    join(folder, 'ai.graphql'),
    `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
       @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
     type Product @key(fields: "id") { id: ID!  name: String! @external
       ${asked.map((name) => `${name}: String @requires(fields: "name") @generate(prompt: "${name}", model: "fast", maxOutputTokens: 40)`).join('\n')} }`,
  );
  for (const name of asked) {
    const note = name === 'finished' ? 'good' : '{{note}}';
    await writeFile(join(folder, `${name}.prompt`), `Say something about it.\nIt is a very good {{name}}, ${note}.`);
  }
  await writeFile(join(folder, 'code.ts'), code);
  const config = join(folder, 'supergraph.yaml');
  await writeFile(
    config,
    `subgraphs:
  products: { routing_url: "${subgraph.url}", schema: { file: products.graphql } }
  ai: { ai: true, schema: { file: ai.graphql }, prompts: ., code: code.ts }`,
  );
  isthmus = spawnIsthmus(['serve', '--config', config, '--port', '0']);
  [, url = ''] = await isthmus.waitFor(/"url":"([^"]+)"/);
}, 60_000);
afterAll(async () => {
  isthmus.child.kill('SIGKILL');
  await subgraph.close();
  await rm(folder, { recursive: true, force: true });
});

async function ask(selection: string) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: `{ product(id: "p1") { name ${selection} } }` }),
  });
  return (await response.json()) as { data: object; errors?: { path: unknown; extensions: object }[] };
}

describe('code that fails outside a call', () => {
  it.each([...fields, 'finished'])('makes its own field null: %s', async (name) => {
    expect(await ask(`fine ${name}`)).toEqual({
      data: { product: { name: 'Kettle', fine: expect.stringContaining('Kettle'), [name]: null } },
      errors: [
        {
          message: expect.not.stringContaining('stray'),
          path: ['product', name],
          extensions: expect.objectContaining({ code: 'INTERNAL_SERVER_ERROR' }),
        },
      ],
    });
  });

  it('is logged if its field was answered already, or there is none', async () => {
    expect(await ask('afterwards')).toMatchObject({ data: { product: { afterwards: expect.any(String) } } });
    await isthmus.waitFor(/"code":"Product\.afterwards".*stray afterwards.*no field waits for it/);
    expect(isthmus.output()).toContain('stray of the module');
    expect(isthmus.output()).toContain('stray timer of the module');
    expect(await ask('fine')).toMatchObject({ data: { product: { fine: expect.any(String) } } });
  });
});
