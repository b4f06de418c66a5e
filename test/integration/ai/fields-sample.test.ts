/** A new AI subgraph beside the sample's own, in YAML, SDL and prompts only. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createGateway, createLogger, type Gateway, type ListeningServer } from '../../../src/index.ts';
import { type ScriptedProvider, startScriptedProvider } from '../../../src/testing.ts';
import { startAccounts } from '../../../subgraphs/accounts/accounts.ts';
import demoTokens from '../../../subgraphs/demo-tokens/tokens.json' with { type: 'json' };
import { startInventory } from '../../../subgraphs/inventory/inventory.ts';
import { startWarehouse } from '../../../subgraphs/inventory/rest/warehouse.ts';
import type { RunningService } from '../../../subgraphs/listen.ts';
import { startProducts } from '../../../subgraphs/products/products.ts';
import { startCatalog } from '../../../subgraphs/products/rest/catalog.ts';
import { startReviews } from '../../../subgraphs/reviews/reviews.ts';
import { aiLink, schemaOf, userTextOf } from '../../testkit/graphs/ai-graph.ts';

const sdl = `${aiLink.replace('"@shareable"', '"@requiresScopes"')}
type Query { giftIdea(budgetCents: Int!): String @generate(prompt: "gift", maxOutputTokens: 60) }
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  inStock: Boolean! @external
  reviews(first: Int = 10): [Review!]! @external
  advice: Advice @requires(fields: "name inStock reviews(first: 2) { body author { email } }")
    @generate(prompt: "advice", maxOutputTokens: 200) @requiresScopes(scopes: [["email:read"]])
}
type Review @key(fields: "id") { id: ID!  body: String! @external  author: User! @external }
type User @key(fields: "id") { id: ID!  email: String @external }
type Advice { text: String!  wait: Boolean  reasons: [String!] }
`;
const prompts = {
  'gift.prompt': '---\nmodel: fast\n---\n{{role "system"}}\nBe kind.\n{{role "user"}}\nA gift for {{budgetCents}}',
  'advice.prompt':
    '---\nmodel: fast\n---\n{{role "system"}}\nAdvise.\n{{role "user"}}\n{{name}} in stock: {{inStock}}\n{{#each reviews}}\n- {{author.email}}: {{body}}\n{{/each}}',
};

const services: RunningService[] = [];
let folder: string;
let provider: ScriptedProvider;
let gateway: Gateway;
let server: ListeningServer;

async function run<Service extends RunningService>(starting: Promise<Service>): Promise<Service> {
  const service = await starting;
  services.push(service);
  return service;
}

beforeAll(async () => {
  provider = await startScriptedProvider();
  folder = await mkdtemp(join(tmpdir(), 'isthmus-sample-ai-'));
  const [catalog, warehouse] = [await run(startCatalog({ port: 0 })), await run(startWarehouse({ port: 0 }))];
  const urls: Readonly<Record<string, string>> = {
    4001: (await run(startAccounts({ port: 0 }))).url,
    4002: (await run(startReviews({ port: 0 }))).url,
    4003: (await run(startProducts({ port: 0, catalogUrl: catalog.url }))).url,
    4004: (await run(startInventory({ port: 0, warehouseUrl: warehouse.url }))).url,
  };
  await mkdir(join(folder, 'advisor/prompts'), { recursive: true });
  await writeFile(join(folder, 'advisor/schema.graphql'), sdl);
  for (const [name, text] of Object.entries(prompts)) await writeFile(join(folder, 'advisor/prompts', name), text);
  // An AI field may not read a masked field: here the email has no mask.
  const accounts = await readFile('subgraphs/accounts/schema.graphql', 'utf8');
  await writeFile(join(folder, 'accounts.graphql'), accounts.replaceAll(/ @mask\(policy: "[^)]*\)/g, ''));
  let yaml = await readFile('supergraph.yaml', 'utf8');
  yaml = yaml
    .replace('subgraphs/accounts/schema.graphql', 'accounts.graphql')
    .replace(
      'subgraphs:\n',
      'subgraphs:\n  advisor: { ai: true, schema: { file: advisor/schema.graphql }, prompts: advisor/prompts }\n',
    )
    .replaceAll(/(file: |prompts: |code: |example_operations: |jwks: )(subgraphs\/)/g, `$1${resolve('.')}/$2`)
    .replace('https://api.openai.com/v1', provider.openAiBaseUrl);
  for (const [port, url] of Object.entries(urls)) yaml = yaml.replace(`http://127.0.0.1:${port}/graphql`, url);
  await writeFile(join(folder, 'supergraph.yaml'), yaml);
  const log = createLogger({ level: 'silent', readable: false });
  gateway = await createGateway({
    configFile: join(folder, 'supergraph.yaml'),
    log,
    watch: false,
    environment: { OPENAI_API_KEY: 'sk-test' },
  });
  server = await gateway.listen({ port: 0 });
});
afterAll(async () => {
  await server?.drain();
  await gateway?.close();
  await provider?.close();
  await Promise.all(services.map((service) => service.close()));
  await rm(folder, { recursive: true, force: true });
});

it('answers together with everything else, reads three other subgraphs, and masks sensitive data of one of them', async () => {
  provider.respond((request) =>
    schemaOf(request) === undefined ? { text: 'Socks.' } : { json: { text: 'Buy it.', wait: false, more: 1 } },
  );
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'isthmus-explain': 'ai',
      authorization: `Bearer ${demoTokens.priya}`,
    },
    body: JSON.stringify({
      query: `{ giftIdea(budgetCents: 2500) products(first: 2) {
        name: description reviews: priceCents advice { said: text wait } reviewSummary } }`,
    }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields that it selected
  const { data, errors, extensions } = (await response.json()) as any;
  expect(errors).toBeUndefined();
  expect(data.giftIdea).toBe('Socks.');
  expect(data.products[0]).toEqual({
    name: expect.any(String),
    reviews: expect.any(Number),
    advice: { said: 'Buy it.', wait: false },
    reviewSummary: 'Socks.',
  });
  expect(Object.keys(extensions.ai).sort()).toEqual([
    'giftIdea',
    'products.0.advice',
    'products.0.reviewSummary',
    'products.1.advice',
    'products.1.reviewSummary',
  ]);
  const [asked] = provider.requests.filter((request) => userTextOf(request).includes('in stock:'));
  expect(userTextOf(asked)).toMatch(/in stock: (true|false)\n- \[PERSONAL_1_\w{6}\]: /);
  expect(JSON.stringify(schemaOf(asked))).not.toContain('reasons');
  expect(JSON.stringify(provider.requests.map(({ body }) => body))).not.toContain('@');
});
