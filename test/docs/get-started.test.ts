import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeInChromium, openWatchedPage } from '../testkit/chromium.ts';
import { type Sample, startSample } from '../testkit/sample.ts';
import { type GuidedShop, startGuidedShop } from './guided-shop.ts';
import { chapter, expectSection, isUpdate, snippetsIn } from './pages.ts';

const run = promisify(execFile);
const guideTitle = 'Add an AI field in five minutes';

describe.each(['README.md', 'docs/get-started.md'])('the AI field of %s', (page) => {
  let shop: GuidedShop;
  beforeAll(async () => {
    const guide = await chapter(page, guideTitle);
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

  const guideQuery = async (): Promise<string> => snippetsIn(await chapter(page, guideTitle), 'graphql')[1] ?? '';

  it('is added by the steps as they are written, and has the answer that is printed', async () => {
    const answer = await shop.query(await guideQuery());
    expect(answer.errors).toBeUndefined();
    expect(JSON.stringify(answer)).toContain('"subject":"BATTERY"');
    if (page !== 'README.md')
      await expectSection(page, 'triage', `\`\`\`json\n${JSON.stringify(answer, null, 2)}\n\`\`\``);
  });

  it('is cached by what it read, and explains itself', async () => {
    await shop.query(await guideQuery());
    const { extensions } = await shop.query(await guideQuery(), { 'isthmus-explain': 'ai' });
    const explanations = Object.values((extensions as { ai: Record<string, Record<string, unknown>> }).ai);
    expect(explanations).toHaveLength(4);
    for (const explanation of explanations)
      expect(explanation).toMatchObject({ cached: 'field', costUsd: '0', prompt: 'triage' });
  });

  it('is made ahead of its readers by the command for it', async () => {
    const query = join(shop.folder, 'warm.graphql');
    await writeFile(query, 'query Warm($id: ID!) { product(id: $id) { reviews(first: 2) { triage { subject } } } }');
    const warm = async () => {
      const variables = JSON.stringify({ id: 'p2' });
      const args = ['ai', 'warm', '--query', query, '--variables', variables, '--url', `${shop.url}/graphql`];
      return (await run(process.execPath, ['src/cli/main.ts', ...args])).stdout;
    };
    expect(await warm()).toBe('2 generated, 0 already cached, 0 failed; 0 USD\n');
    expect(await warm()).toBe('0 generated, 2 already cached, 0 failed; 0 USD\n');
  });
});

describe('the sample', () => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await startSample();
  });
  afterAll(() => sample[Symbol.asyncDispose]());

  it.each(['README.md', 'docs/get-started.md'])('gives the answer that %s prints', async (page) => {
    const [query = ''] = snippetsIn(await chapter(page, 'One query'), 'graphql');
    const { status: _status, ...answer } = await sample.query(query);
    await expectSection(page, 'answer', `\`\`\`json\n${JSON.stringify(answer, null, 2)}\n\`\`\``);
  });

  it('answers the commands and clients of docs/v1.md as they are written', { timeout: 60_000 }, async () => {
    const text = (await chapter('docs/v1.md', '/v1')).replaceAll('http://127.0.0.1:4000', sample.url);
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
    it('has the query in the first tab, and answers it', { timeout: 60_000 }, async () => {
      const context = await browser().newContext({ viewport: { width: 1280, height: 800 } });
      const { page, problems } = await openWatchedPage(context, sample.url);
      page.setDefaultTimeout(18_000);
      await page.goto(sample.url);
      await page.locator('.graphiql-tab-button', { hasText: 'ShopWithAi' }).waitFor();
      await page.locator('.graphiql-query-editor .view-line', { hasText: 'answer' }).first().waitFor();
      const execute = page.getByRole('button', { name: /^Execute query/ });
      const response = page.locator('.graphiql-response .view-lines', { hasText: 'reviews' });
      await execute.click();
      await response.first().waitFor();
      expect(problems).toEqual([]);
      if (isUpdate) await page.screenshot({ path: 'test/docs/landing-page.png' });
      await context.close();
    });
  });
});
