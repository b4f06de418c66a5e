/** Hundreds of calls at the same time over providers that come and go: each ends, and nothing of any is left behind. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ScriptedReply } from '../../src/testing.ts';
import { startV1Gateway, type V1Gateway, words } from '../integration/v1/v1-gateway.ts';

const asked = [
  [
    '/chat/completions',
    (model: string, stream: boolean) => ({ model, stream, messages: [{ role: 'user', content: words() }] }),
  ],
  ['/responses', (model: string, stream: boolean) => ({ model, stream, input: words() })],
  [
    '/messages',
    (model: string, stream: boolean) => ({
      model,
      stream,
      max_tokens: 50,
      messages: [{ role: 'user', content: words() }],
    }),
  ],
] as const;

const codes = /AI_MODEL_UNAVAILABLE|AI_STREAM_INCOMPLETE|RATE_LIMITED|GATEWAY_TIMEOUT|response\.failed|"type":"error"/;
const whole =
  /\[DONE\]|response\.completed|message_stop|"finish_reason":"stop"|"status":"completed"|"stop_reason":"end_turn"/;

/** @returns the outcome of a call for the client: `answered`, `refused`, `left`, or the body of any other answer */
async function ask(gateway: V1Gateway, index: number, model: string, leaves: boolean): Promise<string> {
  const [path, bodyOf] = asked[index % asked.length] ?? asked[0];
  const leaving = new AbortController();
  try {
    const running = gateway.post(path, bodyOf(model, index % 2 === 0), { signal: leaving.signal });
    if (leaves) setTimeout(() => leaving.abort(), index % 40);
    const body = await (await running).text();
    const [isWhole, isRefused] = [whole.test(body), codes.test(body)];
    return isWhole === isRefused ? `${path} ${body.slice(0, 500)}` : isWhole ? 'answered' : 'refused';
  } catch (error) {
    return leaving.signal.aborted ? 'left' : String(error);
  }
}

function tally(outcomes: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

/** A provider in every way ill, differently for each request. */
function ill(number: number): ScriptedReply {
  switch (number % 8) {
    case 0:
      return { error: { status: 500 }, faults: { delayMs: 5 } };
    case 1:
      return { text: 'One two three.', faults: { stop: { at: 'before-headers', how: 'reset' } } };
    case 2:
      return { text: 'One two three.', faults: { stop: { at: { afterChunks: 3 }, how: 'end' } } };
    case 3:
      return { error: { status: 429, retryAfterMs: 20 } };
    case 4:
      return { text: 'One two three.', faults: { errorEvent: { afterChunks: 3 } } };
    case 5:
      return { body: '<html>', status: 502, headers: { 'content-type': 'text/html' } };
    case 6:
      return { text: 'One two three.', faults: { usage: 'twice', delayMs: 10 } };
    default:
      return { text: 'One two three.', faults: { stop: { at: { afterChunks: 3 }, how: 'stall' } } };
  }
}

describe('200 concurrent calls', () => {
  it('of a provider that fails in every way while its breaker opens each end with a code or an answer', async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown): number => unhandled.push(reason);
    process.on('unhandledRejection', onUnhandled);
    process.on('uncaughtException', onUnhandled);
    try {
      await using gateway = await startV1Gateway({
        ai: ({ openAiBaseUrl, anthropicBaseUrl }) => `  call_timeout: 5s
  stream_idle_timeout: 1s
  breaker: { min_requests: 20, window: 10s, sleep: 200ms }
  providers:
    p: { kind: openai, base_url: "${openAiBaseUrl}", api_keys: [k1, k2] }
    claude: { kind: ai-sdk, package: "@ai-sdk/anthropic", base_url: "${anthropicBaseUrl}/v1", api_key: k }
  models:
    one: { targets: [p/ill], retries: 1, cache: { exact: true } }
    both: { targets: [{ model: claude/ill, limits: { concurrency: 20, queue: 50 } }, p/well], retries: 0 }
  prices: { p/ill: { free: true }, claude/ill: { free: true }, p/well: { free: true } }
`,
      });
      gateway.provider.respond((request) => ill(request.number), { model: 'ill' });
      gateway.provider.respond({ text: 'One two three.', faults: { delayMs: 5 } }, { model: 'well' });
      let ended = 0;
      for (let round = 0; round < 3; round++) {
        const outcomes = await Promise.all(
          Array.from({ length: 200 }, (_, index) =>
            ask(gateway, index, index % 4 === 0 ? 'one' : 'both', index % 10 === 9),
          ),
        );
        ended += outcomes.filter((outcome) => outcome !== 'left').length;
        const counts = tally(outcomes);
        expect(Object.keys(counts).filter((outcome) => !['answered', 'refused', 'left'].includes(outcome))).toEqual([]);
        // A call with another target is answered by it, unless the first one had begun.
        expect(counts.answered).toBeGreaterThan(50);
      }
      expect(gateway.gateway.log.some(({ breaker }) => breaker === 'open')).toBe(true);
      expect(unhandled).toEqual([]);

      // Every call is recorded once (some aborted ones never arrived), and has released everything.
      await gateway.records(ended);
      await expect.poll(() => gateway.provider.inFlight).toBe(0);
      const ids = [...gateway.callLog().matchAll(/"requestId":"([^"]+)"/g)].map(([, id]) => id);
      expect(new Set(ids).size).toBe(ids.length);
      gateway.provider.reset();
      await expect.poll(() => ask(gateway, 0, 'one', false)).toBe('answered');
      const calm = await Promise.all(Array.from({ length: 100 }, (_, index) => ask(gateway, index, 'both', false)));
      expect(tally(calm)).toEqual({ answered: 100 });
    } finally {
      process.off('unhandledRejection', onUnhandled);
      process.off('uncaughtException', onUnhandled);
    }
  }, 40_000);

  it('leak no timer and no connection, however they end', async () => {
    await using gateway = await startV1Gateway({
      ai: ({ openAiBaseUrl }) => `  call_timeout: 60s
  stream_idle_timeout: 200ms
  breaker: { min_requests: 100000 }
  providers: { p: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k } }
  models: { one: { targets: [p/ill], retries: 0, cache: { exact: true } } }
  prices: { p/ill: { free: true } }
`,
    });
    gateway.provider.respond((request) => ill(request.number));
    const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    for (let index = 0; index < 8; index++) await ask(gateway, index, 'one', false);
    await turn();
    const before = timers();
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, index) => ask(gateway, index, 'one', index % 5 === 4)),
    );
    expect(outcomes).toHaveLength(200);
    // Each call would have left a timer of a minute.
    await expect.poll(timers).toBeLessThan(before + 30);
    await expect.poll(() => gateway.provider.inFlight).toBe(0);
  }, 30_000);
});
