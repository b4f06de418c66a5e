/** A supergraph as it crosses threads: a worker has the modules that the main thread has read, or none. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/index.ts';
import { readSupergraph } from '../../../src/read-supergraph.ts';
import { fromSupergraphMessage, toSupergraphMessage } from '../../../src/workers/supergraph-message.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-message-'));
  await writeFile(join(folder, 'a.graphql'), 'type Query { a: Int }');
  await writeFile(join(folder, 'mine.mjs'), 'export const policy = () => true;\n');
  await writeFile(join(folder, 'plain.mjs'), "export const plugin = { name: 'plain' };\n");
  await writeFile(
    join(folder, 'supergraph.yaml'),
    `subgraphs: { a: { routing_url: "http://127.0.0.1:1/", schema: { file: a.graphql } } }
plugins: [plain.mjs]
access:
  policies:
    first: "true"
    mine: { code: mine.mjs }
`,
  );
});
afterEach(() => rm(folder, { recursive: true }));

const read = async () => readSupergraph(await loadConfig(join(folder, 'supergraph.yaml')), { loadsPlugins: false });

describe('a supergraph that crosses threads', () => {
  it('has the policies and plugins of the modules that were read', async () => {
    const message = structuredClone(toSupergraphMessage(await read(), undefined));
    const parts = await fromSupergraphMessage(message);
    expect([...parts.policies.keys()]).toEqual(['first', 'mine']);
    expect(parts.plugins.map(({ name }) => name)).toEqual(['plain']);
  });

  it.each([
    ['mine.mjs', 'export const policy = () => false;\n', 6, 'access.policies.mine'],
    ['plain.mjs', "export const plugin = { name: 'edited' };\n", 2, 'plugins[0]'],
  ])('is refused where %s has been edited since', async (file, text, line, path) => {
    const message = structuredClone(toSupergraphMessage(await read(), undefined));
    await writeFile(join(folder, file), text);
    await expect(fromSupergraphMessage(message)).rejects.toMatchObject({
      problems: [{ path, line, message: expect.stringContaining('edited while the change was taken up') }],
    });
  });

  it('is another generation where a policy is edited', async () => {
    const { id } = await read();
    expect((await read()).id).toBe(id);
    await writeFile(join(folder, 'mine.mjs'), 'export const policy = () => false;\n');
    expect((await read()).id).not.toBe(id);
  });
});
