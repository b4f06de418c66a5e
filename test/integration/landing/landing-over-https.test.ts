import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildLandingPage } from '../../../src/http/landing/build.ts';
import { describeInChromium, openWatchedPage } from '../../testkit/servers/chromium.ts';
import { TestAuthority } from '../../testkit/servers/test-authority.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const subgraphs = {
  door: { sdl: 'type Query { open: String }', resolvers: { Query: { open: () => 'ajar' } } },
};

describeInChromium('GraphiQL of a gateway over HTTPS', (browser) => {
  let authority: TestAuthority;
  let gateway: TestGateway;
  beforeAll(async () => {
    await buildLandingPage();
    authority = new TestAuthority();
    const { certFile: cert, keyFile: key } = authority.issue();
    gateway = await startTestGateway({ subgraphs, yaml: `server: ${JSON.stringify({ tls: { cert, key } })}` });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    authority.remove();
  });

  it.each(['/', '/graphql'])('runs a query from %s under every header that it is sent with', async (path) => {
    const { origin } = new URL(gateway.url);
    const context = await browser().newContext({ ignoreHTTPSErrors: true });
    const { page, problems } = await openWatchedPage(context, origin);
    const response = await page.goto(`${origin}${path}?query=${encodeURIComponent('{ open }')}`);
    expect(await response?.headerValue('strict-transport-security')).toBe('max-age=31536000');
    await page.locator('.graphiql-query-editor .view-line').first().waitFor();
    await page.getByRole('button', { name: /^Execute query/ }).click();
    await page.locator('.graphiql-response .view-lines', { hasText: 'ajar' }).waitFor();
    expect(problems).toEqual([]);
    await context.close();
  });
});
