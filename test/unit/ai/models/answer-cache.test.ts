import { afterEach, describe, expect, it } from 'vitest';
import { AnswerCache, type AnswerScope } from '../../../../src/ai/models/answer-cache.ts';
import {
  type CallBounds,
  type Embeddings,
  type ModelAnswer,
  type ModelRequest,
  ProviderFailure,
  type ProviderStreamPart,
  userText,
} from '../../../../src/ai/models/model.ts';
import { type CacheStore, createMemoryStore, createRedisStore } from '../../../../src/cache/index.ts';
import { canonicalJson, Deadline } from '../../../../src/lib/index.ts';
import { startRedisServer, withoutRedis } from '../../../testkit/redis-server.ts';

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

/** A provider that answers when it is told to. */
function asking() {
  const calls: { readonly bounds: CallBounds; readonly answer: PromiseWithResolvers<ModelAnswer> }[] = [];
  return {
    calls,
    ask: (callBounds: CallBounds): Promise<ModelAnswer> => {
      const answer = Promise.withResolvers<ModelAnswer>();
      calls.push({ bounds: callBounds, answer });
      callBounds.signal.addEventListener('abort', () => answer.reject(callBounds.signal.reason));
      return answer.promise;
    },
  };
}

describe('the answer cache', () => {
  it('gives an equal request the answer it has, with everything in it, and asks nobody', async () => {
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
    expect(await cache.complete(request, scope, bounds(), async () => answer)).toEqual({
      value: answer,
      cache: 'miss',
    });
    const reordered = JSON.parse(
      JSON.stringify({ temperature: 0, output: request.output, messages: request.messages }),
    );
    const never = (): Promise<ModelAnswer> => Promise.reject(new Error('asked'));
    expect(await cache.complete(reordered, scope, bounds(), never)).toEqual({ value: answer, cache: 'exact' });
    expect(cache.size).toBe(0);
  });

  it('has another key for every difference, known to it or not', () => {
    const cache = open();
    const wire = { wire: 'openai-chat', beyond: [], body: { model: 'fast', messages: [] } } as const;
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
      cache.keyOf({ ...request, wire }, scope, true),
    ];
    expect(keys).not.toContain(undefined);
    expect(new Set(keys).size).toBe(keys.length);
    expect(cache.keyOf(request, { ...scope, scope: '', ttlMs: 1, tags: ['a'] })).toBe(cache.keyOf(request, scope));
    expect(cache.keyOf(request, scope)).not.toContain('pay');
  });

  it('keeps only answers that are whole: nothing cut, filtered, refused, empty or unreadable', async () => {
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
      await cache.complete(asked, scope, bounds(), async () => answer);
      expect(await cache.find(asked, scope), JSON.stringify(answer)).toBeUndefined();
    }
    const right: readonly (readonly [ModelRequest, ModelAnswer])[] = [
      [json, text('{"a":1}')],
      [request, text('', { content: [call('{}')], finishReason: 'tool_calls' })],
      [json, text('', { content: [call('{}')], finishReason: 'stop' })],
    ];
    for (const [asked, answer] of right) {
      const cache = open();
      await cache.complete(asked, scope, bounds(), async () => answer);
      expect((await cache.find(asked, scope))?.answer).toEqual(answer);
    }
  });

  it('keeps nothing its caller does not admit, nothing for longer than it says, and nothing invalidated', async () => {
    const store = createMemoryStore();
    const cache = open(store);
    cache.keep(request, { ...scope, admits: () => false }, text('a'));
    expect(await cache.find(request, scope)).toBeUndefined();
    cache.keep(request, { ...scope, ttlMs: 0 }, text('a'));
    expect(await cache.find(request, scope)).toBeUndefined();
    cache.keep(request, { ...scope, tags: ['prompt:x'] }, text('a'));
    expect(await cache.find(request, scope)).toBeDefined();
    store.invalidate('prompt:x');
    expect(await cache.find(request, scope)).toBeUndefined();
    cache.keep(request, scope, text('a'));
    await cache.forget(request, scope);
    expect(await cache.find(request, scope)).toBeUndefined();
  });

  it('takes bytes that are no answer as a miss and deletes them', async () => {
    const store = createMemoryStore();
    const cache = open(store);
    const key = cache.keyOf(request, scope) ?? '';
    const good = JSON.stringify({ v: 1, answer: text('x') });
    const changed = (change: object): string => JSON.stringify({ v: 1, answer: { ...text('x'), ...change } });
    const bad = [
      '',
      'null',
      '[]',
      good.slice(0, -3),
      good.replace('"v":1', '"v":2'),
      changed({ finishReason: 'length' }),
      changed({ refusal: 'no' }),
      changed({ content: 'x' }),
      changed({ content: [{ type: 'text' }] }),
      changed({ content: [{ type: 'image', url: 'x' }] }),
      changed({ usage: { inputTokens: -1, outputTokens: 0, source: 'reported' } }),
      changed({ usage: { inputTokens: 1, source: 'reported' } }),
      changed({ requestId: 1 }),
      JSON.stringify({ v: 1, answer: text('x'), deltas: [{ type: 'text_delta', text: 'x' }] }),
    ];
    for (const bytes of bad) {
      store.set(key, bytes);
      expect(await cache.read(key), bytes).toBeUndefined();
      expect(store.get(key), bytes).toBeUndefined();
    }
    store.set(key, good);
    expect((await cache.read(key))?.answer).toEqual(text('x'));
  });

  it('does not cache a request that is nested too deep to be read', async () => {
    let deep: unknown = 1;
    for (let level = 0; level < 50_000; level++) deep = [deep];
    const nested: ModelRequest = { ...request, wire: { wire: 'openai-chat', beyond: [], body: { deep } } };
    expect((await open().complete(nested, scope, bounds(), async () => text('x'))).cache).toBe('off');
  });

  it('makes equal calls in flight once, each caller with an own end', async () => {
    const cache = open();
    const { ask, calls } = asking();
    const [first, second, third] = [bounds(), bounds(), bounds(30)];
    const answers = [first, second, third].map((one) => cache.complete(request, scope, one, ask));
    const other = cache.complete(request, { ...scope, tenant: 'other' }, bounds(), ask);
    expect(calls).toHaveLength(2);
    await expect(answers[2]).rejects.toMatchObject({ kind: 'timeout' });
    first.leave(new Error('left'));
    await expect(answers[0]).rejects.toThrow('left');
    expect(calls[0]?.bounds.signal.aborted).toBe(false);
    calls[0]?.answer.resolve(text('shared'));
    calls[1]?.answer.resolve(text('own'));
    expect(await answers[1]).toEqual({ value: text('shared'), cache: 'shared' });
    expect(await other).toEqual({ value: text('own'), cache: 'miss' });
    expect(cache.size).toBe(0);
  });

  it('aborts the call when the last one has left, and begins anew for the next', async () => {
    const cache = open();
    const { ask, calls } = asking();
    const [first, second] = [bounds(), bounds()];
    const answers = [first, second].map((one) => cache.complete(request, scope, one, ask));
    first.leave('one');
    second.leave('two');
    expect(await Promise.allSettled(answers)).toMatchObject([{ reason: 'one' }, { reason: 'two' }]);
    expect(calls[0]?.bounds.signal.aborted).toBe(true);
    const again = cache.complete(request, scope, bounds(), ask);
    calls[1]?.answer.resolve(text('again'));
    expect(await again).toEqual({ value: text('again'), cache: 'miss' });
  });

  it('hands the work on to those with time left when its beginner’s time is over', async () => {
    const cache = open();
    let calls = 0;
    const ask = async ({ deadline }: CallBounds): Promise<ModelAnswer> => {
      calls++;
      if (calls === 2) return text('second');
      while (!deadline.passed) await new Promise((resolve) => setTimeout(resolve, 5));
      throw new ProviderFailure({ kind: 'timeout', detail: 'late' });
    };
    const short = cache.complete(request, scope, bounds(20), ask);
    const long = [bounds(), bounds()].map((one) => cache.complete(request, scope, one, ask));
    await expect(short).rejects.toMatchObject({ kind: 'timeout' });
    expect((await Promise.all(long)).map((one) => one.cache).sort()).toEqual(['miss', 'shared']);
    expect(calls).toBe(2);
  });

  it('gives a failure to everyone who waited, and keeps nothing of it', async () => {
    const cache = open();
    const { ask, calls } = asking();
    const answers = [bounds(), bounds()].map((one) => cache.complete(request, scope, one, ask));
    calls[0]?.answer.reject(new ProviderFailure({ kind: 'rate_limited', detail: 'x', retryAfterMs: 5 }));
    for (const answer of answers) await expect(answer).rejects.toMatchObject({ kind: 'rate_limited', retryAfterMs: 5 });
    expect(await cache.find(request, scope)).toBeUndefined();
    await expect(cache.complete(request, scope, bounds(0), ask)).rejects.toMatchObject({ kind: 'timeout' });
    expect(calls).toHaveLength(1);
  });

  it('keeps vectors to the bit, and only as many as were asked for', async () => {
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
    const { ask, calls } = asking();
    const both = [bounds(), bounds()].map((each) => one?.complete(request, scope, each, ask));
    while (calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    calls[0]?.answer.resolve(text('from one'));
    expect((await Promise.all(both)).map((cached) => cached?.cache)).toEqual(['miss', 'shared']);
    expect(calls).toHaveLength(1);
    while ((await two?.find(request, scope)) === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(await two?.complete(request, scope, bounds(), ask)).toEqual({ value: text('from one'), cache: 'exact' });
    const parts = await two?.stream(request, scope, bounds(), () => [] as never);
    expect(parts?.cache).toBe('exact');
  });

  it('makes a key in a few microseconds, and a hit in little more', async () => {
    const cache = open();
    cache.keep(request, scope, text('x'.repeat(300)));
    const took = (work: () => unknown): number => {
      for (let turn = 0; turn < 5_000; turn++) work();
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 10; round++) {
        const began = performance.now();
        for (let turn = 0; turn < 1_000; turn++) work();
        best = Math.min(best, performance.now() - began); // of 1000: microseconds each
      }
      return best;
    };
    expect(took(() => cache.keyOf(request, scope))).toBeLessThan(20);
    expect(took(() => cache.complete(request, scope, bounds(), () => Promise.reject(new Error('asked'))))).toBeLessThan(
      60,
    );
  });
});

