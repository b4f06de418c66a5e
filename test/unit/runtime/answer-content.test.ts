import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/index.ts';
import { readSupergraph } from '../../../src/read-supergraph.ts';
import { answerContent } from '../../../src/runtime/answer-content.ts';

const folders: string[] = [];
let base: string;

/** The content of a graph in a folder of its own. */
async function contentOf(yaml = '', field = 'a: Int', maskKey = 'k1'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-content-'));
  folders.push(folder);
  const file = join(folder, 'supergraph.yaml');
  const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
    @link(url: "https://isthmus.dev/access/v1.0", import: ["@mask"])`;
  await writeFile(join(folder, 'a.graphql'), `${link} type Query { ${field} }`);
  await writeFile(join(folder, 'mine.ts'), 'export const policy = () => true;\n');
  await writeFile(
    file,
    `subgraphs: { a: { routing_url: "http://127.0.0.1:1", schema: { file: a.graphql } } }
access: { policies: { mine: { code: mine.ts } } }
cache: { response: { enabled: true } }
${yaml}\n`,
  );
  return answerContent(await readSupergraph(await loadConfig(file, {}), {}), maskKey);
}

beforeAll(async () => {
  base = await contentOf();
});
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

it('is the same wherever the files are, and however it is served', async () => {
  expect(await contentOf()).toBe(base);
  expect(await contentOf('server: { port: 4321, operation_timeout: 7s }\ntelemetry: { log_level: warn }')).toBe(base);
});

it('is another for another schema, header rule or setting of access', async () => {
  const others = [
    await contentOf('', 'a: Int b: Int'),
    await contentOf('headers: { all: { request: [{ propagate: { named: x-language } }] } }'),
    await contentOf('errors: { mode: pass-through }'),
  ];
  expect(new Set([base, ...others]).size).toBe(4);
});

it('is another for another key of hashes, where hashes are shown', async () => {
  expect(await contentOf('', 'a: Int', 'k2')).toBe(base);
  const hashed = 'a: String @mask(policy: "mine", as: "hash")';
  expect(await contentOf('', hashed, 'k1')).not.toBe(await contentOf('', hashed, 'k2'));
});
