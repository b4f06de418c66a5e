import { existsSync, globSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { renderAiSummary } from '../../bench/ai/render-ai.ts';
import { renderFieldsSummary } from '../../bench/fields/render-fields.ts';
import { renderChart } from '../../bench/render-chart.ts';
import { renderSummary } from '../../bench/render-summary.ts';
import { renderTables } from '../../bench/render-tables.ts';
import type { Results } from '../../bench/results.ts';
import { parsePrompt } from '../../src/ai/fields/prompts/prompt.ts';
import { readLabels } from '../../src/ai/fields/prompts/prompt-labels.ts';
import { unpricedTargets } from '../../src/ai/models/index.ts';
import { checkAiSdkPackage } from '../../src/ai/providers/ai-sdk/index.ts';
import { loadConfig, type ResolvedConfig } from '../../src/index.ts';
import { importRanks } from '../testkit/import-ranks.ts';
import {
  commandsSection,
  configurationLeaves,
  configurationSection,
  errorsSection,
  layoutSection,
  metricsSection,
} from './generated-sections.ts';
import { logLinesSection } from './log-lines.ts';
import { allSnippets, expectSection, pages } from './pages.ts';

/** Loads a part of a supergraph.yaml: a subgraph is added if it has none, and every variable has a value. */
async function loadSnippet(yaml: string): Promise<ResolvedConfig> {
  const folder = await mkdtemp(join(tmpdir(), 'isthmus-snippet-'));
  try {
    const subgraph = 'subgraphs: { accounts: { routing_url: "http://127.0.0.1:4001", schema: { file: a.graphql } } }\n';
    const file = join(folder, 'supergraph.yaml');
    await writeFile(file, `${/^(subgraphs|supergraph):/m.test(yaml) ? '' : subgraph}${yaml}`);
    // Long enough as a key, and in the form of a webhook's secret.
    const secret = `whsec_${Buffer.alloc(32, 'k').toString('base64')}`;
    const variableOf = (name: string): string => {
      if (!name.startsWith('OTEL_')) return secret;
      return name.endsWith('_ENDPOINT') ? 'http://127.0.0.1:4318' : 'name=value';
    };
    const names = [...yaml.matchAll(/\$\{([A-Z0-9_]+)/g)].map(([, name = '']) => [name, variableOf(name)]);
    return await loadConfig(file, Object.fromEntries(names));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The anchors of a page’s headings, as forges and the site write them. */
function headingsIn(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('the reference pages', () => {
  it('list every error code', () => expectSection('docs/errors.md', 'errors', errorsSection()));

  it('list every command, with its options and examples', () =>
    expectSection('docs/cli.md', 'commands', commandsSection()));

  it('list every metric', () => expectSection('docs/observability.md', 'metrics', metricsSection()));

  it('list every line of the log', async () => {
    const { section, unknown } = logLinesSection();
    expect(unknown).toEqual([]);
    await expectSection('docs/observability.md', 'log-lines', section);
  });

  it('list every configuration key of the schema', async () => {
    await expectSection('docs/configuration.md', 'configuration', configurationSection());
    const section = configurationSection();
    expect(configurationLeaves().filter((leaf) => !section.includes(`\`${leaf}\``))).toEqual([]);
  });

  it('show the figures of the last benchmark run', async () => {
    const results = JSON.parse(await readFile('bench/results.json', 'utf8')) as Results;
    await expectSection('README.md', 'speed', renderSummary(results, { lines: 3 }));
    await expectSection('docs/benchmarks.md', 'speed', renderSummary(results));
    if (results.ai !== undefined) await expectSection('docs/benchmarks.md', 'speed-ai', renderAiSummary(results.ai));
    if (results.fields !== undefined)
      await expectSection('docs/benchmarks.md', 'speed-fields', renderFieldsSummary(results.fields));
    expect(await readFile('bench/results.md', 'utf8')).toBe(renderTables(results));
    expect(await readFile('bench/results.svg', 'utf8')).toBe(renderChart(results));
  });

  it('list every part of src/', async () => {
    const section = layoutSection(importRanks);
    await expectSection('docs/architecture.md', 'layout', section);
    const parts = [...section.matchAll(/`src\/([^`]+)`/g)].map((match) => match[1] ?? '');
    expect(parts.filter((part) => !existsSync(`src/${part}`))).toEqual([]);
    const folders = globSync('src/**/index.ts').map((file) => file.replace(/^src\//, '').replace(/\/index\.ts$/, ''));
    const isListed = (folder: string): boolean =>
      parts.some((part) => folder === part || folder.startsWith(`${part}/`));
    expect(folders.filter((folder) => folder !== 'index.ts' && !isListed(folder))).toEqual([]);
  });
});

describe('the README and the pages of docs/', () => {
  it('are all linked from the start page and from the navigation of the site', async () => {
    const index = await readFile('docs/index.md', 'utf8');
    const unlisted = pages.filter((page) => !/README|index/.test(page) && !index.includes(`(${page.slice(5)})`));
    expect(unlisted).toEqual([]);
    const navigation = await readFile('docs/.vitepress/config.js', 'utf8');
    const links = pages.flatMap((page) => (/README|index/.test(page) ? [] : [`link: '/${basename(page, '.md')}'`]));
    expect(links.filter((link) => !navigation.includes(link))).toEqual([]);
  });

  it('name npm scripts that exist', async () => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> };
    const texts = await Promise.all(pages.map((page) => readFile(page, 'utf8')));
    const names = texts.flatMap((text) =>
      [...text.matchAll(/npm (?:run (?:-s )?([a-z]+)|(start|test))\b/g)].map((match) => match[1] ?? match[2] ?? ''),
    );
    expect(names.length).toBeGreaterThan(6);
    expect(names.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('link to files and headings that exist', async () => {
    const documents = [...pages, 'CONTRIBUTING.md', 'ARCHITECTURE.md', 'SECURITY.md', 'CHANGELOG.md'];
    for (const page of documents) {
      const links = [...(await readFile(page, 'utf8')).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
      expect(links.length, page).toBeGreaterThan(0);
      for (const [link, target = '', heading] of links) {
        const path = target === '' ? page : join(dirname(page), target);
        expect(existsSync(path), `${page}: ${link}`).toBe(true);
        if (heading !== undefined)
          expect(headingsIn(await readFile(path, 'utf8')), `${page}: ${link}`).toContain(heading);
      }
    }
  });

  it('contain GraphQL that parses', async () => {
    for (const { page, snippet } of await allSnippets('graphql')) expect(() => parse(snippet), page).not.toThrow();
  });

  it('contain valid configurations, with models that have prices and packages that are installed', async () => {
    const snippets = await allSnippets('yaml');
    expect(snippets.length).toBeGreaterThan(3);
    for (const { page, snippet } of snippets) {
      const { ai } = await loadSnippet(snippet);
      for (const alias of Object.keys(ai.models)) expect(unpricedTargets(ai, alias), `${page}: ${alias}`).toEqual([]);
      for (const provider of ai.providers) {
        if (provider.kind === 'ai-sdk') expect(checkAiSdkPackage(provider.package, process.cwd())).toBeUndefined();
      }
    }
  });

  it('contain prompts, labels and JSON that can be read', async () => {
    const prompts = await allSnippets('handlebars');
    expect(prompts.length).toBeGreaterThan(1);
    for (const { snippet } of prompts)
      expect((await parsePrompt('snippet', snippet)).variables.size).toBeGreaterThan(0);
    const labels = (await allSnippets('yml')).find(({ page }) => page === 'docs/prompts.md');
    expect(
      readLabels(labels?.snippet ?? '')
        .get('triage')
        ?.has('production'),
    ).toBe(true);
    for (const { snippet } of await allSnippets('yml')) expect(parseYaml(snippet)).toBeTypeOf('object');
    for (const { page, snippet } of await allSnippets('json')) expect(() => JSON.parse(snippet), page).not.toThrow();
  });

  it('show the code of the sample unchanged', async () => {
    const example = (await allSnippets('ts')).find(({ page }) => page === 'docs/ai-fields.md');
    const code = await readFile('subgraphs/assistant/fields.ts', 'utf8');
    const lines = (example?.snippet ?? '').replace("from 'isthmus'", "from '../../src/index.ts'").split('\n');
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !code.includes(line))).toEqual([]);
    const { tests } = await parsePrompt(
      'sentiment',
      await readFile('subgraphs/assistant/prompts/sentiment.prompt', 'utf8'),
    );
    expect(tests).toHaveLength(3);
  });

  it('come with examples that depend on the versions of this package', async () => {
    const read = async (path: string) =>
      (JSON.parse(await readFile(path, 'utf8')) as { dependencies: Record<string, string> }).dependencies;
    const versions = { ...(await read('package.json')), isthmus: '*' };
    const examples = globSync('examples/*/package.json');
    expect(examples).toHaveLength(3);
    for (const example of examples) expect(versions, example).toMatchObject(await read(example));
  });
});
