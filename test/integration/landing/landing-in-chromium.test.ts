import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildLandingPage } from '../../../src/http/landing/build.ts';
import { describeInChromium, openWatchedPage } from '../../testkit/servers/chromium.ts';
import { startLandingServer } from './landing-server.ts';

const headers = '{\n  // Who it is for.\n  "x-demo": "1"\n}\n';
const operations = [
  {
    title: 'What buyers say',
    query: 'query BuyersSay {\n  products(first: 2) {\n    name\n    reviewSummary\n  }\n}\n',
  },
  {
    title: 'Who is asking </script><script>alert(1)</script>',
    query: 'query Me {\n  me {\n    name\n  }\n}\n',
    headers,
  },
];

const editorText = async (page: Page) => {
  const lines = await page.locator('.graphiql-query-editor .view-line').allInnerTexts();
  return lines.join('\n').replaceAll('\u00a0', ' ');
};
const tabTitles = (page: Page) => page.locator('.graphiql-tab-button').allInnerTexts();
const storedTabs = (page: Page) =>
  page.evaluate(() => {
    const stored = JSON.parse(localStorage.getItem('isthmus:graphiql:tabState') ?? '{"tabs":[]}');
    return stored.tabs.map((tab: { title: string }) => tab.title);
  });
const execute = (page: Page) => page.getByRole('button', { name: /^Execute query/ }).click();
const answerShows = (page: Page, text: string) =>
  page.locator('.graphiql-response .view-lines', { hasText: text.replaceAll(' ', '\u00a0') }).waitFor();

describeInChromium('the landing page in Chromium', (browser) => {
  let server: Awaited<ReturnType<typeof startLandingServer>>;
  beforeAll(async () => {
    await buildLandingPage();
    server = await startLandingServer({ graphqlPath: '/api/graphql', trustedPath: '/landing/trusted', operations });
  });
  afterAll(() => server.close());

  async function open() {
    const context = await browser().newContext({ viewport: { width: 1280, height: 800 } });
    const { page, problems } = await openWatchedPage(context, server.origin);
    await page.goto(server.origin);
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    return { page, problems, [Symbol.asyncDispose]: () => context.close() };
  }

  it('shows a first-time visitor the examples in tabs, the first one open, and executes it', async () => {
    await using visit = await open();
    expect(await tabTitles(visit.page)).toEqual(['BuyersSay', 'Me']);
    expect(await editorText(visit.page)).toContain('query BuyersSay {');
    await execute(visit.page);
    await answerShows(visit.page, 'Buyers praise the warm light');
    expect(visit.problems).toEqual([]);
  });

  it('shows the headers of an example in its tab, and sends them', async () => {
    await using visit = await open();
    await visit.page.locator('.graphiql-tab-button', { hasText: 'Me' }).click();
    await visit.page.getByRole('button', { name: 'Headers' }).click();
    const shown = visit.page.locator('.graphiql-editor-tool .view-line', { hasText: 'x-demo' });
    await shown.first().waitFor();
    const sent = visit.page.waitForRequest((request) => new URL(request.url()).pathname === '/api/graphql');
    await execute(visit.page);
    expect((await sent).headers()['x-demo']).toBe('1');
  });

  it('restores the tabs of a returning visitor', async () => {
    await using visit = await open();
    await visit.page.locator('.graphiql-tab-button', { hasText: 'BuyersSay' }).hover();
    await visit.page.getByRole('button', { name: 'Close Tab' }).first().click();
    await expect.poll(() => tabTitles(visit.page)).toEqual(['Me']);
    await expect.poll(() => storedTabs(visit.page)).toEqual(['Me']);
    await visit.page.reload();
    await visit.page.locator('.graphiql-query-editor .view-line').first().waitFor();
    expect(await tabTitles(visit.page)).toEqual(['Me']);
    expect(await editorText(visit.page)).toContain('query Me {');
    expect(visit.problems).toEqual([]);
  });

  it('says which of its tabs are trusted documents, as they are edited', async () => {
    await using visit = await open();
    const states = () =>
      visit.page.locator('.graphiql-tab').evaluateAll((tabs) => tabs.map((tab) => tab.getAttribute('data-trusted')));
    await expect.poll(states).toEqual(['no', 'yes']);
    await visit.page.locator('[data-trusted=yes]', { hasText: 'Me' }).click();
    await visit.page.locator('.graphiql-query-editor .view-lines').click();
    await visit.page.keyboard.press('ControlOrMeta+A');
    await visit.page.keyboard.type('query Other { products { id }');
    await expect.poll(states).toEqual(['no', 'no']);
    expect(visit.problems).toEqual([]);
  });

  it('shows a title that reads like markup as a comment', async () => {
    await using visit = await open();
    await visit.page.locator('.graphiql-tab-button', { hasText: 'Me' }).click();
    await expect.poll(() => editorText(visit.page)).toContain('# Who is asking </script><script>alert(1)</script>');
    expect(visit.problems).toEqual([]);
  });

  it('documents the schema, has a history, and formats', async () => {
    await using visit = await open();
    await visit.page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    await visit.page.locator('.graphiql-plugin').getByText('Query', { exact: true }).click();
    await visit.page.getByText("The shop's products.").waitFor();
    await execute(visit.page);
    await visit.page.getByRole('button', { name: 'Show History' }).click();
    await visit.page.locator('.graphiql-history-item', { hasText: 'BuyersSay' }).waitFor();
    await visit.page.getByRole('button', { name: /^Prettify query/ }).click();
    expect(visit.problems).toEqual([]);
  });

  it('checks operations and variables against the schema while they are typed', async () => {
    await using visit = await open();
    await visit.page.locator('.graphiql-query-editor .view-lines').click();
    await visit.page.keyboard.press('ControlOrMeta+A');
    await visit.page.keyboard.type('query Wrong($n: Int) { products(first: $n) { nme');
    await visit.page.locator('.graphiql-query-editor .squiggly-error').first().waitFor();
    await visit.page.getByRole('button', { name: 'Variables' }).click();
    const variables = visit.page.locator('[aria-label=Variables] .graphiql-editor:not(.hidden)');
    await variables.locator('.view-lines').click();
    await visit.page.keyboard.type('{ "n": "two" ');
    await variables.locator('.squiggly-error, .squiggly-warning').first().waitFor();
    expect(visit.problems).toEqual([]);
  });
});
