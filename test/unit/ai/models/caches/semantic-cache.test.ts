import { afterAll, describe, expect, it } from 'vitest';
import { type ModelAnswer, type ModelRequest, userText } from '../../../../../src/ai/model-call/index.ts';
import { AnswerCache } from '../../../../../src/ai/models/caches/answer-cache.ts';
import {
  SemanticCache,
  type SemanticCacheOptions,
  type SemanticScope,
} from '../../../../../src/ai/models/caches/semantic-cache.ts';
import { createLocalProvider } from '../../../../../src/ai/providers/local/local-provider.ts';
import { createMemoryStore } from '../../../../../src/cache/index.ts';
import { abortSignalOf, Deadline } from '../../../../../src/lib/index.ts';
import type { Signals } from '../../../../../src/signals/index.ts';
import { nextSignal, twoWorkersSignals } from '../../../../testkit/processes/worker-signals.ts';
import { different, same } from '../question-pairs.ts';

const provider = createLocalProvider({ name: 'local' });
afterAll(() => provider.close());

const scope: SemanticScope = {
  alias: 'fast',
  target: 'openai/gpt-4.1-mini',
  structured: 'json_schema',
  tenant: 'public',
  tags: ['prompt:answer'],
};

const bounds = () => ({ signal: new AbortController().signal, deadline: Deadline.in(15_000) });

/** The model that comes with Isthmus. */
const local: SemanticCacheOptions['embed'] = async (texts, callBounds) => ({
  model: 'local/use-lite',
  vectors: (
    await provider.embed(
      'use-lite',
      { texts },
      { ...callBounds, signal: abortSignalOf(callBounds.signal), key: 0, structured: 'json_schema' },
    )
  ).vectors,
});

/** The worst one there is: every text is the same to it. */
const constant: SemanticCacheOptions['embed'] = async (texts) => ({
  model: 'constant',
  vectors: texts.map(() => Float32Array.of(1, 0)),
});

function asking(text: string, further: Partial<ModelRequest> = {}): ModelRequest {
  return { messages: [{ role: 'system', content: 'Be brief.' }, userText(text)], output: { kind: 'text' }, ...further };
}

function answering(text: string): ModelAnswer {
  return {
    content: [{ type: 'text', text }],
    finishReason: 'stop',
    usage: { inputTokens: 10, outputTokens: 5, source: 'reported' },
  };
}

function open(options: Partial<SemanticCacheOptions> = {}) {
  const answers = new AnswerCache({ store: createMemoryStore() });
  let embedded = 0;
  const { embed = constant } = options;
  const cache = new SemanticCache({
    ...options,
    answers,
    embed: (texts, callBounds) => {
      embedded += texts.length;
      return embed(texts, callBounds);
    },
  });
  const keep = (request: ModelRequest, in_: SemanticScope = scope, answer = answering('yes')): void => {
    answers.put(request, in_, answer);
    cache.put(request, in_);
  };
  return { answers, cache, keep, embedded: () => embedded };
}

