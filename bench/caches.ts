/** The caches: the key of a model's answer, a hit on it, and the stores: memory, a million entries, waves in Redis. */
import { type ModelAnswer, type ModelRequest, userText } from '../src/ai/model-call/index.ts';
import { AnswerCache, type AnswerScope } from '../src/ai/models/caches/answer-cache.ts';
import { createMemoryStore } from '../src/cache/index.ts';
import { print } from './print.ts';
import { runMillionEntries } from './stores/million-entries.ts';
import { runRedisWaves } from './stores/redis-waves.ts';

const scope: AnswerScope = { target: 'openai/gpt-4.1-mini', structured: 'json_schema', tenant: 'public' };
const request: ModelRequest = {
  messages: [{ role: 'system', content: 'Be brief.' }, userText('How do I pay?')],
  output: { kind: 'text' },
  temperature: 0,
};
const answer: ModelAnswer = {
  content: [{ type: 'text', text: 'x'.repeat(300) }],
  finishReason: 'stop',
  usage: { inputTokens: 10, outputTokens: 5, cachedInputTokens: 3, source: 'reported' },
  requestId: 'req_1',
};

export async function runCaches(): Promise<void> {
  const cache = new AnswerCache({ store: createMemoryStore() });
  cache.put(request, scope, answer);
  report('the key of an answer', () => cache.keyOf(request, scope));
  report('a key and a hit', () => cache.read(cache.keyOf(request, scope) ?? ''));
  const store = createMemoryStore();
  store.set('key', 'x'.repeat(1_000), { ttlMs: 60_000, tags: ['a'] });
  report('a hit in the memory store', () => store.get('key'));
  await runRedisWaves();
  runMillionEntries();
}

/** Prints the best of ten rounds of a thousand. */
function report(name: string, work: () => unknown): void {
  for (let turn = 0; turn < 5_000; turn++) work();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round++) {
    const startedAt = performance.now();
    for (let turn = 0; turn < 1_000; turn++) work();
    best = Math.min(best, performance.now() - startedAt);
  }
  print(`${name}: ${best.toFixed(2)} microseconds`);
}
