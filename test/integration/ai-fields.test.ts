/** Many AI fields at once: what is asked, how often, how far at the same time, and who waits for whom. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReceivedRequest } from '../../src/testing.ts';
import { type AiGraph, echo, messagesOf, schemaOf, startAiGraph, userTextOf } from '../testkit/ai-graph.ts';

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

  it('asks for each summary once, by its prompt, all at the same time', async () => {
    graph.provider.respond((request) => ({ text: `About ${product(request)}`, faults: { delayMs: 40 } }));
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

  it('asks equal questions once, whoever’s they are', async () => {
    const kept = graph.products.map(({ name, reviews }) => ({ name, reviews }));
    for (const one of graph.products) Object.assign(one, { name: 'Twin', reviews: graph.products[0]?.reviews });
    const { data } = await graph.query('{ products { summary again: summary(locale: "en") } }');
    expect(graph.provider.requests).toHaveLength(1);
    const summaries = data.products.flatMap(Object.values);
    expect(new Set(summaries).size).toBe(1);
    expect(summaries).toHaveLength(40);
    for (const [index, one] of graph.products.entries()) Object.assign(one, kept[index]);
  });

  it('asks once for two clients at the same time, without a cache', async () => {
    graph.provider.respond({ text: 'Fine.', faults: { delayMs: 40 } });
    await Promise.all([
      graph.query('{ products(first: 2) { summary } }'),
      graph.query('{ all: products(first: 2) { id name text: summary } }'),
    ]);
    expect(graph.provider.requests).toHaveLength(2);
  });

  it('fails one item alone, at its path', async () => {
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

it('the limits of a target hold for a whole page', async () => {
  await using graph = await startAiGraph({ products: 20, target: 'limits: { concurrency: 3 }' });
  graph.provider.respond({ text: 'Fine.', faults: { delayMs: 5 } });
  const { data } = await graph.query('{ products { summary } }');
  expect(data.products).toEqual(Array(20).fill({ summary: 'Fine.' }));
  expect(graph.provider.peakInFlight).toBe(3);
});
