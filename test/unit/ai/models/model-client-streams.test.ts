import { stat } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createGuardrails } from '../../../../src/ai/guardrails/index.ts';
import type { ProviderStreamPart } from '../../../../src/ai/model-call/index.ts';
import { userText } from '../../../../src/ai/model-call/index.ts';
import type { ModelStreamPart } from '../../../../src/ai/models/index.ts';
import { createCallGuard } from '../../../../src/ai/models/index.ts';
import {
  alias,
  answer,
  call,
  clientOf,
  collect,
  failing,
  failure,
  provider,
  request,
  streamOf,
  textIn,
} from './model-client-kit.ts';

const two = { fast: alias(['a/one', 'b/two']) };

function types(parts: readonly ModelStreamPart[]): string[] {
  return parts.map(({ type }) => type);
}

describe('a stream of the model client', () => {
  it('starts with the model, yields its deltas and ends once, with its price', async () => {
    const { client, records } = clientOf({ providers: [provider('a'), provider('b')], models: two });
    const parts = await collect(client.stream(call()));
    expect(types(parts)).toEqual(['start', 'text_delta', 'text_delta', 'end']);
    expect(parts.at(-1)).toMatchObject({ answer: { model: 'a/one', attempts: 1, costNanoUsd: 15n, cache: 'off' } });
    expect(records).toMatchObject([{ streamed: true, finish: 'stop', timeToFirstTokenMs: expect.any(Number) }]);
  });

  it('falls back before its first output, and discards the start of the failed attempt', async () => {
    const first = provider('a', {
      stream: async function* () {
        yield { type: 'other', wire: '{"role":"assistant"}' };
        yield { type: 'text_delta', index: 0, text: '' };
        yield { type: 'failed', failure: failure('overloaded') };
      },
    });
    const { client } = clientOf({ providers: [first, provider('b')], models: two });
    const parts = await collect(client.stream(call()));
    expect(parts[0]).toEqual({ type: 'start', model: 'b/two', cache: 'off' });
    expect(types(parts)).toEqual(['start', 'text_delta', 'text_delta', 'end']);
  });

  it('never falls back after its first output, however it breaks', async () => {
    const texts = ['a', 'b', 'c', 'd'];
    const ways = ['failed', 'ends', 'throws'] as const;
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 4 }), fc.constantFrom(...ways), async (cut, way) => {
        const first = provider('a', {
          stream: async function* (): AsyncGenerator<ProviderStreamPart, void, void> {
            for (const text of texts.slice(0, cut)) yield { type: 'text_delta', index: 0, text };
            if (way === 'failed') yield { type: 'failed', failure: failure('server_error') };
            if (way === 'throws') throw failure('connection');
          },
        });
        const { client, records } = clientOf({ providers: [first, provider('b')], models: two });
        const parts = await collect(client.stream(call()));
        expect(types(parts).filter((type) => type === 'end' || type === 'failed')).toHaveLength(1);
        expect(types(parts).filter((type) => type === 'start')).toHaveLength(1);
        expect(records).toHaveLength(1);
        if (cut === 0) {
          expect(textIn(parts)).toBe('yes');
          return;
        }
        expect(textIn(parts)).toBe(texts.slice(0, cut).join(''));
        expect(parts.at(-1)).toMatchObject({ type: 'failed', error: { code: 'AI_STREAM_INCOMPLETE' } });
        expect(records).toMatchObject([{ finish: 'AI_STREAM_INCOMPLETE', usage: { source: 'estimated' } }]);
      }),
      { numRuns: 60 },
    );
  });

  it('fails with the code of the last failure if no target has a first output', async () => {
    const { client } = clientOf({
      providers: [failing('a', 'rate_limited', { retryAfterMs: 9_000_000 })],
      models: { fast: alias(['a/one']) },
    });
    const parts = await collect(client.stream(call()));
    expect(parts).toMatchObject([{ type: 'failed', error: { code: 'RATE_LIMITED', retryAfterMs: 9_000_000 } }]);
  });

  it('buffers at most 64 parts', async () => {
    let given = 0;
    const silent = provider('a', {
      stream: async function* () {
        for (; given < 1_000; given++) yield { type: 'other', wire: 'ping' };
      },
    });
    const { client } = clientOf({ providers: [silent], models: { fast: alias(['a/one']) } });
    const stream = client.stream(call())[Symbol.asyncIterator]();
    expect((await stream.next()).value).toMatchObject({ type: 'start' });
    expect(given).toBeLessThan(65);
    await stream.return?.();
  });

  it('is drawn as fast as it is read', async () => {
    let drawn = 0;
    const endless = provider('a', {
      stream: async function* () {
        for (;;) {
          drawn++;
          yield { type: 'text_delta', index: 0, text: 'x' };
        }
      },
    });
    const { client, records } = clientOf({ providers: [endless], models: { fast: alias(['a/one']) } });
    const stream = client.stream(call())[Symbol.asyncIterator]();
    for (let read = 0; read < 5; read++) await stream.next();
    expect(drawn).toBeLessThan(7);
    await stream.return?.();
    expect(records).toMatchObject([{ finish: 'aborted', usage: { source: 'estimated' } }]);
  });

  it('aborts the provider, records its usage and releases everything when its reader leaves', async () => {
    let closed = false;
    let signal: AbortSignal | undefined;
    const endless = provider('a', {
      stream: async function* ({ call: { signal: given } }) {
        signal = given;
        try {
          for (;;) yield { type: 'text_delta', index: 0, text: 'four' };
        } finally {
          closed = true;
        }
      },
    });
    const { client, records, routes } = clientOf({ providers: [endless], models: { fast: alias(['a/one']) } });
    for await (const part of client.stream(call())) if (part.type === 'text_delta') break;
    expect([signal?.aborted, closed]).toEqual([true, true]);
    expect(records).toMatchObject([{ finish: 'aborted', usage: { outputTokens: 1 } }]);
    expect(routes.find('fast')?.targets[0]?.health.inFlight).toBe(0);
  });

  it('throws the signal’s reason when it aborts, also while the provider is silent', async () => {
    const silent = provider('a', {
      stream: async function* () {
        yield { type: 'text_delta', index: 0, text: 'x' };
        await new Promise(() => {});
      },
    });
    const { client, records } = clientOf({ providers: [silent], models: { fast: alias(['a/one']) } });
    const controller = new AbortController();
    const gone = new Error('gone');
    const stream = client.stream(call({ signal: controller.signal }))[Symbol.asyncIterator]();
    await stream.next();
    await stream.next();
    const next = stream.next();
    controller.abort(gone);
    await expect(next).rejects.toBe(gone);
    expect(records).toMatchObject([{ finish: 'aborted' }]);
  });

  it('ends at the deadline, and where it is silent for too long', async () => {
    const stall = () =>
      provider('a', {
        stream: async function* () {
          yield { type: 'text_delta', index: 0, text: 'x' };
          await new Promise(() => {});
        },
      });
    const late = clientOf({ providers: [stall()], models: { fast: alias(['a/one']) } });
    const lateParts = await collect(late.client.stream(call({ ms: 30 })));
    expect(lateParts.at(-1)).toMatchObject({ type: 'failed', error: { code: 'GATEWAY_TIMEOUT' } });
    const idle = clientOf({ providers: [stall()], models: { fast: alias(['a/one']) }, streamIdleTimeoutMs: 20 });
    const idleParts = await collect(idle.client.stream(call()));
    expect(idleParts.at(-1)).toMatchObject({ type: 'failed', error: { code: 'AI_STREAM_INCOMPLETE' } });
  });

  it('tries the next target if the first is silent from the start', async () => {
    const silent = provider('a', {
      stream: async function* () {
        await new Promise(() => {});
      },
    });
    const { client } = clientOf({ providers: [silent, provider('b')], models: two, streamIdleTimeoutMs: 20 });
    expect(textIn(await collect(client.stream(call())))).toBe('yes');
  });

  it('is not silent while the event loop was blocked: data that arrived meanwhile is read first', async () => {
    const held = provider('a', {
      stream: async function* () {
        yield { type: 'text_delta', index: 0, text: 'x' };
        // Behind an immediate, the loop looks at its timers before it looks for what has arrived.
        await new Promise(setImmediate);
        const arrived = stat(process.cwd());
        const until = performance.now() + 60;
        while (performance.now() < until);
        await arrived;
        yield { type: 'end', answer };
      },
    });
    const { client } = clientOf({ providers: [held], models: { fast: alias(['a/one']) }, streamIdleTimeoutMs: 20 });
    expect((await collect(client.stream(call()))).at(-1)).toMatchObject({ type: 'end' });
  });

  it('is not silent while only its reader is slow', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const { client } = clientOf({
      providers: [provider('a')],
      models: { fast: alias(['a/one']) },
      streamIdleTimeoutMs: 20,
    });
    const stream = client.stream(call())[Symbol.asyncIterator]();
    await stream.next();
    await vi.advanceTimersByTimeAsync(1_000);
    const rest: string[] = [];
    for (let part = await stream.next(); part.done !== true; part = await stream.next()) rest.push(part.value.type);
    vi.useRealTimers();
    expect(rest).toEqual(['text_delta', 'text_delta', 'end']);
  });
});

