/** What is kept of AI fields, by what it was made from; what renews it, and what may never share it. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ScriptedReply } from '../../../src/testing.ts';
import {
  type AiGraph,
  aiLink,
  assistantPrompts,
  assistantSdl,
  echo,
  startAiGraph,
} from '../../testkit/graphs/ai-graph.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';
import { testWorkers } from '../../testkit/test-workers.ts';

const page = '{ products(first: 3) { id summary } }';

/** Takes up other `ai.fields`, in the braces of YAML. */
async function configure({ gateway }: AiGraph, fields: string): Promise<void> {
  const config = join(gateway.folder, 'supergraph.yaml');
  const yaml = await readFile(config, 'utf8');
  await writeFile(config, yaml.replace(/^ {2}fields: .*$/m, `  fields: ${fields}`));
  expect((await gateway.gateway.reload()).kind).not.toBe('refused');
}

describe('an AI field where whole answers and entities are cached by time', () => {
  let graph: AiGraph;
  beforeAll(async () => {
    const lifetime = '{ enabled: true, default_max_age: 1h }';
    graph = await startAiGraph({
      yaml: `cache: { response: ${lifetime}, entities: ${lifetime}, client_directives: true }\n`,
    });
    graph.provider.respond(echo);
  });
  afterAll(() => graph[Symbol.asyncDispose]());

  it('is as new as what it is made from, in every answer', async () => {
    const [{ reviews: [review] = [] } = { reviews: [] }] = graph.products;
    if (review === undefined) throw new Error('a review');
    let queries = 0;
    /** The summary, and the review that it is made from, in one answer. */
    const pair = async (headers?: Record<string, string>): Promise<readonly boolean[]> => {
      const query = `query Pair${queries++} { product(id: "p1") { summary reviews(first: 3) { body } } }`;
      const { data } = await graph.query(query, {}, headers);
      return [data.product.summary.includes('Edited.'), data.product.reviews[0].body === 'Edited.'];
    };
    expect(await pair()).toEqual([false, false]);
    review.body = 'Edited.';
    // Both from the entity cache.
    expect(await pair()).toEqual([false, false]);
    // Both read anew.
    expect(await pair({ 'cache-control': 'no-cache' })).toEqual([true, true]);
    // Another worker may read the entries a moment before they are replaced: both are of one time even so.
    await expect.poll(() => pair()).toEqual([true, true]);
  });
});

