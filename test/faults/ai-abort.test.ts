/** Clients that disconnect, models that are down, deadlines that pass: a call without a waiter is ended. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AiGraph, aiLink, startAiGraph, userTextOf } from '../testkit/graphs/ai-graph.ts';
import { safetyLimit } from '../testkit/safety-limit.ts';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({ products: 3, fields: '{ deadline: 1s, cache: { enabled: false } }' });
});
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => graph.provider.reset());

const slow = { text: 'Late.', faults: { delayMs: 60_000 } };

function leaving(query: string, of: AiGraph = graph) {
  const controller = new AbortController();
  const body = JSON.stringify({ query });
  const headers = { 'content-type': 'application/json' };
  const answer = fetch(of.gateway.url, { method: 'POST', headers, body, signal: controller.signal });
  const left = answer.then(
    () => 'answered',
    () => 'left',
  );
  return { leave: () => controller.abort(), left };
}

describe('a client that leaves', () => {
  it('ends every call without another waiter', async () => {
    await graph.query('{ products { summary } }'); // planned and connected
    graph.provider.reset();
    graph.provider.respond(slow);
    const client = leaving('{ products { summary } }');
    const requests = await graph.provider.waitForRequests(3);
    client.leave();
    expect(await Promise.all(requests.map(({ ended }) => ended))).toEqual(['aborted', 'aborted', 'aborted']);
    expect(await client.left).toBe('left');
  });

  it('does not end a shared call, even if the client that began it disconnected', async () => {
    const release = Promise.withResolvers<void>();
    graph.provider.respond(() => release.promise.then(() => ({ text: 'Fine.' })));
    const first = leaving('{ products { summary } }');
    await graph.provider.waitForRequests(3);
    const second = graph.query('{ product(id: "p2") { text: summary pitch } }');
    // Its other field is requested in the same turn: then it waits for the summary too.
    await graph.provider.waitForRequests(4);
    first.leave();
    const alone = graph.provider.requests.filter(({ body }) => /Product (1|3)/.test(JSON.stringify(body)));
    expect(await Promise.all(alone.map(({ ended }) => ended))).toEqual(['aborted', 'aborted']);
    release.resolve();
    expect((await second).data).toEqual({ product: { text: 'Fine.', pitch: 'Fine.' } });
    expect(graph.provider.requests).toHaveLength(4);
  });
});

describe('a model that does not answer', () => {
  it.each([
    ['never says a word', slow],
    ['stops in the middle', { text: 'Half of', faults: { stop: { at: { afterBytes: 30 }, how: 'stall' as const } } }],
    ['drips', { text: 'Slow', faults: { drip: { bytes: 1, everyMs: 400 } } }],
  ])('and %s makes its field null by the field’s deadline, and its call is aborted', async (_name, reply) => {
    graph.provider.respond(reply);
    const startedAt = performance.now();
    const { status, data, errors } = await graph.query('{ products(first: 1) { id summary } }');
    expect(performance.now() - startedAt).toBeLessThan(safetyLimit(1_000));
    expect({ status, data }).toEqual({ status: 200, data: { products: [{ id: 'p1', summary: null }] } });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['GATEWAY_TIMEOUT']);
    expect(await graph.provider.requests[0]?.ended).toBe('aborted');
  });

  it('during a repair costs only the repair', async () => {
    graph.provider.script([{ json: { verdict: 'MAYBE', count: 3 } }, slow]);
    const { data, errors } = await graph.query('{ products(first: 1) { highlights { verdict count } } }');
    expect(data.products).toEqual([{ highlights: { verdict: null, count: 3 } }]);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['AI_OUTPUT_INVALID']);
  });

  it.each([401, 403, 404, 429, 500, 503])('with status %i is called once, and its field is null', async (status) => {
    graph.provider.respond({ error: { status } });
    const { data, errors } = await graph.query('{ products(first: 1) { id summary } }');
    expect(data.products).toEqual([{ id: 'p1', summary: null }]);
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual([
      status === 429 ? 'RATE_LIMITED' : 'AI_MODEL_UNAVAILABLE',
    ]);
    expect(graph.provider.requests).toHaveLength(1);
  });

  it('because nothing listens there is null at once', async () => {
    await graph.provider.refuseConnections();
    const { data, errors } = await graph.query('{ products { id summary reviews(first: 1) { body } } }');
    await graph.provider.acceptConnections();
    expect(data.products[2]).toEqual({ id: 'p3', summary: null, reviews: [{ body: 'Review 1 of product 3.' }] });
    expect(errors?.map(({ extensions }) => extensions.code)).toEqual(Array(3).fill('AI_MODEL_UNAVAILABLE'));
  });
});

describe('a batch of several clients', () => {
  it('continues for those who stay, and ends with the last', async () => {
    const sdl = `${aiLink}type Product @key(fields: "id") { id: ID!  name: String! @external
      slogan: String @requires(fields: "name") @generate(prompt: "slogan", maxOutputTokens: 20) }`;
    const prompts = { 'slogan.prompt': '---\nmodel: fast\nbatch: { max: 4 }\n---\nFor {{name}}' };
    await using other = await startAiGraph({ products: 3, subgraphs: { assistant: { sdl, prompts } } });
    const release = Promise.withResolvers<void>();
    other.provider.respond((request) => {
      const ids = [...userTextOf(request).matchAll(/^Item \d of 2, id (\S+):$/gm)];
      const items = ids.map(([, id], at) => ({ index: at + 1, id, answer: `Slogan ${at + 1}` }));
      return release.promise.then(() => (items.length === 0 ? { text: 'Slogan alone' } : { json: { items } }));
    });
    const first = leaving('{ products(first: 2) { slogan } }', other);
    const [request] = await other.provider.waitForRequests(1);
    const second = other.query('{ product(id: "p2") { slogan } alone: product(id: "p3") { slogan } }');
    // Begun while the first was under way: it shares the call of its first product, and makes one for the other.
    await other.provider.waitForRequests(2);
    first.leave();
    expect(await first.left).toBe('left');
    release.resolve();
    expect((await second).data).toEqual({ product: { slogan: 'Slogan 2' }, alone: { slogan: 'Slogan alone' } });
    expect(await request?.ended).toBe('answered');
    other.provider.respond(slow);
    for (const one of other.products) one.name += '+';
    const third = leaving('{ products { slogan } }', other);
    const requests = await other.provider.waitForRequests(3);
    third.leave();
    expect(await requests[2]?.ended).toBe('aborted');
  });
});
