/** A bundle is all that a gateway needs: it starts from it, with no other file and without the servers that it was packed from. */
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runCommand } from '../testkit/processes/run-command.ts';
import { spawnIsthmus } from '../testkit/processes/spawn-isthmus.ts';
import { startSubgraph } from '../testkit/subgraph-server.ts';

const root = await mkdtemp(join(tmpdir(), 'isthmus-bundle-'));
afterAll(() => rm(root, { recursive: true, force: true }));

const federation = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@policy"])';

async function writeShop(folder: string, introspected: string): Promise<void> {
  await mkdir(join(folder, 'policies'), { recursive: true });
  await mkdir(join(folder, 'documents', '.isthmus'), { recursive: true });
  const files = {
    'supergraph.yaml': `subgraphs:
  stock: { routing_url: "${introspected}", schema: { file: stock.graphql } }
  names: { schema: { subgraph_url: "${introspected}" } }
access:
  policies: { open: { code: policies/open.ts } }
persisted_operations: { documents: [documents], safelist: documents }
server: { port: 0 }
`,
    'stock.graphql': `${federation}\ntype Query { stock: Int @policy(policies: [["open"]]) }`,
    'policies/open.ts': "import { isOpen } from './hours.ts';\nexport const policy = () => isOpen;\n",
    'policies/hours.ts': 'export const isOpen = true;\n',
    'documents/hello.graphql': '{ __typename }',
    'documents/.isthmus/state.key': 'a secret',
    'documents/.env': 'A=secret',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

it('a gateway starts from a bundle alone, while a subgraph that gave its schema is down', async () => {
  const names = await startSubgraph(`${federation}\ntype Query { name: String }`, {});
  const from = join(root, 'from');
  await writeShop(from, names.url);
  const bundle = join(root, 'shop.isthmus');
  const packed = await runCommand('bundle', '--config', join(from, 'supergraph.yaml'), '--output', bundle, '--json');
  await names.close();
  expect(packed.code).toBe(0);
  expect(JSON.parse(packed.out).files).toEqual(
    expect.arrayContaining(['documents/hello.graphql', 'policies/hours.ts', 'stock.graphql', 'supergraph.yaml']),
  );
  expect(packed.out).not.toMatch(/state\.key|\.env/);
  await rm(from, { recursive: true });

  const elsewhere = join(root, 'elsewhere');
  await mkdir(elsewhere);
  await copyFile(bundle, join(elsewhere, 'shop.isthmus'));
  const isthmus = spawnIsthmus(['serve', '--bundle', join(elsewhere, 'shop.isthmus')]);
  try {
    const [, url] = await isthmus.waitFor(/(http:\/\/127\.0\.0\.1:\d+)/);
    const headers = { 'content-type': 'application/json' };
    const ask = async (query: string) =>
      (await fetch(`${url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).json();
    expect(await ask('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
    expect(await ask('{ name }')).toMatchObject({ errors: [{ extensions: { code: 'QUERY_NOT_IN_SAFELIST' } }] });
  } finally {
    isthmus.child.kill('SIGTERM');
    expect(await isthmus.ended).toBe(0);
  }
});

it('a bundle that is not what was packed starts nothing, and one of files from elsewhere is not written', async () => {
  const damaged = join(root, 'damaged.isthmus');
  const whole = await readFile(join(root, 'shop.isthmus'));
  await writeFile(damaged, whole.subarray(0, whole.length - 50));
  const refused = await runCommand('serve', '--bundle', damaged);
  expect(refused).toMatchObject({ code: 2, errors: expect.stringContaining('damaged') });

  const folder = join(root, 'outside');
  await mkdir(folder);
  await writeFile(join(root, 'outside.graphql'), `${federation}\ntype Query { a: Int }`);
  await writeFile(
    join(folder, 'supergraph.yaml'),
    'subgraphs: { a: { routing_url: "http://127.0.0.1:1", schema: { file: ../outside.graphql } } }\n',
  );
  const output = join(root, 'outside.isthmus');
  const packed = await runCommand('bundle', '--config', join(folder, 'supergraph.yaml'), '--output', output);
  expect(packed).toMatchObject({ code: 2, errors: expect.stringContaining('outside the folder of the configuration') });
  expect(existsSync(output)).toBe(false);
});