describe('a kept answer', () => {
  let graph: AiGraph;
  beforeAll(async () => {
    graph = await startAiGraph({ yaml: 'admin: { port: 0 }\n' });
    graph.provider.respond(echo);
    await graph.query(page);
  });
  afterAll(() => graph[Symbol.asyncDispose]());

  const callsFor = (query: string, variables?: Record<string, unknown>): Promise<number> =>
    graph.calls(() => graph.query(query, variables));

  it('is free when it is asked for again, and says so', async () => {
    const { data, extensions } = await graph.explain(page);
    expect(data.products[0].summary).toContain('Product 1.');
    expect(graph.provider.requests).toHaveLength(3);
    expect(Object.keys(extensions?.ai ?? {})).toEqual([0, 1, 2].map((index) => `products.${index}.summary`));
    for (const told of Object.values(extensions?.ai ?? {}))
      expect(told).toMatchObject({ cached: 'field', costUsd: '0', attempts: 0, model: 'test/m', prompt: 'summary' });
  });

  it('is every client’s, whatever they call it and select beside it', async () => {
    expect(
      await callsFor(
        'query Other($l: String = "en") { all: products(first: 3) { text: summary(locale: $l) name reviews(first: 1) { id } } product(id: "p2") { ...S } } fragment S on Product { priceCents summary }',
      ),
    ).toBe(0);
  });

  it('is not another argument’s, and an argument’s default is its value', async () => {
    expect(await callsFor('{ products(first: 3) { summary(locale: "de") } }')).toBe(3);
    expect(await callsFor('{ products(first: 3) { summary(locale: "de") en: summary(locale: "en") } }')).toBe(0);
  });

  it('is renewed by an edit of a review it read, and by nothing else', async () => {
    const [first, second] = graph.products;
    if (first === undefined || second === undefined) throw new Error('two products');
    const [review] = second.reviews;
    if (review === undefined) throw new Error('a review');
    first.priceCents += 1;
    first.averageRating = 1;
    first.description = 'Edited';
    expect(await callsFor(page)).toBe(0);
    review.body = 'Edited.';
    const { data } = await graph.query(page);
    expect(data.products[1].summary).toContain('Edited.');
    expect(graph.provider.requests.at(-1)?.body).toMatchObject({ model: 'm' });
    expect(await callsFor(page)).toBe(0);
    review.rating = 1;
    expect(await callsFor(page)).toBe(1);
    review.rating = 3;
    expect(await callsFor(page)).toBe(0);
    second.reviews.push({ ...review, id: 'r-new', body: 'New.' });
    expect(await callsFor(page)).toBe(1);
  });

  it('is of what was selected: other fields of an object are another question', async () => {
    graph.provider.respond((request) => (echo(request) === undefined ? {} : undefined));
    const ask = (selection: string) => callsFor(`{ product(id: "p1") { highlights { ${selection} } } }`);
    expect(await ask('verdict')).toBe(1);
    expect(await ask('verdict pros')).toBe(1);
    expect(await ask('p: pros v: verdict')).toBe(0);
    expect(await ask('__typename verdict')).toBe(0);
    expect(await ask('verdict')).toBe(0);
  });

  it('is not another field’s, of the same inputs and the same prompt', async () => {
    const ask = (field: string) => callsFor(`{ product(id: "p1") { reviews(first: 1) { ${field} } } }`);
    expect(await ask('sentiment')).toBe(1);
    expect(await ask('topics')).toBe(1);
    expect(await ask('sentiment topics')).toBe(0);
  });

  it('cannot be made another’s by writing two values as one', async () => {
    const ask = (name: string, description: string, question: string) => {
      Object.assign(graph.products[2] ?? {}, { name, description });
      return callsFor('query ($q: String!) { product(id: "p3") { answer(question: $q) } }', { q: question });
    };
    expect(await ask('a', 'b', 'c')).toBe(1);
    expect(await ask('a","b', '', 'c')).toBe(1);
    expect(await ask('a', 'b"', 'c')).toBe(1);
    expect(await ask('a', 'b', 'c ')).toBe(1);
    expect(await ask('b', 'a', 'c')).toBe(1);
    expect(await ask('a', 'b', 'c')).toBe(0);
  });

  it('is made anew in every worker once its prompt has been invalidated', async () => {
    const listener = graph.gateway.log.find(({ msg }) => msg === 'the admin listener listens');
    // On connections of their own: workers take turns.
    const calls = () =>
      graph.calls(async () => {
        for (let turn = 0; turn < 4; turn++) await graph.query(page, {}, { connection: 'close' });
      });
    await calls();
    const { status } = await fetch(new URL('/admin/invalidate', String(listener?.adminUrl)), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ kind: 'prompt', prompt: 'summary' }]),
    });
    expect(status).toBe(200);
    expect(await calls()).toBe(3);
    expect(await calls()).toBe(0);
  });
});

describe('what is not kept', () => {
  let graph: AiGraph;
  beforeAll(async () => {
    graph = await startAiGraph({ products: 1 });
  });
  afterAll(() => graph[Symbol.asyncDispose]());
  beforeEach(() => graph.provider.reset());

  const object = '{ products { highlights { verdict count } } }';
  it.each<[string, string, ScriptedReply, number]>([
    ['invalid', object, { json: { verdict: 'MAYBE', count: 'x', unknown: 1 } }, 2],
    ['partly invalid', object, { json: { verdict: 'MAYBE', count: 1 } }, 2],
    ['refused', '{ products { summary } }', { refusal: 'No.' }, 1],
    ['filtered', '{ products { summary } }', { text: '', finishReason: 'content_filter' }, 1],
    ['cut at its bound', '{ products { summary } }', { text: 'It is', finishReason: 'length' }, 1],
    ['empty', '{ products { summary } }', { text: ' \n' }, 2],
    ['an error', '{ products { summary } }', { error: { status: 500 } }, 1],
  ])('is an answer that was %s', async (_name, query, reply, calls) => {
    graph.provider.respond(reply);
    const first = await graph.query(query);
    expect(first.errors?.length).toBeGreaterThan(0);
    expect(graph.provider.requests).toHaveLength(calls);
    graph.provider.respond({});
    const { errors } = await graph.query(query);
    expect(errors).toBeUndefined();
    expect(graph.provider.requests).toHaveLength(calls + 1);
    // Each case begins with nothing kept.
    for (const one of graph.products) one.name += '+';
  });

  it('is what a cache that is off would keep', async () => {
    await configure(graph, '{ cache: { enabled: false } }');
    await graph.query('{ products { summary } }');
    expect(await graph.calls(() => graph.query('{ products { summary } }'))).toBe(1);
  });
});

