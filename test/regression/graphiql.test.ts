/** GraphiQL where a developer looks for it: at the endpoint itself, from a link, and on a phone. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildLandingPage } from '../../src/http/landing/build.ts';
import { shop } from '../testkit/graphs/shop.ts';
import { describeInChromium, openWatchedPage } from '../testkit/servers/chromium.ts';
import { startTestGateway, type TestGateway } from '../testkit/test-gateway.ts';

let gateway: TestGateway;
let origin: string;
beforeAll(async () => {
  await buildLandingPage();
  gateway = await startTestGateway({ subgraphs: shop, yaml: 'server: { example_operations: examples }' });
  origin = new URL(gateway.url).origin;
  mkdirSync(join(gateway.folder, 'examples'));
  for (let count = 1; count <= 6; count++) {
    writeFileSync(join(gateway.folder, 'examples', `${count}-example.graphql`), `query Example${count} { __typename }`);
  }
}, 120_000);
afterAll(() => gateway[Symbol.asyncDispose]());

const browserAccept = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

describe('the GraphQL endpoint', () => {
  it.each([
    ['a browser', '', browserAccept, 'text/html; charset=utf-8'],
    ['a browser that follows a link', '?query={products{id}}', browserAccept, 'text/html; charset=utf-8'],
    ['a client', '?query={products{id}}', 'application/json', 'application/json; charset=utf-8'],
    ['a client that takes anything', '?query={products{id}}', '*/*', 'application/json; charset=utf-8'],
    [
      'a client that would rather have JSON',
      '?query={products{id}}',
      'application/graphql-response+json, text/html;q=0.5',
      'application/graphql-response+json; charset=utf-8',
    ],
  ])('answers %s with what it reads', async (_name, search, accept, type) => {
    const response = await fetch(`${gateway.url}${search}`, { headers: { accept } });
    expect({ status: response.status, type: response.headers.get('content-type') }).toEqual({ status: 200, type });
    const text = await response.text();
    if (type.startsWith('text/html')) expect(text).toContain('"graphqlPath":"/graphql"');
    else expect(text).toContain('{"data":{"products":');
  });

  it('answers a POST as ever, whatever it accepts beside', async () => {
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: browserAccept },
      body: '{"query":"{ __typename }"}',
    });
    expect(await response.json()).toEqual({ data: { __typename: 'Query' } });
  });
});

describeInChromium('GraphiQL in Chromium', (browser) => {
  async function open(path: string, viewport = { width: 1280, height: 800 }) {
    const context = await browser().newContext({ viewport });
    const { page, problems } = await openWatchedPage(context, origin);
    const visit = async (next: string): Promise<void> => {
      await page.goto(`${origin}${next}`);
      await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    };
    await visit(path);
    return { page, problems, visit, [Symbol.asyncDispose]: () => context.close() };
  }

  const link = (operation: { query: string; variables?: string; operationName?: string }): string =>
    `/graphql?${new URLSearchParams(operation)}`;
  const editorText = async (page: Page, of: string): Promise<string> =>
    (await page.locator(`${of} .view-line`).allInnerTexts()).join('\n').replaceAll('\u00a0', ' ');
  const execute = (page: Page) => page.getByRole('button', { name: /^Execute query/ }).click();
  const answerShows = (page: Page, text: string) =>
    page.locator('.graphiql-response .view-lines', { hasText: text }).waitFor();
  const activeTab = (page: Page) => page.locator('.graphiql-tab-active').innerText();
  const product = { query: 'query One($id: ID!) { product(id: $id) { name } }', variables: '{"id":"p2"}' };

  it('opens the operation of a link, with its variables, before the examples', async () => {
    await using visit = await open(link(product));
    expect(await activeTab(visit.page)).toContain('One');
    expect(await editorText(visit.page, '.graphiql-query-editor')).toContain('query One($id: ID!)');
    await execute(visit.page);
    await answerShows(visit.page, 'Lamp');
    expect(await visit.page.locator('.graphiql-tab-button').allInnerTexts()).toContain('Example1');
    expect(visit.problems).toEqual([]);
  });

  it('opens another link beside what was left, and the same link once', async () => {
    await using visit = await open(link(product));
    // GraphiQL writes its tabs to the storage some time after they changed.
    await visit.page.waitForFunction(() => JSON.stringify({ ...localStorage }).includes('query One('));
    await visit.visit(link({ query: 'query Two { products { price } }' }));
    expect(await activeTab(visit.page)).toContain('Two');
    await execute(visit.page);
    await answerShows(visit.page, '300');
    const tabs = await visit.page.locator('.graphiql-tab-button').allInnerTexts();
    await visit.visit(link({ query: 'query Two { products { price } }' }));
    expect(await visit.page.locator('.graphiql-tab-button').allInnerTexts()).toEqual(tabs);
    expect(tabs).toContain('One');
    expect(visit.problems).toEqual([]);
  });

  it('selects the operation that a link names, of several, and runs it', async () => {
    const query = 'query First { product(id: "p1") { name } }\nquery Second { product(id: "p3") { name } }';
    await using visit = await open(link({ query, operationName: 'Second' }));
    expect(await activeTab(visit.page)).toContain('Second');
    await execute(visit.page);
    await answerShows(visit.page, 'Radio');
    expect(visit.problems).toEqual([]);
  });

  it('shows links that are no operation as they are, and runs nothing by itself', async () => {
    const before = gateway.subgraphs.products?.requests.length;
    await using visit = await open(link({ query: '</script><b>{ products', variables: '{not json' }));
    expect(await editorText(visit.page, '.graphiql-query-editor')).toContain('</script><b>{ products');
    expect(gateway.subgraphs.products?.requests.length).toBe(before);
  });

  it('works at the width of a phone: the answer stands below the operation, nothing is cut off', async () => {
    await using visit = await open(link(product), { width: 360, height: 740 });
    await execute(visit.page);
    await answerShows(visit.page, 'Lamp');
    const box = async (of: string) =>
      (await visit.page.locator(of).boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    const editor = await box('.graphiql-query-editor');
    const answer = await box('.graphiql-response');
    expect(editor.width).toBeGreaterThan(300);
    expect(answer.width).toBeGreaterThan(300);
    expect(answer.height).toBeGreaterThan(150);
    expect(answer.y).toBeGreaterThan(editor.y + editor.height - 1);
    expect(await visit.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await visit.page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const documentation = visit.page.locator('.graphiql-plugin').getByText('Query', { exact: true });
    await documentation.waitFor();
    expect((await box('.graphiql-plugin')).width).toBeGreaterThan(300);
    expect(visit.problems).toEqual([]);
  });

  it.each([360, 1280])('brings a new tab into view at a width of %i', async (width) => {
    await using visit = await open('/', { width, height: 740 });
    for (let count = 0; count < 8; count++) await visit.page.getByRole('button', { name: 'New tab' }).click();
    await expect
      .poll(() =>
        visit.page.evaluate(() => {
          const row = document.querySelector('.graphiql-tabs')?.getBoundingClientRect();
          const tab = document.querySelector('.graphiql-tab-active')?.getBoundingClientRect();
          return row !== undefined && tab !== undefined && tab.left >= row.left - 1 && tab.right <= row.right + 1;
        }),
      )
      .toBe(true);
    expect(visit.problems).toEqual([]);
  });
});
