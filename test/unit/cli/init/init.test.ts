import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../../../src/config/index.ts';
import { runCommand } from '../../../testkit/processes/run-command.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'isthmus-init-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const filesOf = async (path: string): Promise<ReadonlyMap<string, string>> => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const)));
};

describe('isthmus init', { timeout: 60_000 }, () => {
  const graph = () => join(folder, 'My Shop');
  const config = () => join(graph(), 'supergraph.yaml');

  it('writes a graph that composes, with exact versions, and says what comes next', async () => {
    const { out, code } = await runCommand('init', graph());
    expect(code).toBe(0);
    expect(out).toMatch(/Next:\n {2}cd .*My Shop\n {2}npm install\n {2}npm start\n/);
    const content = JSON.parse(await readFile(join(graph(), 'package.json'), 'utf8'));
    const own = JSON.parse(await readFile('package.json', 'utf8'));
    expect(content.name).toBe('my-shop');
    const { isthmus, ...dependencies } = content.dependencies;
    expect(isthmus).toBe(own.version);
    expect(own.dependencies).toMatchObject(dependencies);
    const composed = await runCommand('compose', '--config', config(), '--check', '--json');
    expect(JSON.parse(composed.out)).toMatchObject({ composed: true, hints: [] });
    expect((await loadConfig(config())).subgraphs.map(({ kind, name }) => [kind, name])).toEqual([
      ['http', 'products'],
      ['http', 'stock'],
      ['ai', 'assistant'],
    ]);
  });

  it('overwrites nothing', async () => {
    const before = await filesOf(graph());
    const again = await runCommand('init', graph(), '--json');
    expect(again.code).toBe(2);
    expect(JSON.parse(again.out).error).toMatchObject({
      code: 'REFUSED',
      files: expect.arrayContaining([config()]),
    });
    expect(await filesOf(graph())).toEqual(before);
  });

  it('leaves a package.json, a README and a .gitignore as they are', async () => {
    const project = join(folder, 'project');
    await runCommand('init', project);
    await rm(join(project, 'supergraph.yaml'));
    for (const path of ['start.mjs', 'operations', 'subgraphs']) await rm(join(project, path), { recursive: true });
    await writeFile(join(project, 'package.json'), '{}');
    const { out, code } = await runCommand('init', project, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      skipped: ['README.md', '.gitignore', 'package.json'],
      next: [
        expect.stringMatching(/^cd /),
        expect.stringMatching(/--save-exact @apollo\/subgraph@\d/),
        expect.any(String),
      ],
    });
    expect(await readFile(join(project, 'package.json'), 'utf8')).toBe('{}');
  });

  it.each(['native', 'rest', 'ai'])('adds a subgraph of the kind %s, with which the graph composes', async (kind) => {
    const name = `more-${kind}`;
    const args = ['init', 'subgraph', '--kind', kind, '--name', name, '--config', config()];
    const { out, code } = await runCommand(...args, '--json');
    expect(code, out).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ composed: true, changed: [config()] });
    expect((await loadConfig(config())).subgraphs.at(-1)).toMatchObject({ name, kind: kind === 'ai' ? 'ai' : 'http' });
    const files = [...(await filesOf(join(graph(), 'subgraphs', name))).values()].join('');
    expect(files).not.toMatch(/__\w+__/);
    expect((await runCommand(...args)).errors).toContain(`has a subgraph "${name}" already`);
  });

  it('gives each subgraph a port of its own', async () => {
    const { subgraphs } = await loadConfig(config());
    const ports = subgraphs.flatMap((subgraph) =>
      subgraph.kind === 'http' ? [new URL(subgraph.routingUrl).port] : [],
    );
    expect(ports).toEqual(['4001', '4002', '4003', '4004']);
  });

  it('says so where the graph does not compose with it, and exits 1', async () => {
    const { out, code } = await runCommand(
      'init',
      'subgraph',
      '--kind',
      'native',
      '--name',
      'product',
      '--config',
      config(),
    );
    expect(code).toBe(1);
    expect(out).toContain('The graph does not compose:');
    expect(out).toContain('INVALID_FIELD_SHARING');
  });

  it('says what is wrong of a command line', async () => {
    const name = await runCommand('init', 'subgraph', '--kind', 'ai', '--name', '../x', '--config', config());
    const kind = await runCommand('init', 'subgraph', '--kin', 'ai', '--name', 'x', '--config', config());
    const template = await runCommand('init', folder, '--template', 'grahp');
    const graphless = await runCommand('init', 'subgraph', '--kind', 'ai', '--name', 'x', '--config', 'nowhere.yaml');
    expect([name.code, name.errors]).toEqual([2, expect.stringContaining('begins with a letter')]);
    expect([kind.code, kind.errors]).toEqual([2, expect.stringContaining('Did you mean --kind?')]);
    expect([template.code, template.errors]).toEqual([2, expect.stringContaining('there is no template')]);
    expect([graphless.code, graphless.errors]).toEqual([2, expect.stringContaining('no such file')]);
  });
});
