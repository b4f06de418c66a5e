import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildLandingPage } from '../../../src/http/landing/build.ts';
import { loadLandingPage } from '../../../src/http/landing/landing-page.ts';

describe('the built landing page', () => {
  const { assetsFolder } = loadLandingPage();
  let html: string;
  beforeAll(async () => {
    await buildLandingPage();
    html = await readFile(join(assetsFolder, 'index.html'), 'utf8');
  });

  it('is not built again while its sources and packages are the same', async () => {
    expect(await buildLandingPage()).toBe('up to date');
  });

  it('names only files of its own, under names that change with their content', async () => {
    const named = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, url]) => url ?? '');
    const files = (await readdir(assetsFolder)).filter((name) => name !== 'index.html' && !name.startsWith('.'));
    expect(named.length).toBeGreaterThanOrEqual(3);
    for (const url of named) expect(files.map((name) => `/landing/${name}`)).toContain(url);
    for (const name of files) expect(name).toMatch(/-[\w-]{8}\.(js|css|svg|ttf)$/);
  });

  it('has one inline script, which is data', () => {
    const inline = [...html.matchAll(/<script(?![^>]*\ssrc=)([^>]*)>/g)].map(([, attributes]) => attributes?.trim());
    expect(inline).toEqual(['type="application/json" id="isthmus"']);
  });

  it('is built for production, also by a test runner', async () => {
    const scripts = (await readdir(assetsFolder)).filter((name) => /^index-.*\.js$/.test(name));
    for (const name of scripts) {
      expect(await readFile(join(assetsFolder, name), 'utf8')).not.toContain(
        'React has detected a change in the order',
      );
    }
    expect(scripts).toHaveLength(1);
  });
});