describe('canonical JSON', () => {
  it('is the same for equal values in any order, and what JSON is otherwise', () => {
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

async function* streaming(parts: readonly ProviderStreamPart[]): AsyncGenerator<ProviderStreamPart, void, void> {
  yield* parts;
}

async function all(parts: AsyncIterable<ProviderStreamPart>): Promise<ProviderStreamPart[]> {
  return Array.fromAsync(parts);
}

describe('streams in the answer cache', () => {
  const hello = [
    { type: 'text_delta', index: 0, text: 'Hel' },
    { type: 'text_delta', index: 0, text: 'lo' },
    { type: 'end', answer: text('Hello') },
  ] as const satisfies readonly ProviderStreamPart[];

  it('are kept when they end, and replayed as parts; whole answers as well', async () => {
    const cache = open();
    const first = await cache.stream(request, scope, bounds(), () => streaming(hello));
    expect([first.cache, await all(first.parts)]).toEqual(['miss', hello]);
    const second = await cache.stream(request, scope, bounds(), () => streaming([]));
    expect([second.cache, await all(second.parts)]).toEqual([
      'exact',
      [{ type: 'text_delta', index: 0, text: 'Hello' }, hello[2]],
    ]);
    expect((await cache.complete(request, scope, bounds(), async () => text('other'))).value).toEqual(text('Hello'));
  });

  it('are replayed event for event where they came in the client’s own wire', async () => {
    const wired: ModelRequest = {
      ...request,
      wire: { wire: 'openai-chat', beyond: ['logprobs'], body: { logprobs: true, stream: true } },
    };
    const events: readonly ProviderStreamPart[] = [
      { type: 'other', wire: '{"role":1}' },
      { type: 'text_delta', index: 0, text: 'Hello', wire: '{"logprobs":2}' },
      { type: 'end', answer: text('Hello') },
    ];
    const cache = open();
    await all((await cache.stream(wired, scope, bounds(), () => streaming(events))).parts);
    const hit = await cache.stream(wired, scope, bounds(), () => streaming([]));
    expect([hit.cache, await all(hit.parts)]).toEqual(['exact', events]);
    expect(await cache.find(wired, scope)).toBeUndefined();
    expect(await cache.find(wired, scope, true)).toBeDefined();
  });

  it('are not kept when they fail, break, end without an end or are left', async () => {
    const cut = new ProviderFailure({ kind: 'stream_incomplete', detail: 'cut' });
    const [delta] = hello;
    const cache = open();
    for (const parts of [[delta, { type: 'failed', failure: cut }], [delta], []] as ProviderStreamPart[][]) {
      const read = await all((await cache.stream(request, scope, bounds(), () => streaming(parts))).parts);
      expect(read.at(-1)).toMatchObject({ type: 'failed', failure: { kind: 'stream_incomplete' } });
    }
    async function* broken(): AsyncGenerator<ProviderStreamPart, void, void> {
      yield delta;
      throw new Error('a bug');
    }
    await expect(cache.stream(request, scope, bounds(), broken).then(({ parts }) => all(parts))).rejects.toThrow(
      'a bug',
    );
    const { parts } = await cache.stream(request, scope, bounds(), () => streaming(hello));
    for await (const part of parts) {
      expect(part).toBe(delta);
      break;
    }
    expect(cache.size).toBe(0);
    expect(await cache.find(request, scope)).toBeUndefined();
  });

  /** A provider's stream that gives what it is told to. */
  function driven() {
    const waiting: ((part: ProviderStreamPart) => void)[] = [];
    let opened = 0;
    let signal: AbortSignal | undefined;
    const open_ = (callBounds: CallBounds): AsyncIterable<ProviderStreamPart> => {
      opened++;
      signal = callBounds.signal;
      return {
        [Symbol.asyncIterator]: () => ({
          next: () =>
            new Promise((resolve, reject) => {
              callBounds.signal.addEventListener('abort', () => reject(callBounds.signal.reason));
              waiting.push((value) => resolve({ done: false, value }));
            }),
        }),
      };
    };
    return {
      open: open_,
      opened: () => opened,
      aborted: () => signal?.aborted,
      give: async (part: ProviderStreamPart) => {
        while (waiting.length === 0) await new Promise((resolve) => setImmediate(resolve));
        waiting.shift()?.(part);
      },
    };
  }

  it('are shared while they run: each reader from the beginning, each with an own end', async () => {
    const cache = open();
    const provider = driven();
    const leaving = bounds();
    const streams = [
      await cache.stream(request, scope, bounds(), provider.open),
      await cache.stream(request, scope, leaving, provider.open),
    ];
    const first = all(streams[0]?.parts ?? streaming([]));
    const second = all(streams[1]?.parts ?? streaming([]));
    await provider.give(hello[0]);
    leaving.leave(new Error('left'));
    await expect(second).rejects.toThrow('left');
    const third = await cache.stream(request, scope, bounds(), provider.open);
    await provider.give(hello[1]);
    await provider.give(hello[2]);
    expect(await first).toEqual(hello);
    expect(await all(third.parts)).toEqual(hello);
    expect([...streams, third].map((one) => one.cache)).toEqual(['miss', 'shared', 'shared']);
    expect(provider.opened()).toBe(1);
    expect(cache.size).toBe(0);
  });

  it('go on when whoever began them leaves, and are aborted when the last one does', async () => {
    const cache = open();
    const provider = driven();
    const [first, second] = [bounds(), bounds()];
    const begun = all((await cache.stream(request, scope, first, provider.open)).parts);
    const joined = all((await cache.stream(request, scope, second, provider.open)).parts);
    await provider.give(hello[0]);
    first.leave('one');
    await expect(begun).rejects.toBe('one');
    await provider.give(hello[1]);
    expect(provider.aborted()).toBe(false);
    second.leave('two');
    await expect(joined).rejects.toBe('two');
    expect(provider.aborted()).toBe(true);
    expect(cache.size).toBe(0);
  });

  it('end at a reader’s own deadline, and are not joined by one who has more time', async () => {
    const cache = open();
    const [slow, provider] = [driven(), driven()];
    const short = await cache.stream(request, scope, bounds(30), slow.open);
    const long = await cache.stream(request, scope, bounds(), provider.open);
    expect([short.cache, long.cache]).toEqual(['miss', 'miss']);
    expect(await all(short.parts)).toMatchObject([{ type: 'failed', failure: { kind: 'timeout' } }]);
    expect(slow.aborted()).toBe(true);
    const joined = await cache.stream(request, scope, bounds(), provider.open);
    expect(joined.cache).toBe('shared');
    const reading = Promise.all([all(long.parts), all(joined.parts)]);
    for (const part of hello) await provider.give(part);
    expect(await reading).toEqual([hello, hello]);
  });

  it('let go of what was read once they are too long to be kept', async () => {
    const cache = new AnswerCache({ store: createMemoryStore(), maxStreamCharacters: 10_000 });
    async function* endless(): AsyncGenerator<ProviderStreamPart, void, void> {
      for (let count = 0; count < 20_000; count++)
        yield { type: 'text_delta', index: 0, text: `${count} `.repeat(200) };
      yield { type: 'end', answer: text('long') };
    }
    const { parts } = await cache.stream(request, scope, bounds(), endless);
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    let count = 0;
    for await (const part of parts) {
      if (part.type === 'text_delta') expect(part.text.startsWith(`${count++} `)).toBe(true);
      if (count === 1_000) expect(cache.size).toBe(0);
    }
    globalThis.gc?.();
    expect(count).toBe(20_000);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(20_000_000);
    expect(await cache.find(request, scope)).toBeUndefined();
  });
});
