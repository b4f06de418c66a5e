import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { isAbsolute, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLandingPage } from '../../../src/http/landing/landing-page.ts';

const template = '<head><script type="application/json" id="isthmus">{}</script></head><body>page</body>';

describe('the landing page as it is rendered', () => {
  let assetsFolder: string;
  beforeAll(async () => {
    assetsFolder = await mkdtemp(join(tmpdir(), 'landing-'));
    await writeFile(join(assetsFolder, 'index.html'), template);
  });
  afterAll(() => rm(assetsFolder, { recursive: true }));

  const hostile = [
    '</script><script>alert(1)</script>',
    '<!--<script>',
    '</SCRIPT >',
    "$& $' $` $1 $<name>",
    '\u2028\u2029 \\u003c & "quoted"',
  ];
  it.each(hostile)('carries an operation that reads %j as data, unchanged', (query) => {
    const content = { graphqlPath: '/graphql', operations: [{ title: query, query }] };
    const html = loadLandingPage({ assetsFolder }).render(content);
    const [before, after] = template.split('{}') as [string, string];
    const block = html.slice(before.length, html.length - after.length);
    expect(html).toBe(before + block + after);
    expect(block).not.toContain('<');
    expect(JSON.parse(block)).toEqual(content);
  });

  it('explains how to build the page if it was not built', () => {
    const landing = loadLandingPage({ assetsFolder: join(assetsFolder, 'nowhere') });
    expect(landing.available).toBe(false);
    expect(landing.render({ graphqlPath: '/graphql', operations: [] })).toContain('node src/http/landing/build.ts');
  });

  it('has its folder as an absolute path, by default the one beside the module', () => {
    expect(loadLandingPage({ assetsFolder: relative(process.cwd(), assetsFolder) }).assetsFolder).toBe(assetsFolder);
    const { assetsFolder: beside } = loadLandingPage();
    expect(isAbsolute(beside) && beside.endsWith('/http/landing/assets')).toBe(true);
  });

  it('allows scripts, workers, fonts and connections of its own origin only', () => {
    const directives = loadLandingPage({ assetsFolder }).contentSecurityPolicy.split('; ');
    for (const kind of ['script-src', 'worker-src', 'font-src', 'connect-src'])
      expect(directives).toContain(`${kind} 'self'`);
    expect(directives).toContain("default-src 'none'");
  });
});
