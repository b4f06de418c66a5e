import { afterEach, describe, expect, it } from 'vitest';
import {
  type CallBounds,
  type Embeddings,
  type ModelAnswer,
  type ModelRequest,
  userText,
} from '../../../../../src/ai/model-call/index.ts';
import { AnswerCache, type AnswerScope } from '../../../../../src/ai/models/caches/answer-cache.ts';
import { type CacheStore, createMemoryStore, createRedisStore } from '../../../../../src/cache/index.ts';
import { canonicalJson, Deadline } from '../../../../../src/lib/index.ts';
import { startRedisServer, withoutRedis } from '../../../../testkit/servers/redis-server.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

const scope: AnswerScope = { target: 'openai/gpt-4.1-mini', structured: 'json_schema', tenant: 'public' };

const request: ModelRequest = {
  messages: [{ role: 'system', content: 'Be brief.' }, userText('How do I pay?')],
  output: { kind: 'text' },
  temperature: 0,
};

function text(value: string, further: Partial<ModelAnswer> = {}): ModelAnswer {
  const usage = { inputTokens: 10, outputTokens: 5, cachedInputTokens: 3, source: 'reported' } as const;
  return { content: [{ type: 'text', text: value }], finishReason: 'stop', usage, requestId: 'req_1', ...further };
}

function bounds(milliseconds = 15_000): CallBounds & { readonly leave: (reason: unknown) => void } {
  const controller = new AbortController();
  const deadline = Deadline.in(milliseconds);
  return { signal: controller.signal, deadline, leave: (reason) => controller.abort(reason) };
}

function open(store: CacheStore = createMemoryStore()): AnswerCache {
  return new AnswerCache({ store });
}

/** What is under the request's key. */
async function found(cache: AnswerCache, asked: ModelRequest = request, in_ = scope): Promise<ModelAnswer | undefined> {
  return cache.read(cache.keyOf(asked, in_) ?? '');
}

