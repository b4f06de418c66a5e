import { existsSync, globSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { renderChart } from '../../bench/render-chart.ts';
import { renderSummary } from '../../bench/render-summary.ts';
import { renderTables } from '../../bench/render-tables.ts';
import type { Results } from '../../bench/results.ts';
import { parsePrompt } from '../../src/ai/fields/prompt.ts';
import { describeInChromium, openWatchedPage } from '../testkit/chromium.ts';
import { importRanks } from '../testkit/import-ranks.ts';
import { type Sample, startSample } from '../testkit/sample.ts';
import {
  configurationLeaves,
  configurationSection,
  errorsSection,
  layoutSection,
  withSection,
} from './readme-sections.ts';

const update = process.env.UPDATE_README === '1';
const readme = async () => readFile('README.md', 'utf8');

async function expectSection(name: string, text: string): Promise<void> {
  const current = await readme();
  const wanted = withSection(current, name, text);
  if (update) await writeFile('README.md', wanted);
  else expect(current, `run UPDATE_README=1 npx vitest run test/docs`).toBe(wanted);
}

async function snippets(language: string): Promise<string[]> {
  return [...(await readme()).matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    (match) => match[1] ?? '',
  );
}

describe('the README', () => {
  it('lists every error code as the table has it', () => expectSection('errors', errorsSection()));
  it('lists every configuration key as the schema has it', async () => {
    await expectSection('configuration', configurationSection());
    const listed = configurationSection();
    expect(configurationLeaves().filter((leaf) => !listed.includes(`\`${leaf}\``))).toEqual([]);
  });

  it('shows the figures of the last benchmark', async () => {
    const results = JSON.parse(await readFile('bench/results.json', 'utf8')) as Results;
    await expectSection('speed', renderSummary(results));
    expect(await readFile('bench/results.md', 'utf8')).toBe(renderTables(results));
    expect(await readFile('bench/results.svg', 'utf8')).toBe(renderChart(results));
  });

  it('lists every part of src/ that there is', async () => {
    await expectSection('layout', layoutSection(importRanks));
    const listed = [...layoutSection(importRanks).matchAll(/`src\/([^`]+)`/g)].map((match) => match[1] ?? '');
    expect(listed.filter((part) => !existsSync(`src/${part}`))).toEqual([]);
    const there = globSync('src/**/index.ts').map((file) => file.replace(/^src\//, '').replace(/\/index\.ts$/, ''));
    expect(there.filter((part) => part !== 'index.ts' && !listed.includes(part))).toEqual([]);
  });

  it('names scripts that exist', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
    const named = [
      ...(await readme()).matchAll(/npm (?:run (?:-s )?)?(start|test|gateway|isthmus|check|build|bench)\b/g),
    ].map((match) => match[1] ?? '');
    expect(named.length).toBeGreaterThan(6);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('links to files that exist', async () => {
    const links = [...(await readme()).matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((match) => match[1] ?? '');
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
  });

  it('has snippets that are what they say', async () => {
    for (const yaml of await snippets('yaml')) expect(parseYaml(yaml)).toHaveProperty('subgraphs');
    for (const graphql of await snippets('graphql')) expect(() => parse(graphql)).not.toThrow();
    const [prompt = ''] = await snippets('text');
    const messages = await (await parsePrompt('sentiment', prompt)).render({ body: 'Fine.' });
    expect(messages.map((message) => message.role)).toEqual(['system', 'user']);
  });
});

describe('the README’s query', () => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await startSample();
  });
  afterAll(() => sample[Symbol.asyncDispose]());

  it('has the answer that is printed', async () => {
    const [query = ''] = await snippets('graphql');
    const { status: _status, ...answer } = await sample.query(query);
    await expectSection('answer', `\`\`\`json\n${JSON.stringify(answer, null, 2)}\n\`\`\``);
  });

  describeInChromium('on the landing page', (browser) => {
    // A browser, an editor of 6 MB and local models on two busy cores: given time.
    it('is in the first tab, and is answered', { timeout: 60_000 }, async () => {
      const context = await browser().newContext({ viewport: { width: 1280, height: 800 } });
      const { page, problems } = await openWatchedPage(context, sample.url);
      page.setDefaultTimeout(18_000);
      await page.goto(sample.url);
      await page.locator('.graphiql-tab-button', { hasText: 'ShopWithAi' }).waitFor();
      await page.locator('.graphiql-query-editor .view-line', { hasText: 'answer' }).first().waitFor();
      const execute = page.getByRole('button', { name: /^Execute query/ });
      const shown = page.locator('.graphiql-response .view-lines', { hasText: 'reviews' });
      await execute.click();
      await shown.first().waitFor();
      expect(problems).toEqual([]);
      if (update) await page.screenshot({ path: 'test/docs/landing-page.png' });
      await context.close();
    });
  });
});
