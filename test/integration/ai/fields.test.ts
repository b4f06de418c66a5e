/** Many AI fields at once: which calls are made, how often, and how concurrently. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReceivedRequest } from '../../../src/testing.ts';
import { type AiGraph, echo, messagesOf, schemaOf, startAiGraph, userTextOf } from '../../testkit/graphs/ai-graph.ts';
import { testWorkers } from '../../testkit/test-workers.ts';

const product = (request: ReceivedRequest): string => /Product \d+/.exec(userTextOf(request))?.[0] ?? '';

describe('a page of twenty products', () => {
  let graph: AiGraph;
  beforeAll(async () => {
    graph = await startAiGraph({ products: 20, fields: '{ cache: { enabled: false } }' });
  });
  afterAll(() => graph[Symbol.asyncDispose]());
  beforeEach(() => {
    graph.provider.reset();
    graph.provider.respond(echo);
  });

  it('generates each summary once, by its prompt, all concurrently', async () => {
    // No call is answered before all have arrived.
    const all = graph.provider.waitForRequests(20);
    graph.provider.respond((request) => all.then(() => ({ text: `About ${product(request)}` })));
    const { data, errors } = await graph.query('{ products { id summary } }');
    expect(errors).toBeUndefined();
    expect(data.products.map(({ summary }: { summary: string }) => summary)).toEqual(
      graph.products.map(({ name }) => `About ${name}`),
    );
    expect(graph.provider.requests).toHaveLength(20);
    expect(graph.provider.peakInFlight).toBe(20);
    expect(messagesOf(graph.provider.requests[0])).toEqual([
      { role: 'system', text: expect.stringContaining('You work for a shop.') },
      { role: 'user', text: expect.stringMatching(/^Locale en\. Product Product \d+\.\n- 3 Review 1/) },
    ]);
    expect(schemaOf(graph.provider.requests[0])).toBeUndefined();
  });

  it('makes one call for equal questions of any client', async () => {
    const kept = graph.products.map(({ name, reviews }) => ({ name, reviews }));
    for (const one of graph.products) Object.assign(one, { name: 'Twin', reviews: graph.products[0]?.reviews });
    const { data } = await graph.query('{ products { summary again: summary(locale: "en") } }');
    expect(graph.provider.requests).toHaveLength(1);
    const summaries = data.products.flatMap(Object.values);
    expect(new Set(summaries).size).toBe(1);
    expect(summaries).toHaveLength(40);
    for (const [index, one] of graph.products.entries()) Object.assign(one, kept[index]);
  });

  // Calls in flight are shared within a worker.
  it.skipIf(testWorkers > 1)('makes one call for two clients at the same time, without a cache', async () => {
    graph.provider.respond({ text: 'Fine.', faults: { delayMs: 1_500 } });
    await Promise.all([
      graph.query('{ products(first: 2) { summary } }'),
      graph.query('{ all: products(first: 2) { id name text: summary } }'),
    ]);
    expect(graph.provider.requests).toHaveLength(2);
  });

  it('fails one item only, at its path', async () => {
    graph.provider.respond((request) =>
      product(request) === 'Product 7' ? { error: { status: 500 } } : { text: 'Fine.' },
    );
    const { data, errors } = await graph.query('{ products { text: summary } }');
    expect(data.products.filter(({ text }: { text: string | null }) => text === 'Fine.')).toHaveLength(19);
    expect(data.products[6]).toEqual({ text: null });
    expect(errors).toEqual([
      {
        message: expect.any(String),
        path: ['products', 6, 'text'],
        extensions: expect.objectContaining({ code: 'AI_MODEL_UNAVAILABLE' }),
      },
    ]);
    expect(graph.provider.requests).toHaveLength(20);
  });
});

describe('a slow item', () => {
  it('is null by its deadline, and the rest of the answer is complete', async () => {
    await using graph = await startAiGraph({ products: 5, fields: '{ deadline: 2s }' });
    graph.provider.respond((request) =>
      product(request) === 'Product 2' ? { text: 'Late.', faults: { delayMs: 60_000 } } : { text: 'Fine.' },
    );
    const { data, errors } = await graph.query(
      '{ products { summary priceCents reviews(first: 1) { body sentiment } } }',
    );
    expect(data.products.map((one: { summary: string | null }) => one.summary)).toEqual([
      'Fine.',
      null,
      'Fine.',
      'Fine.',
      'Fine.',
    ]);
    expect(data.products[1].priceCents).toBe(200);
    expect(errors?.filter(({ path }) => path?.[2] === 'summary')).toEqual([
      expect.objectContaining({
        path: ['products', 1, 'summary'],
        extensions: expect.objectContaining({ code: 'GATEWAY_TIMEOUT' }),
      }),
    ]);
    const [slow] = graph.provider.requests.filter((request) => product(request) === 'Product 2');
    expect(await slow?.ended).toBe('aborted');
  });

  it('leaves time for the rest of the answer if the operation’s timeout is shorter', async () => {
    const yaml = 'server: { operation_timeout: 1500ms }\ntraffic: { share_identical: subgraph }';
    await using graph = await startAiGraph({ products: 2, yaml });
    const query = '{ products { id summary } }';
    // Planned now, so that the operation's time is the model's.
    await graph.query(query);
    for (const one of graph.products) one.reviews.pop();
    graph.provider.respond((request) =>
      product(request) === 'Product 2' ? { text: 'Late.', faults: { delayMs: 60_000 } } : { text: 'Fine.' },
    );
    const { status, data, errors } = await graph.query(query);
    expect({ status, data }).toEqual({
      status: 200,
      data: {
        products: [
          { id: 'p1', summary: 'Fine.' },
          { id: 'p2', summary: null },
        ],
      },
    });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['GATEWAY_TIMEOUT']);
  });
});

it('the limits of a target hold for a whole page', async () => {
  await using graph = await startAiGraph({ products: 20, target: 'limits: { concurrency: 3 }' });
  graph.provider.respond({ text: 'Fine.', faults: { delayMs: 5 } });
  const { data } = await graph.query('{ products { summary } }');
  expect(data.products).toEqual(Array(20).fill({ summary: 'Fine.' }));
  expect(graph.provider.peakInFlight).toBe(3);
});