describe('the semantic cache', () => {
  it('of one worker finds what another has added, until it is closed', async () => {
    const { first, second, close } = twoWorkersSignals();
    const answers = new AnswerCache({ store: createMemoryStore() });
    const cacheOf = (signals: Signals) =>
      new SemanticCache({ answers, embed: constant, share: { signals, topic: 'semantic cache chat' } });
    const [one, other] = [cacheOf(first), cacheOf(second)];
    const add = (text: string): void => {
      answers.put(asking(text), scope, answering('yes'));
      one.put(asking(text), scope);
    };
    const heard = nextSignal(second, 'semantic cache chat');
    const [question = '', paraphrase = ''] = same[0] ?? [];
    add(question);
    await heard;
    const hit = await other.find(asking(paraphrase), scope, bounds());
    expect(hit).toEqual(await one.find(asking(paraphrase), scope, bounds()));
    expect(hit?.answer).toEqual(answering('yes'));
    expect([one.size, other.size]).toEqual([1, 1]);
    other.close();
    const heardAgain = nextSignal(second, 'semantic cache chat');
    add('How loud is radio 7?');
    await heardAgain;
    expect([one.size, other.size]).toEqual([2, 1]);
    close();
  });

  it(`never treats one of ${different.length} different pairs as equal, whatever their vectors`, async () => {
    const wrong: string[] = [];
    for (const embed of [local, constant]) {
      for (const [one, other] of different) {
        const { cache, keep } = open({ embed, threshold: 0 });
        keep(asking(one));
        if ((await cache.find(asking(other), scope, bounds())) !== undefined) wrong.push(`${one} | ${other}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it(`treats most of ${same.length} paraphrases as equal with the local model at the default threshold`, async () => {
    const similarities: number[] = [];
    for (const [one, other] of same) {
      const { cache, keep } = open({ embed: local });
      keep(asking(one));
      const hit = await cache.find(asking(other), scope, bounds());
      if (hit !== undefined) similarities.push(hit.similarity);
    }
    // 16; to the others' capital letters and full stops its vectors give more weight than they have.
    expect(similarities.length).toBeGreaterThanOrEqual(15);
    expect(Math.min(...similarities)).toBeGreaterThanOrEqual(0.95);
  });

  it('finds nothing below the threshold', async () => {
    const embed: SemanticCacheOptions['embed'] = async (texts) => ({
      model: 'm',
      vectors: texts.map((_, index) => Float32Array.of(1, index)),
    });
    const { cache, keep } = open({ embed });
    keep(asking('How do I pay?'));
    expect(await cache.find(asking('How can I pay?'), scope, bounds())).toBeUndefined();
    const lenient = open({ embed, threshold: 0.7 });
    lenient.keep(asking('How do I pay?'));
    expect((await lenient.cache.find(asking('How can I pay?'), scope, bounds()))?.similarity).toBeCloseTo(
      Math.SQRT1_2,
      5,
    );
  });

  it('never crosses tenant, alias, target, prompt version, schema, conversation or any parameter', async () => {
    const { cache, keep } = open();
    const question = 'How can I pay?';
    keep(asking('How do I pay?'));
    expect(await cache.find(asking(question), scope, bounds())).toBeDefined();
    const scopes: readonly Partial<SemanticScope>[] = [
      { tenant: 'other' },
      { tenant: undefined as never },
      { alias: 'smart' },
      { target: 'openai/gpt-4.1' },
      { prompt: 'answer@2' },
      { structured: 'tool' },
      { scope: 'guardrails 2' },
    ];
    for (const change of scopes) {
      expect(
        await cache.find(asking(question), { ...scope, ...change }, bounds()),
        JSON.stringify(change),
      ).toBeUndefined();
    }
    const requests: readonly Partial<ModelRequest>[] = [
      { temperature: 0 },
      { seed: 1 },
      { maxOutputTokens: 10 },
      { output: { kind: 'json', name: 'a', schema: { type: 'object' } } },
      { tools: [{ name: 't', parameters: {} }] },
      { user: 'u1' },
      { reasoning: { effort: 'low' } },
      { messages: [userText(question)] },
      { messages: [{ role: 'system', content: 'Be long.' }, userText(question)] },
      { messages: [{ role: 'system', content: 'Be brief.' }, userText('Hello'), userText(question)] },
      { wire: { wire: 'openai-chat', unmapped: [], body: { messages: [{ role: 'user', content: question }] } } },
    ];
    for (const change of requests) {
      expect(await cache.find(asking(question, change), scope, bounds()), JSON.stringify(change)).toBeUndefined();
    }
  });

  it('compares requests in a client’s own wire by all their fields', async () => {
    const wired = (text: string, further: object = {}): ModelRequest =>
      asking(text, {
        wire: {
          wire: 'openai-chat',
          unmapped: [],
          body: { model: 'fast', messages: [{ role: 'user', content: text }], ...further },
        },
      });
    const { cache, keep } = open();
    keep(wired('How do I pay?'));
    expect(await cache.find(wired('How can I pay?'), scope, bounds())).toBeDefined();
    expect(await cache.find(wired('How can I pay?', { logprobs: true }), scope, bounds())).toBeUndefined();
    const parts = (text: string): ModelRequest =>
      wired(text, { messages: [{ role: 'user', content: [{ type: 'text', text }] }] });
    keep(parts('How do I leave?'));
    expect(await cache.find(parts('How can I leave?'), scope, bounds())).toBeDefined();
    const elsewhere = wired('How do I go?', { messages: [{ role: 'user', content: 'something else' }] });
    keep(elsewhere);
    expect(
      await cache.find(
        wired('How can I go?', { messages: [{ role: 'user', content: 'something else' }] }),
        scope,
        bounds(),
      ),
    ).toBeUndefined();
  });

  it('embeds nothing before a second text with the same signature, and each text once', async () => {
    const { cache, keep, embedded } = open();
    for (let index = 0; index < 50; index++) {
      expect(await cache.find(asking(`What is ${index}?`), scope, bounds())).toBeUndefined();
      keep(asking(`What is ${index}?`));
    }
    expect(embedded()).toBe(0);
    await cache.find(asking("What's 7?"), scope, bounds());
    expect(embedded()).toBe(2);
    await cache.find(asking("What's 7?"), scope, bounds());
    expect(embedded()).toBe(3);
  });

  it('never compares the vectors of two models, and recovers when the model has changed', async () => {
    let model = 'a';
    const { cache, keep } = open({
      embed: async (texts) => ({ model, vectors: texts.map(() => Float32Array.of(1, 0)) }),
    });
    keep(asking('How do I pay?'));
    expect(await cache.find(asking('How can I pay?'), scope, bounds())).toBeDefined();
    model = 'b';
    expect(await cache.find(asking('How can I pay?'), scope, bounds())).toBeUndefined();
    expect(await cache.find(asking('How can I pay?'), scope, bounds())).toBeDefined();
  });

  it('is a miss where texts cannot be embedded, are embedded badly or late', async () => {
    const embeds: readonly SemanticCacheOptions['embed'][] = [
      async () => Promise.reject(new Error('down')),
      async () => ({ model: 'm', vectors: [] }),
      async (texts) => ({ model: 'm', vectors: texts.map(() => Float32Array.of(Number.NaN)) }),
      async (texts) => ({ model: 'm', vectors: texts.map(() => Float32Array.of(0, 0)) }),
      async (texts) => ({ model: 'm', vectors: texts.map((_, index) => new Float32Array(index + 1).fill(1)) }),
      () => new Promise(() => undefined),
    ];
    for (const embed of embeds) {
      const { cache, keep } = open({ embed });
      keep(asking('How do I pay?'));
      const soon = { signal: new AbortController().signal, deadline: Deadline.in(30) };
      expect(await cache.find(asking('How can I pay?'), scope, soon)).toBeUndefined();
    }
  });

  it('rejects with the signal’s reason when its caller leaves', async () => {
    const { cache, keep } = open({ embed: () => new Promise(() => undefined) });
    keep(asking('How do I pay?'));
    const leaving = new AbortController();
    const finding = cache.find(asking('How can I pay?'), scope, { ...bounds(), signal: leaving.signal });
    leaving.abort(new Error('left'));
    await expect(finding).rejects.toThrow('left');
  });

  it('returns nothing that is missing in the answer cache, was invalidated, or calls tools', async () => {
    const store = createMemoryStore();
    const answers = new AnswerCache({ store });
    const cache = new SemanticCache({ answers, embed: constant });
    const request = asking('How do I pay?');
    cache.put(request, scope);
    expect(await cache.find(asking('How can I pay?'), scope, bounds())).toBeUndefined();
    expect(cache.size).toBe(0);
    answers.put(request, scope, answering('yes'));
    cache.put(request, scope);
    expect(await cache.find(asking('How can I pay?'), scope, bounds())).toBeDefined();
    store.invalidate('prompt:answer');
    expect(await cache.find(asking('How can I pay?'), scope, bounds())).toBeUndefined();
    const call: ModelAnswer = {
      ...answering(''),
      content: [{ type: 'tool_call', id: '1', name: 'pay', arguments: '{}' }],
      finishReason: 'tool_calls',
    };
    answers.put(request, scope, call);
    cache.put(request, scope);
    expect(await answers.read(answers.keyOf(request, scope) ?? '')).toBeDefined();
    expect(await cache.find(asking('How can I pay?'), scope, bounds())).toBeUndefined();
  });

  it('is bounded in questions and in partitions, and forgets the oldest', async () => {
    const { cache, keep } = open({ maxEntries: 10, maxPartitions: 3 });
    for (let index = 0; index < 100; index++) keep(asking(`What is ${index}?`));
    expect(cache.size).toBe(10);
    expect(await cache.find(asking("What's 99?"), scope, bounds())).toBeDefined();
    expect(await cache.find(asking("What's 1?"), scope, bounds())).toBeUndefined();
    for (let index = 0; index < 10; index++) keep(asking('What is 1?'), { ...scope, tenant: `t${index}` });
    expect(cache.size).toBe(3);
  });

  it('treats long texts as the same only if they are equal', async () => {
    const { cache, keep } = open({ maxCharacters: 100 });
    keep(asking(`What is ${'long '.repeat(30)}?`));
    expect(cache.size).toBe(0);
  });
});
