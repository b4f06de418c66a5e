import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SpawnedIsthmus, spawnIsthmus } from '../testkit/spawn-isthmus.ts';
import { createPageProject, type PageProject } from './page-project.ts';
import { allSnippets, snippetsIn } from './pages.ts';

describe('docs/library.md', () => {
  let project: PageProject;
  let process: SpawnedIsthmus;
  let answer: unknown;
  beforeAll(async () => {
    const page = await readFile('docs/library.md', 'utf8');
    const [main = ''] = snippetsIn(page, 'ts');
    answer = JSON.parse(snippetsIn(page, 'json')[0] ?? '');
    project = await createPageProject({ 'main.ts': main });
    process = spawnIsthmus([], { PORT: '0' }, join(project.folder, 'main.ts'));
  });
  afterAll(async () => {
    process.child.kill('SIGKILL');
    await project[Symbol.asyncDispose]();
  });

  it('answers by fetch and over its socket what the page prints', async () => {
    const [, url = ''] = await process.waitFor(/serving (\S+)/);
    const [printed = ''] = await process.waitFor(/^\{"data".*$/m);
    expect(JSON.parse(printed)).toEqual(answer);
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-user-id': '1' },
      body: '{"query":"{ me { name } }"}',
    });
    expect(await response.json()).toEqual(answer);
  });

  it('ends with SIGTERM', async () => {
    await process.waitFor(/serving/);
    process.child.kill('SIGTERM');
    expect(await process.ended).toBe(0);
  });

  it('type-checks, and so do the plugins of docs/plugins.md', { timeout: 60_000 }, async () => {
    const snippets = (await allSnippets('ts')).filter(({ page }) => /library|plugins/.test(page));
    expect(snippets).toHaveLength(4);
    await using typed = await createPageProject(
      Object.fromEntries(snippets.map(({ snippet }, index) => [`snippet-${index}.ts`, snippet])),
    );
    expect(await typed.typeErrors()).toBe('');
  });

  it('names every option that there is', async () => {
    const page = await readFile('docs/library.md', 'utf8');
    const options = await readFile('src/runtime/open-runtime.ts', 'utf8');
    const [, body = ''] = /interface RuntimeOptions \{([\s\S]*?)\n\}/.exec(options) ?? [];
    const names = [...body.matchAll(/readonly (\w+)\?:/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(8);
    expect(names.filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  });
});
