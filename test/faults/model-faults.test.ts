import { afterEach, describe, expect, it } from 'vitest';
import type { ModelStreamPart } from '../../src/ai/models/index.ts';
import { createOpenAiProvider } from '../../src/ai/providers/openai/index.ts';
import { type ScriptedProvider, startScriptedProvider } from '../../src/testing.ts';
import { alias, call, clientOf, collect, textIn } from '../unit/ai/models/model-client-kit.ts';

const servers: ScriptedProvider[] = [];
const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A client over real providers on the loopback, `a`, `b`, … in this order. */
async function start(count: number, keys: readonly string[] = ['key-0']) {
  const made: ScriptedProvider[] = [];
  for (let index = 0; index < count; index++) made.push(await startScriptedProvider());
  servers.push(...made);
  const names = made.map((_server, index) => String.fromCharCode(97 + index));
  const providers = made.map(({ openAiBaseUrl }, index) =>
    createOpenAiProvider({ name: names[index] ?? '', baseUrl: openAiBaseUrl, keys }),
  );
  const models = { fast: alias(names.map((name) => `${name}/gpt-4.1-mini`)) };
  const { client, ...rest } = clientOf({ providers, models });
  closing.push(() => client.close());
  return { client, servers: made, ...rest };
}

const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

describe('a provider that fails under 200 concurrent calls', () => {
  it('opens its breaker, and every call is answered by the other', async () => {
    const { client, servers: made, breakers, records, routes } = await start(2);
    made[0]?.respond({ error: { status: 500 } });
    made[1]?.respond({ text: 'from b' });
    const calls = Array.from({ length: 200 }, () => client.complete(call({ ms: 20_000 })));
    const models = (await Promise.all(calls)).map(({ model }) => model);
    expect(new Set(models)).toEqual(new Set(['b/gpt-4.1-mini']));
    expect(breakers).toEqual(['a/gpt-4.1-mini open']);
    const before = made[0]?.requests.length;
    await client.complete(call());
    expect(made[0]?.requests.length).toBe(before);
    expect(records).toHaveLength(201);
    expect(routes.find('fast')?.targets.map(({ health }) => health.inFlight)).toEqual([0, 0]);
  });

  it('answers with a code, without a request, once no target remains', async () => {
    const { client, servers: made } = await start(1);
    made[0]?.respond({ error: { status: 503 } });
    const calls = Array.from({ length: 200 }, () => client.complete(call({ ms: 20_000 })).catch(codeOf));
    expect(new Set(await Promise.all(calls))).toEqual(new Set(['AI_MODEL_UNAVAILABLE']));
    const requested = made[0]?.requests.length;
    for (let turn = 0; turn < 5; turn++) {
      expect(await client.complete(call()).catch(codeOf)).toBe('AI_MODEL_UNAVAILABLE');
    }
    expect(made[0]?.requests).toHaveLength(requested ?? 0);
  });
});

describe('statuses', () => {
  it.each([401, 402, 403, 404, 500, 503])('%i is followed by the next target', async (status) => {
    const { client, servers: made } = await start(2);
    made[0]?.respond({ error: { status } });
    expect(await client.complete(call())).toMatchObject({ model: 'b/gpt-4.1-mini', attempts: 2 });
    expect(made[0]?.requests).toHaveLength(1);
  });

  it('429 with a distant date fails at once and reports the wait', async () => {
    const { client, servers: made } = await start(1);
    made[0]?.respond({ error: { status: 429, retryAfter: new Date(Date.now() + 3_600_000) } });
    const error = await client.complete(call()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'RATE_LIMITED' });
    const { retryAfterMs } = error as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(3_590_000);
    expect(retryAfterMs).toBeLessThan(3_610_000);
    expect(made[0]?.requests).toHaveLength(1);
  });

  it('a key without quota is never sent again, the next one is', async () => {
    const { client, servers: made } = await start(1, ['key-0', 'key-1']);
    made[0]?.script({ error: { status: 429, code: 'insufficient_quota' } });
    made[0]?.respond({ text: 'well' });
    expect(await client.complete(call())).toMatchObject({ attempts: 2 });
    expect(new Set(made[0]?.requests.map(({ key }) => key)).size).toBe(2);
  });

  it('400 is reported and not retried', async () => {
    const { client, servers: made } = await start(2);
    made[0]?.respond({ error: { status: 400 } });
    expect(await client.complete(call()).catch(codeOf)).toBe('AI_REQUEST_INVALID');
    expect([made[0]?.requests.length, made[1]?.requests.length]).toEqual([1, 0]);
  });
});

describe('a stream that is cut', () => {
  const chunks = ['one ', 'two ', 'three ', 'four'];
  const cuts = [1, 2, 3, 4].flatMap((afterChunks) =>
    (['reset', 'close', 'end'] as const).map((how) => ({ afterChunks, how })),
  );

  it.each(cuts)(
    'after $afterChunks events by $how is whole from another target or fails, never short',
    async ({ afterChunks, how }) => {
      const { client, servers: made, records } = await start(2);
      made[0]?.respond({ text: chunks.join(''), chunks, faults: { stop: { at: { afterChunks }, how } } });
      made[1]?.respond({ text: 'from b' });
      const parts: ModelStreamPart[] = await collect(client.stream(call()));
      const [first] = parts;
      expect(records).toHaveLength(1);
      if (first?.type === 'start' && first.model.startsWith('b/')) {
        expect(textIn(parts)).toBe('from b');
        expect(parts.at(-1)).toMatchObject({ type: 'end' });
        return;
      }
      expect(chunks.join('').startsWith(textIn(parts))).toBe(true);
      expect(parts.at(-1)).toMatchObject({ type: 'failed', error: { code: 'AI_STREAM_INCOMPLETE' } });
      expect(records[0]?.usage?.outputTokens).toBeGreaterThan(0);
    },
  );

  it('or ends cleanly before its finish reason is no success', async () => {
    const { client, servers: made } = await start(1);
    made[0]?.respond({ text: 'short', faults: { endBefore: 'finish' } });
    const parts = await collect(client.stream(call()));
    expect(parts.at(-1)).toMatchObject({ type: 'failed', error: { code: 'AI_STREAM_INCOMPLETE' } });
  });

  it('by its reader aborts the provider and records the usage so far', async () => {
    const { client, servers: made, records } = await start(1);
    made[0]?.respond({ text: chunks.join(''), chunks, faults: { stop: { at: { afterChunks: 3 }, how: 'stall' } } });
    for await (const part of client.stream(call())) if (part.type === 'text_delta') break;
    expect(await made[0]?.requests[0]?.ended).toBe('aborted');
    await expect.poll(() => records.length).toBe(1);
    expect(records).toMatchObject([{ finish: 'aborted', usage: { source: 'estimated' } }]);
  });
});
