import { execFile } from 'node:child_process';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnedIsthmus, spawnIsthmus } from '../testkit/processes/spawn-isthmus.ts';
import { createPageProject, type PageProject } from './page-project.ts';
import { allSnippets, snippetsIn } from './pages.ts';

const run = promisify(execFile);

describe('docs/library.md', () => {
  let project: PageProject;
  let spawned: SpawnedIsthmus;
  let answer: unknown;
  beforeAll(async () => {
    const page = await readFile('docs/library.md', 'utf8');
    const [main = ''] = snippetsIn(page, 'ts');
    answer = JSON.parse(snippetsIn(page, 'json')[0] ?? '');
    project = await createPageProject({ 'main.ts': main });
    spawned = spawnIsthmus([], { PORT: '0' }, join(project.folder, 'main.ts'));
  });
  afterAll(async () => {
    spawned.child.kill('SIGKILL');
    await project[Symbol.asyncDispose]();
  });

  it('answers by fetch and over its socket as the page prints', async () => {
    const [, url = ''] = await spawned.waitFor(/serving (\S+)/);
    const [printed = ''] = await spawned.waitFor(/^\{"data".*$/m);
    expect(JSON.parse(printed)).toEqual(answer);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user-id': '1' },
      body: '{"query":"{ me { name } }"}',
    });
    expect(await response.json()).toEqual(answer);
  });

  it('ends with SIGTERM', async () => {
    await spawned.waitFor(/serving/);
    spawned.child.kill('SIGTERM');
    expect(await spawned.ended).toBe(0);
  });

  it('type-checks, and so do the plugins of docs/plugins.md', { timeout: 60_000 }, async () => {
    const snippets = (await allSnippets('ts')).filter(({ page }) => /library|plugins/.test(page));
    expect(snippets).toHaveLength(5);
    await using typed = await createPageProject(
      Object.fromEntries(snippets.map(({ snippet }, index) => [`snippet-${index}.ts`, snippet])),
    );
    expect(await typed.typeErrors()).toBe('');
  });

  it('has a test of an AI field that passes', { timeout: 60_000 }, async () => {
    const [, test = ''] = snippetsIn(await readFile('docs/library.md', 'utf8'), 'ts');
    await using example = await createPageProject({ 'gist.test.ts': test });
    await cp('examples/ai-field-on-your-own-graph/ai', join(example.folder, 'ai'), { recursive: true });
    const { stdout } = await run(process.execPath, ['--test', 'gist.test.ts'], { cwd: example.folder });
    expect(stdout).toMatch(/pass 1/);
  });

  it('lists every option', async () => {
    const page = await readFile('docs/library.md', 'utf8');
    const options = await readFile('src/runtime/open-runtime.ts', 'utf8');
    const [, body = ''] = /interface RuntimeOptions \{([\s\S]*?)\n\}/.exec(options) ?? [];
    const names = [...body.matchAll(/readonly (\w+)\?:/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });
});
