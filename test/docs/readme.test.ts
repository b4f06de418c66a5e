import { execFile } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { renderAiSummary } from '../../bench/ai/render-ai.ts';
import { renderFieldsSummary } from '../../bench/fields/render-fields.ts';
import { renderChart } from '../../bench/render-chart.ts';
import { renderSummary } from '../../bench/render-summary.ts';
import { renderTables } from '../../bench/render-tables.ts';
import type { Results } from '../../bench/results.ts';
import { parsePrompt } from '../../src/ai/fields/prompt.ts';
import { checkAiSdkPackage, unpricedTargets } from '../../src/ai/models/index.ts';
import { loadConfig, type ResolvedConfig } from '../../src/index.ts';
import { describeInChromium, openWatchedPage } from '../testkit/chromium.ts';
import { importRanks } from '../testkit/import-ranks.ts';
import { type Sample, startSample } from '../testkit/sample.ts';
import { type GuidedShop, startGuidedShop } from './guided-shop.ts';
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

const samplePrompts = 'subgraphs/assistant/prompts';
const run = promisify(execFile);

function snippetsIn(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');
}

async function snippets(language: string): Promise<string[]> {
  return snippetsIn(await readme(), language);
}

/** From a heading that begins so to the next. */
async function chapter(heading: string): Promise<string> {
  const found = (await readme()).split(/^## /m).find((text) => text.startsWith(heading));
  if (found === undefined) throw new Error(`the README has no chapter ${heading}`);
  return found;
}

/** A part of a supergraph.yaml, with a subgraph where it names none and a value for every variable. */
async function loadSnippet(yaml: string): Promise<ResolvedConfig> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-snippet-'));
  try {
    const subgraph = 'subgraphs: { accounts: { routing_url: "http://127.0.0.1:4001", schema: { file: a.graphql } } }\n';
    const file = join(folder, 'supergraph.yaml');
    await writeFile(file, `${'subgraphs' in parseYaml(yaml) ? '' : subgraph}${yaml}`);
    const names = [...yaml.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name = '']) => [name, 'sk-test']);
    return await loadConfig(file, Object.fromEntries(names));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
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
    if (results.ai !== undefined) await expectSection('speed-ai', renderAiSummary(results.ai));
    if (results.fields !== undefined) await expectSection('speed-fields', renderFieldsSummary(results.fields));
    expect(await readFile('bench/results.md', 'utf8')).toBe(renderTables(results));
    expect(await readFile('bench/results.svg', 'utf8')).toBe(renderChart(results));
  });

  it('lists every part of src/ that there is', async () => {
    await expectSection('layout', layoutSection(importRanks));
    const listed = [...layoutSection(importRanks).matchAll(/`src\/([^`]+)`/g)].map((match) => match[1] ?? '');
    expect(listed.filter((part) => !existsSync(`src/${part}`))).toEqual([]);
    const there = globSync('src/**/index.ts').map((file) => file.replace(/^src\//, '').replace(/\/index\.ts$/, ''));
    const isListed = (part: string): boolean => listed.some((one) => part === one || part.startsWith(`${one}/`));
    expect(there.filter((part) => part !== 'index.ts' && !isListed(part))).toEqual([]);
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

  it('has GraphQL that parses', async () => {
    for (const graphql of await snippets('graphql')) expect(() => parse(graphql)).not.toThrow();
  });

  it('has YAML that is taken as configuration, by models that have prices and packages that are there', async () => {
    const all = await snippets('yaml');
    expect(all.length).toBeGreaterThan(3);
    for (const yaml of all) {
      const { ai } = await loadSnippet(yaml);
      for (const alias of Object.keys(ai.models)) expect(unpricedTargets(ai, alias), alias).toEqual([]);
      for (const provider of ai.providers) {
        if (provider.kind === 'ai-sdk') expect(checkAiSdkPackage(provider.package, process.cwd())).toBeUndefined();
      }
    }
  });

  it('shows the sample’s own code as it is', async () => {
    const [shown = ''] = await snippets('ts');
    const code = await readFile('subgraphs/assistant/fields.ts', 'utf8');
    const lines = shown.replace("from 'isthmus'", "from '../../src/index.ts'").split('\n');
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !code.includes(line))).toEqual([]);
    const { tests } = await parsePrompt('sentiment', await readFile(`${samplePrompts}/sentiment.prompt`, 'utf8'));
    expect(tests).toHaveLength(3);
  });

  it('names commands that there are', { timeout: 60_000 }, async () => {
    const named = [...(await readme()).matchAll(/^\| `npm run -s isthmus -- ([a-z]+(?: [a-z]+)?)/gm)];
    expect(named.map(([, command]) => command)).toContain('ai warm');
    const commands = named.map(([, command = '']) => command.split(' '));
    const helped = new Map<string, string>();
    for (const parent of new Set(commands.map((command) => command.slice(0, -1).join(' ')))) {
      const args = [...parent.split(' ').filter((word) => word !== ''), '--help'];
      helped.set(parent, (await run(process.execPath, ['src/cli/main.ts', ...args])).stdout);
    }
    for (const command of commands) {
      expect(helped.get(command.slice(0, -1).join(' '))).toMatch(new RegExp(`^ {2}${command.at(-1)} `, 'm'));
    }
  });
});

