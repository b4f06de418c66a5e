import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';

const executablePath = '/usr/bin/chromium';

/** Chromium without network requests of its own. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * A `describe` whose tests share one real Chromium, each opening contexts of its own. Skipped, with the reason in its
 * name, on a machine without Chromium; never in CI (`CI=true`), where its absence is a failure.
 */
export function describeInChromium(name: string, suite: (browser: () => Browser) => void): void {
  if (!existsSync(executablePath) && process.env.CI !== 'true') {
    describe.skip(`${name} (skipped: there is no ${executablePath} here)`, () => suite(notLaunched));
    return;
  }
  describe(name, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await launchChromium();
    });
    afterAll(() => browser?.close());
    suite(() => browser ?? notLaunched());
  });
}

function notLaunched(): never {
  throw new Error('Chromium has not been launched');
}

/**
 * A page that keeps a list of everything it did that it should not have: errors and warnings in its console,
 * exceptions, content its policy blocked, failed requests, and requests to any other origin than `origin`.
 */
export async function openWatchedPage(
  context: BrowserContext,
  origin: string,
): Promise<{ page: Page; problems: readonly string[] }> {
  const page = await context.newPage();
  const problems: string[] = [];
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile }) =>
      console.error(`blocked by ${violatedDirective}: ${blockedURI} in ${sourceFile}`),
    );
  });
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`status ${response.status()}: ${response.url()}`);
  });
  page.on('requestfailed', (request) => {
    // Leaving a page aborts its requests.
    const reason = request.failure()?.errorText;
    if (reason !== 'net::ERR_ABORTED') problems.push(`${reason}: ${request.url()}`);
  });
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== origin) problems.push(`request to another origin: ${request.url()}`);
  });
  return { page, problems };
}