describe('the time an answer is kept', () => {
  const timed = {
    sdl: `${aiLink}type Product @key(fields: "id") { id: ID! name: String! @external
      long: String @requires(fields: "name") @generate(prompt: "timed", maxOutputTokens: 9, cacheTtl: 600)
      none: String @requires(fields: "name") @generate(prompt: "timed", maxOutputTokens: 9, cacheTtl: 0) }`,
    prompts: { 'timed.prompt': '---\nmodel: fast\n---\nFor {{name}}' },
  };
  let graph: AiGraph;
  beforeAll(async () => {
    const assistant = { sdl: assistantSdl, prompts: assistantPrompts };
    graph = await startAiGraph({ products: 1, subgraphs: { assistant, timed } });
  });
  afterAll(() => graph[Symbol.asyncDispose]());
  beforeEach(() => {
    graph.provider.reset();
    // Each case begins with nothing kept.
    for (const one of graph.products) one.name += '+';
  });

  it('is max_age where the field has no cacheTtl; afterwards it is asked for again', async () => {
    await configure(graph, '{ cache: { max_age: 40ms } }');
    await graph.query('{ products { summary } }');
    await expect.poll(() => graph.calls(() => graph.query('{ products { summary } }'))).toBe(1);
  });

  it('is cacheTtl where the field has one', async () => {
    await configure(graph, '{ cache: { max_age: 1ms } }');
    const query = '{ products { long } }';
    await graph.query(query);
    expect(await graph.calls(() => graph.query(query))).toBe(0);
  });

  it('is followed by a time in which the old answer is given while one new one is made', async () => {
    await configure(graph, '{ cache: { max_age: 30ms, stale_while_revalidate: 10m } }');
    const ask = async () => {
      const { data, extensions } = await graph.explain('{ products { summary } }');
      return { text: data.products[0].summary, cached: extensions?.ai?.['products.0.summary']?.cached };
    };
    graph.provider.respond({ text: 'old' });
    await ask();
    graph.provider.respond({ text: 'new', faults: { delayMs: 30 } });
    await expect.poll(ask, { interval: 10 }).toEqual({ text: 'old', cached: 'stale' });
    await Promise.all([ask(), ask(), ask()]);
    await expect.poll(async () => (await ask()).text, { interval: 5 }).toBe('new');
  });

  it('is none with cacheTtl 0, also where stale answers are given', async () => {
    await configure(graph, '{ cache: { stale_while_revalidate: 10m } }');
    const query = '{ products { none } }';
    await graph.query(query);
    expect(await graph.calls(() => graph.query(query))).toBe(1);
  });

  it('is not paid for with a renewal for every client that is valid in parts only', async () => {
    await configure(graph, '{ cache: { max_age: 1ms, stale_while_revalidate: 10m } }');
    const object = '{ products { highlights { verdict count } } }';
    graph.provider.respond({ json: { verdict: 'BUY', count: 1 } });
    await graph.query(object);
    graph.provider.respond({ json: { verdict: 'MAYBE', count: 1 } });
    await graph.query(object);
    // The renewal's two calls: the answer and its repair.
    await graph.provider.waitForRequests(3);
    await expect.poll(() => graph.logged()).toContain('could not be renewed');
    for (let round = 0; round < 5; round++) {
      const { data } = await graph.query(object);
      expect(data.products).toEqual([{ highlights: { verdict: 'BUY', count: 1 } }]);
    }
    // One worker may begin before it hears of the other's failure.
    expect(graph.provider.requests.length).toBeLessThanOrEqual(1 + 2 * testWorkers);
  });

  it('is not paid for with a failing renewal for every client', async () => {
    await configure(graph, '{ cache: { max_age: 1ms, stale_while_revalidate: 10m } }');
    await graph.query('{ products { summary } }');
    graph.provider.respond({ refusal: 'No.' });
    let texts = 0;
    for (let round = 0; round < 10; round++) {
      const { data } = await graph.query('{ products { summary } }');
      if (typeof data.products[0].summary === 'string') texts++;
    }
    expect(texts).toBe(10);
    expect(graph.provider.requests.length).toBeGreaterThan(1);
    expect(graph.provider.requests.length).toBeLessThanOrEqual(1 + testWorkers);
  });
});