describe('the README’s AI field', () => {
  let shop: GuidedShop;
  beforeAll(async () => {
    const guide = await chapter('Add an AI field in five minutes');
    const [yaml = ''] = snippetsIn(guide, 'yaml');
    const [sdl = ''] = snippetsIn(guide, 'graphql');
    const [prompt = ''] = snippetsIn(guide, 'text');
    const paths = [...guide.matchAll(/`(subgraphs\/support\/[\w./-]+)`/g)].map(([, path]) => path ?? '');
    expect(paths).toEqual(['subgraphs/support/schema.graphql', 'subgraphs/support/prompts/triage.prompt']);
    shop = await startGuidedShop({
      yaml,
      files: new Map([
        [paths[0] ?? '', sdl],
        [paths[1] ?? '', prompt],
      ]),
    });
  });
  afterAll(() => shop[Symbol.asyncDispose]());

  it('is added by the steps as they are written, and has the answer that is printed', async () => {
    const [, query = ''] = snippetsIn(await chapter('Add an AI field in five minutes'), 'graphql');
    const answer = await shop.query(query);
    expect(answer.errors).toBeUndefined();
    await expectSection('triage', `\`\`\`json\n${JSON.stringify(answer, null, 2)}\n\`\`\``);
  });

  it('is kept by what it read, and explains itself', async () => {
    const [, query = ''] = snippetsIn(await chapter('Add an AI field in five minutes'), 'graphql');
    await shop.query(query);
    const { extensions } = await shop.query(query, { 'isthmus-explain': 'ai' });
    const told = Object.values((extensions as { ai: Record<string, Record<string, unknown>> }).ai);
    expect(told).toHaveLength(4);
    for (const one of told) expect(one).toMatchObject({ cached: 'field', costUsd: '0', prompt: 'triage' });
  });

  it('is made ahead of its readers by the command for it', async () => {
    const query = join(shop.folder, 'warm.graphql');
    await writeFile(query, 'query Warm($id: ID!) { product(id: $id) { reviews(first: 2) { triage { subject } } } }');
    const warm = async () => {
      const variables = JSON.stringify({ id: 'p2' });
      const args = ['ai', 'warm', '--query', query, '--variables', variables, '--url', `${shop.url}/graphql`];
      return (await run(process.execPath, ['src/cli/main.ts', ...args])).stdout;
    };
    expect(await warm()).toBe('2 made, 0 kept already, 0 failed; 0 USD\n');
    expect(await warm()).toBe('0 made, 2 kept already, 0 failed; 0 USD\n');
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

  it('has commands and clients for /v1 that work as they are written', { timeout: 60_000 }, async () => {
    const text = (await chapter('/v1')).replaceAll('http://127.0.0.1:4000', sample.url);
    const [chat = '', prompt = ''] = snippetsIn(text, 'sh');
    const completion = JSON.parse((await run('sh', ['-c', chat])).stdout);
    expect(completion.choices[0].message.content).toBe('The battery lasts two days.');
    const answer = JSON.parse((await run('sh', ['-c', prompt])).stdout);
    expect(answer).toMatchObject({ output: { sentiment: 'POSITIVE' }, model: 'local/extractive', cost_usd: '0' });
    const [clients = ''] = snippetsIn(text, 'js');
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', clients]);
    expect(stdout).toBe('The battery lasts two days.\nThe battery lasts two days.\n');
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