describe('the answer cache', () => {
  it('returns the newest complete answer for an equal request', async () => {
    const cache = open();
    const answer = text('With a card.', {
      content: [
        { type: 'reasoning', text: 'hm', opaque: { signature: 'abc', nested: { list: [1, null] } } },
        { type: 'text', text: 'With a card.' },
        { type: 'tool_call', id: 'c1', name: 'pay', arguments: '{"a":1}', opaque: { thought: 'x' } },
      ],
      finishReason: 'tool_calls',
      respondedModel: 'gpt-4.1-mini-2025',
      wire: '{"id":"1"}',
    });
    expect(await found(cache)).toBeUndefined();
    cache.put(request, scope, answer);
    const reordered = JSON.parse(
      JSON.stringify({ temperature: 0, output: request.output, messages: request.messages }),
    );
    expect(await found(cache, reordered)).toEqual(answer);
    expect(await found(cache, reordered)).toEqual(answer);
    cache.put(request, scope, text('Another.'));
    expect(await found(cache)).toEqual(text('Another.'));
  });

  it('has another key for every difference, also in unknown fields', () => {
    const cache = open();
    const wire = { wire: 'openai-chat', unmapped: [], body: { model: 'fast', messages: [] } } as const;
    const requests: readonly object[] = [
      {},
      { messages: [userText('How do I pay?')] },
      { messages: [{ role: 'system', content: 'Be brief. ' }, userText('How do I pay?')] },
      { output: { kind: 'json', name: 'a', schema: undefined } },
      { output: { kind: 'json', name: 'a', schema: { type: 'object' } } },
      { output: { kind: 'json', name: 'b', schema: { type: 'object' } } },
      { temperature: 1 },
      { maxOutputTokens: 100 },
      { seed: 1 },
      { stop: ['x'] },
      { tools: [{ name: 't', parameters: {} }] },
      { tools: [{ name: 't', parameters: {}, strict: true }] },
      { toolChoice: 'required' },
      { toolChoice: { name: 'required' } },
      { parallelToolCalls: false },
      { parallelToolCalls: true },
      { reasoning: { effort: 'low' } },
      { reasoning: { budgetTokens: 1 } },
      { user: 'u1' },
      { wire },
      { wire: { ...wire, body: { ...wire.body, logprobs: true } } },
      { wire: { ...wire, body: { ...wire.body, metadata: { a: '1' } } } },
      { wire: { ...wire, wire: 'openai-responses' } },
      { wire: { ...wire, body: { ...wire.body, messages: [{ role: 'user', content: 'How do I pay?' }] } } },
      { wire: { ...wire, body: {}, isForeign: true } },
      { wire: { ...wire, body: {}, isForeign: true }, messages: [userText('Another question')] },
      { aFieldNobodyThoughtOf: 1 },
    ];
    const scopes: readonly Partial<AnswerScope>[] = [
      { target: 'openai/gpt-4.1' },
      { structured: 'tool' },
      { tenant: 'other' },
      { tenant: undefined as never },
      { tenant: 'null' },
      { scope: 'guardrails 2' },
      { target: 'openai/gpt-4.1-mini","json_schema' },
    ];
    const keys = [
      ...requests.map((change) => cache.keyOf({ ...request, ...change }, scope)),
      ...scopes.map((change) => cache.keyOf(request, { ...scope, ...change })),
    ];
    expect(keys).not.toContain(undefined);
    expect(new Set(keys).size).toBe(keys.length);
    expect(cache.keyOf(request, { ...scope, scope: '', ttlMs: 1, tags: ['a'] })).toBe(cache.keyOf(request, scope));
    expect(cache.keyOf(request, scope)).not.toContain('pay');
  });

  it('caches only complete answers: nothing truncated, filtered, refused, empty or unreadable', async () => {
    const json: ModelRequest = { ...request, output: { kind: 'json', name: 'a', schema: { type: 'object' } } };
    const call = (args: string) => ({ type: 'tool_call', id: '1', name: 't', arguments: args }) as const;
    const wrong: readonly (readonly [ModelRequest, ModelAnswer])[] = [
      [request, text('cut', { finishReason: 'length' })],
      [request, text('filtered', { finishReason: 'content_filter' })],
      [request, text('no', { finishReason: 'refusal' })],
      [request, text('I cannot', { refusal: 'I cannot' })],
      [request, text('')],
      [request, text(' \n')],
      [request, text('', { content: [] })],
      [request, text('', { content: [{ type: 'reasoning', text: 'only thought' }] })],
      [request, text('', { content: [], finishReason: 'tool_calls' })],
      [request, text('text but no call', { finishReason: 'tool_calls' })],
      [request, text('', { content: [call('{"a":')], finishReason: 'tool_calls' })],
      [json, text('{"a":')],
      [json, text('Sure! {"a":1}')],
    ];
    for (const [asked, answer] of wrong) {
      const cache = open();
      cache.put(asked, scope, answer);
      expect(await found(cache, asked), JSON.stringify(answer)).toBeUndefined();
    }
    const right: readonly (readonly [ModelRequest, ModelAnswer])[] = [
      [json, text('{"a":1}')],
      [request, text('', { content: [call('{}')], finishReason: 'tool_calls' })],
      [json, text('', { content: [call('{}')], finishReason: 'stop' })],
    ];
    for (const [asked, answer] of right) {
      const cache = open();
      cache.put(asked, scope, answer);
      expect(await found(cache, asked)).toEqual(answer);
    }
  });

  it('caches nothing that its caller excludes, nothing beyond its time to live, and nothing invalidated', async () => {
    const store = createMemoryStore();
    const cache = open(store);
    cache.put(request, { ...scope, admits: () => false }, text('a'));
    expect(await found(cache)).toBeUndefined();
    cache.put(request, { ...scope, ttlMs: 0 }, text('a'));
    expect(await found(cache)).toBeUndefined();
    cache.put(request, { ...scope, tags: ['prompt:x'] }, text('a'));
    expect(await found(cache)).toBeDefined();
    store.invalidate('prompt:x');
    expect(await found(cache)).toBeUndefined();
  });

  it('treats invalid bytes as a miss and deletes them', async () => {
    const store = createMemoryStore();
    const cache = open(store);
    const key = cache.keyOf(request, scope) ?? '';
    const good = JSON.stringify({ v: 2, answer: text('x') });
    const changed = (change: object): string => JSON.stringify({ v: 2, answer: { ...text('x'), ...change } });
    const bad = [
      '',
      'null',
      '[]',
      good.slice(0, -3),
      good.replace('"v":2', '"v":1'),
      `\n${good}`,
      changed({ finishReason: 'length' }),
      changed({ refusal: 'no' }),
      changed({ content: 'x' }),
      changed({ content: [{ type: 'text' }] }),
      changed({ content: [{ type: 'image', url: 'x' }] }),
      changed({ usage: { inputTokens: -1, outputTokens: 0, source: 'reported' } }),
      changed({ usage: { inputTokens: 1, source: 'reported' } }),
      changed({ requestId: 1 }),
    ];
    for (const bytes of bad) {
      store.set(key, bytes);
      expect(await cache.read(key), bytes).toBeUndefined();
      expect(store.get(key), bytes).toBeUndefined();
    }
    store.set(key, good);
    expect(await cache.read(key)).toEqual(text('x'));
  });

  it('preserves the body of a provider as it came', async () => {
    const cache = open();
    for (const wire of ['{"id":"x"}', '{\n  "text": "a\\nb é 😀"\n}\n', '\n', '']) {
      const named = { ...request, model: JSON.stringify(wire) };
      cache.put(named, scope, { ...text('x'), wire });
      expect(await cache.read(cache.keyOf(named, scope) ?? '')).toEqual({ ...text('x'), wire });
    }
  });

  it('has no key for a request that is nested too deep to be read', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level++) deep = [deep];
    const nested: ModelRequest = { ...request, wire: { wire: 'openai-chat', unmapped: [], body: { deep } } };
    expect(open().keyOf(nested, scope)).toBeUndefined();
  });

  it('preserves vectors to the bit, and only as many as were requested', async () => {
    const cache = open();
    const embedding = { texts: ['a', 'b'] };
    const given: Embeddings = {
      vectors: [Float32Array.of(0.1, -0, 3e-40), Float32Array.of(1, 2)],
      usage: { inputTokens: 2, outputTokens: 0, source: 'reported' },
      requestId: 'r',
    };
    let asked = 0;
    const ask = async (): Promise<Embeddings> => {
      asked++;
      return given;
    };
    expect((await cache.embed(embedding, scope, bounds(), ask)).cache).toBe('miss');
    expect(await cache.embed(embedding, scope, bounds(), ask)).toEqual({ value: given, cache: 'exact' });
    expect((await cache.embed({ texts: ['b', 'a'] }, scope, bounds(), ask)).cache).toBe('miss');
    expect((await cache.embed({ ...embedding, dimensions: 2 }, scope, bounds(), ask)).cache).toBe('miss');
    expect((await cache.embed({ texts: ['only one'] }, scope, bounds(), ask)).cache).toBe('miss');
    expect((await cache.embed({ texts: ['only one'] }, scope, bounds(), ask)).cache).toBe('miss');
    expect(asked).toBe(5);
  });

  it.skipIf(withoutRedis)('works the same over Redis, and shares between two gateways', async () => {
    const server = await startRedisServer();
    closing.push(() => server.kill());
    const stores = await Promise.all(
      [0, 1].map(async () => {
        const ready = Promise.withResolvers<void>();
        const onStateChange = (state: string): unknown => state === 'ready' && ready.resolve();
        const store = createRedisStore({ url: server.url, commandTimeoutMs: 5_000, onStateChange });
        closing.push(() => store.close());
        await ready.promise;
        return store;
      }),
    );
    const [one, two] = stores.map((store) => open(store));
    one?.put(request, scope, text('from one'));
    while (two !== undefined && (await found(two)) === undefined)
      await new Promise((resolve) => setTimeout(resolve, 1));
    expect(await Promise.all([one, two].map((each) => each && found(each)))).toEqual([
      text('from one'),
      text('from one'),
    ]);
  });
});

describe('canonical JSON', () => {
  it('is the same for equal values in any order, and like JSON otherwise', () => {
    expect(canonicalJson({ b: [1, { d: 1, c: 'x' }], a: null })).toBe('{"a":null,"b":[1,{"c":"x","d":1}]}');
    const values = [
      1e21,
      -0,
      0.1,
      Number.NaN,
      'é"\n\u2028\ud800',
      true,
      null,
      [undefined, () => 1],
      [],
      {},
      new Date(0),
    ];
    for (const value of values) expect(canonicalJson(value)).toBe(JSON.stringify(value));
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
    expect(canonicalJson(JSON.parse('{"__proto__":1,"10":2,"9":3}'))).toBe('{"10":2,"9":3,"__proto__":1}');
  });
});
