/** What has changed of a graph, for those who use it: a page, JSON, and a webhook that tells of each generation. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWebhookReceiver, type WebhookReceiver, webhookSecret } from '../../testkit/servers/webhook-receiver.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const products = (fields: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
   type Query { product: Product } type Product @key(fields: "id") { id: ID! ${fields} }`;

let receiver: WebhookReceiver;
let shop: TestGateway;
let url: string;

beforeAll(async () => {
  receiver = await startWebhookReceiver();
  shop = await startTestGateway({
    subgraphs: { products: { sdl: products('name: String') } },
    yaml: `admin: { port: 0 }\nregistry: { graph: shop, webhook: { url: "${receiver.url}", secret: ${webhookSecret} } }`,
  });
  const { adminUrl } = shop.log.find(({ msg }) => msg === 'the admin listener listens') ?? {};
  url = `${String(adminUrl).replace('/admin/graphql', '')}/registry/v1/graphs/shop/current`;
  await publish(
    products('name: String @deprecated(reason: "Use title. (sunset: 2027-03-01)") title: String'),
    'Titles <for> "all"',
  );
  await publish(products('title: String'));
}, 60_000);
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await receiver[Symbol.asyncDispose]();
});

async function publish(sdl: string, message?: string): Promise<void> {
  const body = JSON.stringify({ change: { kind: 'publish', subgraphs: [{ name: 'products', sdl }] }, message });
  const response = await fetch(`${url}/publish`, { method: 'POST', body });
  expect(response.status, await response.text()).toBe(201);
}

async function changelog(query = '') {
  const response = await fetch(`${url}/changelog${query}`);
  expect(response.status).toBe(200);
  return response.json();
}

describe('the changelog of a graph', () => {
  it('has of each generation who published it, why, and what changed of the API', async () => {
    const entries = await changelog();
    expect(entries).toMatchObject([
      {
        number: 3,
        actor: 'local',
        changes: [{ level: 'breaking', kind: 'FIELD_REMOVED', coordinate: 'Product.name' }],
      },
      { number: 2, message: 'Titles <for> "all"' },
      { number: 1, change: { kind: 'import' }, changes: [] },
    ]);
    expect(entries[1].changes.map(({ level, coordinate }: Record<string, string>) => [level, coordinate])).toEqual(
      expect.arrayContaining([
        ['safe', 'Product.title'],
        ['safe', 'Product.name'],
      ]),
    );
    expect((await changelog('?limit=1&before=3')).map(({ number }: { number: number }) => number)).toEqual([2]);
  });

  it('is a page for browsers, in which nothing that was written is markup', async () => {
    const response = await fetch(`${url}/changelog?limit=2`, { headers: { accept: 'text/html,*/*' } });
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    const page = await response.text();
    expect(page).toContain('Titles &lt;for&gt; &quot;all&quot;');
    expect(page).toMatch(/<li class="breaking"><b>breaking<\/b> <code>Product\.name<\/code>: /);
    expect(page).toContain('href="?limit=2&amp;before=2"');
  });

  it('is told to the webhook, signed, once for each generation', async () => {
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(3);
    const { received } = receiver;
    expect(received.every(({ isValid }) => isValid)).toBe(true);
    expect(new Set(received.map(({ id }) => id))).toEqual(
      new Set([1, 2, 3].map((number) => `msg_shop_current_${number}`)),
    );
    const last = received.find(({ id }) => id.endsWith('_3'));
    expect(last?.body).toMatchObject({
      type: 'registry.published',
      graph: 'shop',
      variant: 'current',
      number: 3,
      unlisted: 0,
      changes: [{ coordinate: 'Product.name' }],
    });
  });
});
