/** A generation that is served to a share of the callers at first, and is promoted or takes itself back. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedProvider, startScriptedProvider } from '../../../src/testing.ts';
import { startSubgraph, type TestSubgraph } from '../../testkit/subgraph-server.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const sdl = 'type Query { product: Product } type Product @key(fields: "id") { id: ID! name: String }';
const more = `${sdl.slice(0, -1)} price: Int }`;
const product = { id: 'p1', name: 'Lamp', price: 3 };
const resolvers = (delayMs: number) => ({
  Query: { product: async () => setTimeout(delayMs, product) },
  Product: { __resolveReference: () => product },
});
const assistant = (prompt: string) => ({
  name: 'assistant',
  sdl: `extend schema @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
    @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
    type Product @key(fields: "id") { id: ID! name: String @external
      pitch: String @requires(fields: "name") @generate(prompt: "pitch", maxOutputTokens: 20, cacheTtl: 0) }`,
  prompts: { 'pitch.prompt': `---\nmodel: smart\n---\n${prompt} {{name}}` },
});

let shop: TestGateway;
let slow: TestSubgraph;
let provider: ScriptedProvider;
let api: string;

async function call(path: string, body?: unknown) {
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const response = await fetch(`${api}/graphs/main/current/${path}`, init);
  return { status: response.status, body: await response.json().catch(() => undefined) };
}

/** @param percent of a canary of a minute */
const publish = (subgraph: object, percent = 50) =>
  call('publish', {
    change: { kind: 'publish', subgraphs: [{ name: 'products', ...subgraph }] },
    canary: { percent, durationMs: 60_000 },
  });

/** Callers ask until the canary has ended. @returns how often the query was valid */
async function askUntilEnded(query: string, most = 4_000): Promise<{ valid: number; refused: number }> {
  const counts = { valid: 0, refused: 0 };
  let caller = 0;
  const isServed = async () => (await call('served')).body.canary !== null;
  while (caller < most && (await isServed())) {
    const some = Array.from({ length: 20 }, () => shop.query(query, {}, { 'x-api-key': `caller ${caller++}` }));
    for (const { status, errors } of await Promise.all(some)) {
      expect(errors === undefined ? 200 : status, JSON.stringify(errors)).toBe(status);
      counts[errors === undefined ? 'valid' : 'refused']++;
    }
  }
  return counts;
}
const ended = () => shop.log.findLast(({ msg }) => /^the canary is (promoted|withdrawn)$/.test(String(msg)));

beforeAll(async () => {
  provider = await startScriptedProvider();
  provider.respond(({ body }) => ({
    text: 'Buy it.',
    usage: { inputTokens: JSON.stringify(body).includes('at great length') ? 300 : 100, outputTokens: 1 },
  }));
  slow = await startSubgraph(more, resolvers(80));
  shop = await startTestGateway({
    subgraphs: { products: { sdl: more, resolvers: resolvers(0) } },
    yaml: `admin: { port: 0 }
registry: { graph: main }
ai:
  providers: { test: { kind: openai, base_url: "${provider.openAiBaseUrl}", api_key: sk-test } }
  models: { smart: { targets: [test/m], cache: { exact: false } } }
  prices: { test/m: { input_per_mtok: "1.00", output_per_mtok: "1.00" } }`,
  });
  await writeFile(join(shop.folder, 'products.graphql'), sdl);
  await shop.gateway.reload();
  const admin = String(shop.log.find(({ msg }) => msg === 'the admin listener listens')?.adminUrl);
  api = admin.replace('/admin/graphql', '/registry/v1');
  // What serves is what was published: there is something beside which a canary can be.
  await call('publish', { change: { kind: 'publish', subgraphs: [{ name: 'products', sdl: `# 1\n${sdl}` }] } });
});
afterAll(async () => {
  await shop[Symbol.asyncDispose]();
  await Promise.all([slow.close(), provider.close()]);
});

describe('a canary', () => {
  it('is served to the same share of the callers all the time, beside what serves, and is promoted by its owner', async () => {
    expect((await publish({ sdl: more }, 25)).status).toBe(201);
    const has = async (caller: number) =>
      (await shop.query('{ product { price } }', {}, { 'x-api-key': `caller ${caller}` })).status === 200;
    const callers = Array.from({ length: 100 }, (_, caller) => caller);
    await expect.poll(async () => (await Promise.all(callers.map(has))).some(Boolean)).toBe(true);
    const first = await Promise.all(callers.map(has));
    expect(await Promise.all(callers.map(has))).toEqual(first);
    const share = first.filter(Boolean).length / callers.length;
    expect(share).toBeGreaterThan(0.08);
    expect(share).toBeLessThan(0.5);
    expect(await call('publish', { change: { kind: 'publish', subgraphs: [] } })).toMatchObject({ status: 409 });
    expect((await call('promote', {})).body).toMatchObject({ generation: { number: 3 } });
    await expect.poll(async () => (await Promise.all(callers.map(has))).every(Boolean)).toBe(true);
    expect((await call('served')).body).toMatchObject({ canary: null, generation: { number: 3 } });
  });

  it('that lacks what clients ask for takes itself back', async () => {
    await publish({ sdl });
    const { refused, valid } = await askUntilEnded('{ product { price } }');
    expect(ended()).toMatchObject({ msg: 'the canary is withdrawn', reason: expect.stringContaining('failed') });
    expect(refused).toBeGreaterThan(0);
    expect(valid).toBeGreaterThan(0);
    expect((await call('served')).body).toMatchObject({ generation: { number: 3 } });
    await expect.poll(async () => (await askUntilEnded('{ product { price } }', 0)).refused).toBe(0);
  });

  it('with a slow resolver takes itself back, with the reason', async () => {
    await publish({ sdl: more, routingUrl: slow.url });
    await askUntilEnded('{ product { price } }');
    expect(ended()).toMatchObject({ msg: 'the canary is withdrawn', reason: expect.stringMatching(/p50 .* ms/) });
    const audit = await fetch(api.replace('/registry/v1', '/admin/graphql'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ audit(limit: 1) { action after } }' }),
    });
    expect((await audit.json()).data.audit).toMatchObject([
      { action: 'registry.canary-withdrawn', after: { reason: expect.stringContaining('ms') } },
    ]);
  });

  it('with a prompt three times dearer takes itself back', async () => {
    const at = (prompt: string) => ({ change: { kind: 'publish', subgraphs: [assistant(prompt)] } });
    expect((await call('publish', at('Praise'))).status).toBe(201);
    await expect
      .poll(() => shop.query('{ product { pitch } }'))
      .toMatchObject({ data: { product: { pitch: 'Buy it.' } } });
    await call('publish', { ...at('Praise at great length'), canary: { percent: 50, durationMs: 60_000 } });
    await askUntilEnded('{ product { pitch } }');
    expect(ended()).toMatchObject({ msg: 'the canary is withdrawn', reason: expect.stringContaining('cost') });
  });

  it('is promoted when its time is over', async () => {
    await call('publish', {
      change: { kind: 'publish', subgraphs: [{ name: 'products', sdl: `# 2\n${more}` }] },
      canary: { percent: 50, durationMs: 1_000 },
    });
    await askUntilEnded('{ product { name } }');
    expect(ended()).toMatchObject({ msg: 'the canary is promoted', reason: expect.stringContaining('as good') });
  });
});
