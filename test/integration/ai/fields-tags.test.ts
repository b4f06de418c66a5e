/** AI fields in the caches of whole answers, and with declared fallbacks. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AiGraph, aiLink, assistantPrompts, echo, startAiGraph } from '../../testkit/graphs/ai-graph.ts';

const sdl = `${aiLink}
extend schema @link(url: "https://isthmus.dev/cache/v1.0", import: ["@fallback"])
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  description: String @external
  summary: String! @requires(fields: "name") @generate(prompt: "named", maxOutputTokens: 20) @fallback(value: "\\"none\\"")
  pitch: String @requires(fields: "description") @generate(prompt: "pitch", maxOutputTokens: 20) @fallback(value: "null")
}`;

describe('AI fields', () => {
  let graph: AiGraph;
  beforeAll(async () => {
    graph = await startAiGraph({
      subgraphs: { assistant: { sdl, prompts: assistantPrompts } },
      yaml: 'cache: { response: { enabled: true, default_max_age: 1h } }',
    });
    graph.provider.respond(echo);
  });
  afterAll(() => graph[Symbol.asyncDispose]());

  it('in a whole answer are answered anew once their prompt is invalidated', async () => {
    const ask = (field: string) => graph.calls(() => graph.query(`{ product(id: "p1") { ${field} } }`));
    expect([await ask('summary'), await ask('pitch'), await ask('summary'), await ask('pitch')]).toEqual([1, 1, 0, 0]);
    const { gateway } = graph.gateway;
    await gateway.invalidate([{ kind: 'prompt', prompt: 'named' }]);
    expect([await ask('pitch'), await ask('summary'), await ask('summary')]).toEqual([0, 1, 0]);
    const { requests } = graph.gateway.subgraphs.shop ?? { requests: [] };
    requests.length = 0;
    // The model’s answer is still there; what it was answered with is read anew.
    await gateway.invalidate([{ kind: 'type', subgraph: 'assistant', type: 'Product' }]);
    expect([await ask('pitch'), requests.length]).toEqual([0, 1]);
  });

  it('have their fallback where the model fails, or what they read', async () => {
    graph.provider.respond({ error: { status: 400 } });
    const { data, errors, extensions } = await graph.query('{ product(id: "p2") { name summary pitch } }');
    expect([data, errors]).toEqual([{ product: { name: 'Product 2', summary: 'none', pitch: null } }, undefined]);
    expect(Object.keys((extensions as { degraded?: object })?.degraded ?? {})).toEqual([
      'product.summary',
      'product.pitch',
    ]);
    const [, , third] = graph.products;
    if (third !== undefined) third.description = '!it is broken';
    const broken = await graph.query('{ product(id: "p3") { pitch } }');
    expect([broken.data, broken.errors]).toEqual([{ product: { pitch: null } }, undefined]);
    expect(Object.keys((broken.extensions as { degraded?: object })?.degraded ?? {})).toEqual(['product.pitch']);
    graph.provider.respond(echo);
    expect((await graph.query('{ product(id: "p2") { name summary pitch } }')).data.product.summary).toContain(
      'Product 2',
    );
  });
});
