/** Numbers of entities and arguments reach a prompt exactly, digit for digit. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AiGraph, aiLink, startAiGraph } from '../../testkit/graphs/ai-graph.ts';

const sdl = `${aiLink}
  scalar Decimal
  input Offer { price: Decimal  ratio: Float  code: ID }
  type Product @key(fields: "id") { id: ID!  averageRating: Float @external
    worth(price: Decimal, offer: Offer, code: ID, ratio: Float): String
      @requires(fields: "averageRating") @generate(prompt: "worth") }`;
const prompt = `---
model: fast
config: { maxOutputTokens: 90 }
---
{{averageRating}}|{{price}}|{{json offer}}|{{code}}|{{ratio}}`;

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({ products: 1, subgraphs: { assistant: { sdl, prompts: { 'worth.prompt': prompt } } } });
  const { shop } = graph.gateway.subgraphs;
  if (shop === undefined) throw new Error('it is started');
  shop.intercept = (_request, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end('{"data":{"products__0":[{"__typename":"Product","id":"p1","averageRating":4.12345678901234567890}]}}');
});
afterAll(() => graph[Symbol.asyncDispose]());

describe('numbers that JavaScript would round', () => {
  it.each([
    [
      'literals',
      'query { products { worth(price: 9007199254740993, offer: {price: 1e400, ratio: 0.5, code: 9007199254740995}, code: 9007199254740997, ratio: 0.25) } }',
      {},
    ],
    [
      'variables',
      'query ($p: Decimal, $o: Offer, $c: ID, $r: Float) { products { worth(price: $p, offer: $o, code: $c, ratio: $r) } }',
      '{"p":9007199254740999,"o":{"price":1e400,"ratio":0.50000000000000000,"code":9007199254740995},"c":9007199254740997,"r":0.25000000000000000}',
    ],
  ])('reach the prompt whole, as %s', async (name, query, variables) => {
    graph.provider.reset();
    const body = `{"query":${JSON.stringify(query)},"variables":${typeof variables === 'string' ? variables : '{}'}}`;
    const response = await fetch(graph.gateway.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const { errors } = (await response.json()) as { errors?: unknown };
    expect(errors).toBeUndefined();
    const asked = JSON.stringify(graph.provider.requests).replaceAll('\\', '');
    const price = name === 'literals' ? '9007199254740993' : '9007199254740999';
    expect(asked).toContain(`4.12345678901234567890|${price}|`);
    expect(asked).toContain('|9007199254740997|0.25');
    expect(asked).toContain('"price":1e400');
    expect(asked).toContain('"code":"9007199254740995"');
  });
});
