import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sample, startSample } from '../testkit/graphs/sample.ts';
import { describeInChromium, openWatchedPage } from '../testkit/servers/chromium.ts';
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

  it('is added by the steps of the page, and its answer is the printed one', async () => {
    const answer = await shop.query(await guideQuery());
    expect(answer.errors).toBeUndefined();
    expect(JSON.stringify(answer)).toContain('"subject":"BATTERY"');
    if (page !== 'README.md')
      await expectSection(page, 'triage', `\`\`\`json\n${JSON.stringify(answer, null, 2)}\n\`\`\``);
  });

  it('is cached by its inputs, and explained', async () => {
    await shop.query(await guideQuery());
    const { extensions } = await shop.query(await guideQuery(), { 'isthmus-explain': 'ai' });
    const explanations = Object.values((extensions as { ai: Record<string, Record<string, unknown>> }).ai);
    expect(explanations).toHaveLength(4);
    for (const explanation of explanations)
      expect(explanation).toMatchObject({ cached: 'field', costUsd: '0', prompt: 'triage' });
  });

  it('is cached in advance by `isthmus ai warm`', async () => {
    const query = join(shop.folder, 'warm.graphql');
    await writeFile(query, 'query Warm($id: ID!) { product(id: $id) { reviews(first: 2) { triage { subject } } } }');
    const warm = async () => {
      const variables = JSON.stringify({ id: 'p2' });
      const args = ['ai', 'warm', '--query', query, '--variables', variables, '--gateway', `${shop.url}/graphql`];
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

  it.each(['README.md', 'docs/get-started.md'])('returns the answer that %s prints', async (page) => {
    const [query = ''] = snippetsIn(await chapter(page, 'One query'), 'graphql');
    const { status: _status, ...answer } = await sample.query(query);
    await expectSection(page, 'answer', `\`\`\`json\n${JSON.stringify(answer, null, 2)}\n\`\`\``);
  });

  const onSample = async (page: string): Promise<string> =>
    (await readFile(page, 'utf8')).replaceAll('http://127.0.0.1:4000', sample.url);
  const shell = async (command: string): Promise<unknown> => JSON.parse((await run('sh', ['-c', command])).stdout);

  it('answers the commands of docs/v1.md', async () => {
    const [chat = '', others = ''] = snippetsIn(await onSample('docs/v1.md'), 'sh');
    const [embeddings = '', counted = '', models = ''] = others.trim().split('\n');
    expect(await shell(chat)).toMatchObject({ choices: [{ message: { content: 'The battery lasts two days.' } }] });
    expect(await shell(embeddings)).toMatchObject({ data: [{ object: 'embedding' }, { object: 'embedding' }] });
    expect(await shell(counted)).toEqual({ input_tokens: expect.any(Number) });
    expect(await shell(models)).toMatchObject({ object: 'list' });
  });

  it('answers the clients of docs/v1.md', { timeout: 60_000 }, async () => {
    const clients = snippetsIn(await onSample('docs/v1.md'), 'js');
    const outputs = await Promise.all(
      clients.map(async (code) => (await run(process.execPath, ['--input-type=module', '-e', code])).stdout),
    );
    expect(outputs).toEqual([
      'The battery lasts two days.\nThe battery lasts two days.\n',
      'The battery lasts two days.',
    ]);
  });

  it('answers the prompt of docs/prompts.md as the page prints', async () => {
    const page = await onSample('docs/prompts.md');
    const [command = ''] = snippetsIn(page, 'sh');
    expect(await shell(command)).toEqual(JSON.parse(snippetsIn(page, 'json')[0] ?? ''));
  });

  it('answers the errors that docs/v1.md prints', async () => {
    const [ofOpenAi = '', ofAnthropic = ''] = snippetsIn(await onSample('docs/v1.md'), 'json');
    const call = async (path: string, body: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${sample.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })).json();
    };
    const body = { model: 'fastt', max_tokens: 9, messages: [{ role: 'user', content: 'Hello' }] };
    const printed = [JSON.parse(ofOpenAi), JSON.parse(ofAnthropic)];
    const names = 'There is `fast`, `smart`, `embedding`.';
    for (const { error } of printed) error.message = error.message.replace('There is `fast`.', names);
    expect(await call('/v1/chat/completions', body)).toEqual(printed[0]);
    expect(await call('/v1/messages', body)).toEqual({ ...printed[1], request_id: expect.any(String) });
  });

  describeInChromium('on the landing page', (browser) => {
    // A browser, an editor of 6 MB and local models on two busy cores are slow.
    it('opens with the query in the first tab, and runs it', { timeout: 60_000 }, async () => {
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