describe('guardrails over calls', () => {
  const config = {
    personalData: { kinds: new Map([['email', 'mask']] as const), recognizers: [], country: undefined },
    secrets: undefined,
    injection: undefined,
    blockedPatterns: [{ name: 'forbidden', pattern: 'forbidden', mode: 'block' }],
    requiredPatterns: [],
    output: { maxLength: undefined, urls: undefined, markup: undefined },
    moderation: undefined,
  } as const;
  const guard = createCallGuard(createGuardrails(config));
  const mail = 'ada@example.com';
  const asking = (text: string) => ({ ...call(), request: { ...request, messages: [userText(text)] } });
  const echo = ({ request: sent }: { request: typeof request }) => {
    const [message] = sent.messages;
    const part = message?.role === 'user' ? message.content[0] : undefined;
    return part?.type === 'text' ? part.text : '';
  };

  it('mask the request to a provider and restore the values in the answer, whole and streamed', async () => {
    const echoing = provider('a', {
      complete: (asked) => ({ ...answer, content: [{ type: 'text', text: echo(asked) }] }),
      stream: (asked) => streamOf([...echo(asked)]),
    });
    const { client, records } = clientOf({ providers: [echoing], models: { fast: alias(['a/one']) }, guard });
    expect(await client.complete(asking(`Write to ${mail} now.`))).toMatchObject({
      content: [{ text: `Write to ${mail} now.` }],
    });
    expect(textIn(await collect(client.stream(asking(`Write to ${mail} now.`))))).toBe(`Write to ${mail} now.`);
    expect(JSON.stringify(echoing.asked.map(({ request: sent }) => sent))).not.toContain(mail);
    expect(records[0]?.guardrails).toEqual(['pii.email:mask']);
    expect(JSON.stringify(records)).not.toContain(mail);
  });

  it('refuse an input before any provider is called', async () => {
    const one = provider('a');
    const { client, records } = clientOf({ providers: [one], models: { fast: alias(['a/one']) }, guard });
    await expect(client.complete(asking('forbidden'))).rejects.toMatchObject({ code: 'AI_INPUT_BLOCKED' });
    const embedding = { ...call(), request: { texts: ['fine', 'forbidden'] } };
    await expect(client.embed(embedding)).rejects.toMatchObject({ code: 'AI_INPUT_BLOCKED' });
    expect([one.asked.length, records[0]?.finish]).toEqual([0, 'AI_INPUT_BLOCKED']);
  });

  it('empty an answer that is blocked, and stop a stream where it is', async () => {
    const bad = provider('a', {
      complete: () => ({ ...answer, content: [{ type: 'text', text: 'a forbidden word' }] }),
      stream: () => streamOf(['so far so good. ', 'a forbidden word ', 'and more']),
    });
    const { client, records } = clientOf({ providers: [bad], models: { fast: alias(['a/one']) }, guard });
    expect(await client.complete(call())).toMatchObject({
      content: [],
      finishReason: 'content_filter',
      costNanoUsd: 15n,
    });
    const parts = await collect(client.stream(call()));
    expect(textIn(parts)).not.toContain('forbidden');
    expect(parts.at(-1)).toMatchObject({ type: 'end', answer: { finishReason: 'content_filter' } });
    expect(records[1]?.guardrails.join()).toContain('forbidden:block');
  });

  it('never send the client’s original request after its texts were masked', async () => {
    const one = provider('a');
    const { client } = clientOf({ providers: [one], models: { fast: alias(['a/one']) }, guard });
    const wired = (unmapped: readonly string[]) => {
      const asked = asking(`to ${mail}`);
      const body = { messages: [{ role: 'user', content: `to ${mail}` }], metadata: { note: mail } };
      return { ...asked, request: { ...asked.request, wire: { wire: 'openai-chat', body, unmapped } as const } };
    };
    await client.complete(wired([]));
    expect(one.asked[0]?.request.wire).toBeUndefined();
    await expect(client.complete(wired(['metadata']))).rejects.toMatchObject({ code: 'AI_REQUEST_UNSUPPORTED' });
  });
});