describe('a hot swap', () => {
  let graph: AiGraph;
  beforeAll(async () => {
    graph = await startAiGraph({ products: 2 });
  });
  afterAll(() => graph[Symbol.asyncDispose]());

  it('keeps what is kept; an edited prompt renews its field alone, and put back is known again', async () => {
    const query = '{ products { summary pitch } }';
    await graph.query(query);
    expect(graph.provider.requests).toHaveLength(4);
    const prompts = join(graph.folderOf('assistant'), 'prompts');
    await writeFile(join(prompts, 'unused.prompt'), '---\nmodel: fast\n---\nUnused');
    expect((await graph.gateway.gateway.reload()).kind).toBe('swapped');
    expect(await graph.calls(() => graph.query(query))).toBe(0);
    const summary = assistantPrompts['summary.prompt'] ?? '';
    await writeFile(join(prompts, 'summary.prompt'), summary.replace('You work', 'You still work'));
    expect((await graph.gateway.gateway.reload()).kind).toBe('swapped');
    expect(await graph.calls(() => graph.query(query))).toBe(2);
    await writeFile(join(prompts, 'summary.prompt'), summary);
    await graph.gateway.gateway.reload();
    expect(await graph.calls(() => graph.query(query))).toBe(0);
    await rm(join(prompts, 'summary.prompt'));
    expect((await graph.gateway.gateway.reload()).kind).toBe('refused');
    expect(await graph.calls(() => graph.query(query))).toBe(0);
    await writeFile(join(prompts, 'summary.prompt'), summary);
  });

  it('renews by another model, another bound, another prompt of the same words', async () => {
    const query = '{ product(id: "p1") { pitch } }';
    await graph.query(query);
    const schema = join(graph.folderOf('assistant'), 'schema.graphql');
    const edit = async (to: string): Promise<number> => {
      await writeFile(schema, assistantSdl.replace('@generate(prompt: "pitch", maxOutputTokens: 100)', to));
      expect((await graph.gateway.gateway.reload()).kind).toBe('swapped');
      return graph.calls(() => graph.query(query));
    };
    expect(await edit('@generate(prompt: "pitch", maxOutputTokens: 101)')).toBe(1);
    const prompt = await readFile(join(graph.folderOf('assistant'), 'prompts/pitch.prompt'), 'utf8');
    await writeFile(join(graph.folderOf('assistant'), 'prompts/pitch@2.prompt'), prompt);
    expect(await edit('@generate(prompt: "pitch@2", maxOutputTokens: 100)')).toBe(1);
    expect(await edit('@generate(prompt: "pitch", maxOutputTokens: 100)')).toBe(0);
  });
});

describe.skipIf(withoutRedis)('two gateways over one Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterAll(() => redis.kill());
  const ai = () => `  cache: { store: redis, url: "${redis.url}" }`;

  it('share what is kept, and go on without it when it dies', async () => {
    await using one = await startAiGraph({ ai: ai() });
    one.provider.respond(echo);
    await using two = await startAiGraph({ ai: ai() });
    two.provider.respond(echo);
    const first = await one.query(page);
    expect(one.provider.requests).toHaveLength(3);
    await expect
      .poll(async () => {
        const { extensions } = await two.explain(page);
        return Object.values(extensions?.ai ?? {}).map(({ cached }) => cached);
      })
      .toEqual(['field', 'field', 'field']);
    const second = await two.query(page);
    expect(second.data).toEqual(first.data);
    await redis.kill();
    const { data, errors } = await two.query('{ products(first: 3) { summary(locale: "fr") } }');
    expect(errors).toBeUndefined();
    expect(data.products[0].summary).toContain('Locale fr');
  });
});
