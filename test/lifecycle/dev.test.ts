/** The graph while it is worked on: real processes, real files. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../testkit/graphs/shop.ts';
import { runCommand } from '../testkit/processes/run-command.ts';
import { type SpawnedIsthmus, spawnIsthmus } from '../testkit/processes/spawn-isthmus.ts';
import { startSubgraph } from '../testkit/subgraph-server.ts';

let folder: string;
const running: SpawnedIsthmus[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-dev-'));
});
afterAll(async () => {
  for (const { child } of running) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

function dev(config: string, ...args: readonly string[]): SpawnedIsthmus {
  const command = spawnIsthmus(['dev', '--config', join(folder, config), '--port', '0', ...args]);
  running.push(command);
  return command;
}

async function query(isthmus: SpawnedIsthmus, text: string): Promise<unknown> {
  const [, url = ''] = await isthmus.waitFor(/"url":"([^"]+)","msg":"listening"/);
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: text }),
  });
  return response.json();
}

describe('isthmus dev', { timeout: 60_000 }, () => {
  it('waits for a graph that composes, serves it, and keeps serving it when a change does not', async () => {
    const save = (text: string) => writeFile(join(folder, 'a.graphql'), text);
    await save('type Query { a: Nowhere }');
    await writeFile(
      join(folder, 'waits.yaml'),
      'admin: false\nsubgraphs: { a: { routing_url: "http://127.0.0.1:1", schema: { file: a.graphql } } }\n',
    );
    const isthmus = dev('waits.yaml');
    await isthmus.waitFor(
      /error INVALID_GRAPHQL in a \(.*a\.graphql:1\)[\s\S]*suggested fix:[\s\S]*waiting for a change/,
    );
    await save('type Query { a: Int }');
    expect(await query(isthmus, '{ __typename }')).toEqual({ data: { __typename: 'Query' } });
    await save('type Query { a: Int b: Missing }');
    await isthmus.waitFor(/the change was refused; the previous generation keeps serving/);
    expect(await query(isthmus, '{ __typename }')).toEqual({ data: { __typename: 'Query' } });
    isthmus.child.kill('SIGINT');
    expect(await isthmus.ended).toBe(0);
  });

  it('serves local subgraphs in place of those of the configuration: introspected, or by a schema file', async () => {
    const products = await startSubgraph(shop.products.sdl, shop.products.resolvers);
    const other = await startSubgraph('type Query { other: String }', { Query: { other: () => 'local' } });
    await writeFile(join(folder, 'away.graphql'), 'type Query { gone: Int }');
    await writeFile(join(folder, 'other.graphql'), 'type Query { other: String }');
    await writeFile(
      join(folder, 'local.yaml'),
      `admin: false
subgraphs:
  products: { routing_url: "http://127.0.0.1:1", schema: { file: away.graphql } }
  other: { ai: true, schema: { file: away.graphql }, prompts: . }
`,
    );
    const file = join(folder, 'other.graphql');
    const local = ['--subgraph', `products=${products.url}`, '--subgraph', `other=${file}@${other.url}`];
    const isthmus = dev('local.yaml', ...local);
    expect(await query(isthmus, '{ product(id: "p1") { name } other }')).toEqual({
      data: { product: { name: 'Kettle' }, other: 'local' },
    });
    expect(isthmus.output()).toContain('"msg":"a local subgraph"');
    await Promise.all([products.close(), other.close()]);
  });

  it('serves what is published, with subgraphs of this machine in place of theirs, and follows what is published', async () => {
    const answers = (name: string) => ({ Query: { [name]: () => name, later: () => 'later', latest: () => 'latest' } });
    const a = await startSubgraph('type Query { a: String later: String latest: String }', answers('a'));
    const b = await startSubgraph('type Query { b: String }', answers('b'));
    await writeFile(join(folder, 'a-file.graphql'), 'type Query { a: String }');
    await writeFile(join(folder, 'b-file.graphql'), 'type Query { gone: String }');
    const config = join(folder, 'published.yaml');
    await writeFile(
      config,
      `admin: false
subgraphs:
  a: { routing_url: "${a.url}", schema: { file: a-file.graphql } }
  b: { routing_url: "http://127.0.0.1:1", schema: { file: b-file.graphql } }
`,
    );
    const publish = async (sdl: string) => {
      const file = join(folder, 'a-published.graphql');
      await writeFile(file, sdl);
      const { code } = await runCommand('subgraph', 'publish', '--name', 'a', '--schema', file, '--config', config);
      expect(code).toBe(0);
    };
    await publish('type Query { a: String later: String }');
    const isthmus = dev('published.yaml', '--subgraph', `b=${b.url}`);
    expect(await query(isthmus, '{ a later b }')).toEqual({ data: { a: 'a', later: 'later', b: 'b' } });
    await publish('type Query { a: String latest: String }');
    await isthmus.waitFor(/a new generation serves/);
    expect(await query(isthmus, '{ a latest b }')).toEqual({ data: { a: 'a', latest: 'latest', b: 'b' } });
    await Promise.all([a.close(), b.close()]);
  });

  it('says how a local subgraph is written', async () => {
    const { errors, code } = await runCommand('dev', '--subgraph', 'products');
    expect(code).toBe(2);
    expect(errors).toContain('name=./schema.graphql@http://');
  });
});
