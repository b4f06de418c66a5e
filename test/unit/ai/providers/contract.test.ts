/**
 * The contract of every provider, for any wire (`ModelProvider`): a whole answer and a stream are equal, a failure has
 * its kind, a call ends with its signal and its deadline, and there is no unhandled rejection.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type FailureKind,
  type ModelAnswer,
  type ModelProvider,
  type ModelRequest,
  type ProviderCall,
  ProviderFailure,
  type ProviderStreamPart,
  textOf,
} from '../../../../src/ai/model-call/index.ts';
import { createProviders } from '../../../../src/ai/providers/index.ts';
import type { ProviderConfig } from '../../../../src/config/index.ts';
import { Deadline } from '../../../../src/lib/index.ts';
import type { ScriptedReply } from '../../../../src/testing.ts';
import { start } from '../../testing/provider.ts';

const shared = {
  name: 'p',
  keys: ['key-of-the-contract-0123456789'],
  priceAs: undefined,
  unsupported: 'adapt',
  client: 'lean',
} as const;
type Endpoints = Awaited<ReturnType<typeof start>>;

interface Subject {
  readonly kind: string;
  readonly model: string;
  config(endpoint: Endpoints): ProviderConfig;
}

const openAi = (wire: 'chat' | 'responses', client: 'lean' | 'undici' = 'lean'): Subject => ({
  kind: `openai, ${wire}, ${client}`,
  model: 'gpt-4o',
  config: ({ openAiBaseUrl: baseUrl }) => ({
    ...{ ...shared, kind: 'openai', baseUrl, wire, client },
    ...{ auth: 'bearer', apiVersion: undefined },
  }),
});
const aiSdk = (name: string, model: string, baseUrlOf: (endpoint: Endpoints) => string, settings = {}): Subject => ({
  kind: `ai-sdk, ${name}`,
  model,
  config: (endpoint) => ({
    ...{ ...shared, kind: 'ai-sdk', package: `@ai-sdk/${name}`, baseUrl: baseUrlOf(endpoint), settings },
  }),
});

/** Those that speak to an endpoint. */
const remote: readonly Subject[] = [
  openAi('chat'),
  openAi('responses'),
  openAi('chat', 'undici'),
  aiSdk('anthropic', 'claude-haiku-4-5', ({ anthropicBaseUrl }) => `${anthropicBaseUrl}/v1`),
  aiSdk('google', 'gemini-2.5-flash', ({ geminiBaseUrl }) => geminiBaseUrl),
  aiSdk('amazon-bedrock', 'eu.anthropic.claude-haiku-4-5-20251001-v1:0', ({ url }) => url, { region: 'eu-central-1' }),
  aiSdk('cohere', 'command-a-03-2025', ({ url }) => `${url}/v2`),
];
const local: Subject = { kind: 'local', model: 'extractive', config: () => ({ kind: 'local', name: 'p' }) };
const all = [...remote, local];

const request: ModelRequest = {
  messages: [{ role: 'user', content: [{ type: 'text', text: 'The kettle is quiet. Is the kettle loud?' }] }],
  output: { kind: 'text' },
};

const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => unhandled.push(reason);
beforeAll(() => process.on('unhandledRejection', onUnhandled));
afterAll(() => process.off('unhandledRejection', onUnhandled));

const open: ModelProvider[] = [];
afterEach(async () => {
  for (const provider of open.splice(0)) await provider.close();
  await new Promise(setImmediate);
  expect(unhandled).toEqual([]);
});

async function serve(subject: Subject, respond: ScriptedReply = { text: 'It is quiet, as kettles go.' }) {
  const endpoint = await start({ respond });
  const provider = createProviders({
    providers: [subject.config(endpoint)],
    resolveFrom: import.meta.dirname,
    onSkipped: () => {},
  }).get('p');
  if (provider === undefined) throw new Error('the provider was left out');
  open.push(provider);
  return { endpoint, provider };
}

function within(ms: number, signal = new AbortController().signal): ProviderCall {
  return { signal, deadline: Deadline.in(ms), key: 0, structured: 'json_schema' };
}

async function collect(stream: AsyncIterable<ProviderStreamPart>): Promise<readonly ProviderStreamPart[]> {
  const parts: ProviderStreamPart[] = [];
  for await (const part of stream) parts.push(part);
  return parts;
}

function endOf(parts: readonly ProviderStreamPart[]): ModelAnswer {
  expect(parts.filter(({ type }) => type === 'end' || type === 'failed')).toHaveLength(1);
  const last = parts.at(-1);
  if (last?.type !== 'end') throw new Error(`expected the end of a stream, not ${JSON.stringify(last)}`);
  return last.answer;
}

function failureOf(parts: readonly ProviderStreamPart[]): ProviderFailure {
  expect(parts.filter(({ type }) => type === 'end' || type === 'failed')).toHaveLength(1);
  const last = parts.at(-1);
  if (last?.type !== 'failed') throw new Error('expected a failure');
  return last.failure;
}

async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

describe.each(all.map((subject) => ({ ...subject, subject })))('a provider ($kind)', ({ subject }) => {
  it('has a name and at least one key', async () => {
    const { provider } = await serve(subject);
    expect([provider.name, provider.keys]).toEqual(['p', 1]);
  });

  it('streams the same answer as it returns whole, with its usage', async () => {
    const { provider } = await serve(subject);
    const whole = await provider.complete(subject.model, request, within(20_000));
    const parts = await collect(provider.stream(subject.model, request, within(20_000)));
    const streamed = endOf(parts);
    expect(streamed).toMatchObject({ content: whole.content, finishReason: 'stop' });
    expect(whole.finishReason).toBe('stop');
    expect(textOf(whole)).not.toBe('');
    expect(parts.map((part) => (part.type === 'text_delta' ? part.text : '')).join('')).toBe(textOf(whole));
    for (const { usage } of [whole, streamed]) {
      expect(usage.inputTokens).toBeGreaterThan(0);
      expect(usage.outputTokens).toBeGreaterThan(0);
    }
  });

  it('begins nothing that is too late', async () => {
    const { provider, endpoint } = await serve(subject);
    expect(await rejection(provider.complete(subject.model, request, within(0)))).toMatchObject({ kind: 'timeout' });
    expect(failureOf(await collect(provider.stream(subject.model, request, within(0))))).toMatchObject({
      kind: 'timeout',
    });
    const reason = new Error('left');
    const gone = within(20_000, AbortSignal.abort(reason));
    expect(await rejection(provider.complete(subject.model, request, gone))).toBe(reason);
    expect(await rejection(collect(provider.stream(subject.model, request, gone)))).toBe(reason);
    expect(endpoint.requests).toHaveLength(0);
  });
});

describe.each(remote.map((subject) => ({ ...subject, subject })))(
  'a provider with an endpoint ($kind)',
  ({ subject }) => {
    it('closes its connection when its caller leaves, and rejects with the caller’s reason', async () => {
      const stall: ScriptedReply = { faults: { stop: { at: 'before-headers', how: 'stall' } } };
      const { provider, endpoint } = await serve(subject, stall);
      for (const [index, streams] of [false, true].entries()) {
        const leaving = new AbortController();
        const call = within(20_000, leaving.signal);
        const pending = streams
          ? rejection(collect(provider.stream(subject.model, request, call)))
          : rejection(provider.complete(subject.model, request, call));
        const sent = (await endpoint.waitForRequests(index + 1)).at(-1);
        const reason = new Error('left');
        leaving.abort(reason);
        expect(await pending).toBe(reason);
        expect(await sent?.ended).toBe('aborted');
      }
    });

    it('is sent the headers of its call', async () => {
      const { endpoint, provider } = await serve(subject);
      const call = { ...within(5_000), headers: ['traceparent', 'of the call'] };
      await provider.complete(subject.model, request, call);
      await collect(provider.stream(subject.model, request, call));
      expect(endpoint.requests.map(({ headers }) => headers.traceparent)).toEqual(['of the call', 'of the call']);
    });

    it('ends at its deadline', async () => {
      const stall: ScriptedReply = { faults: { stop: { at: 'before-headers', how: 'stall' } } };
      const { provider } = await serve(subject, stall);
      expect(await rejection(provider.complete(subject.model, request, within(300)))).toMatchObject({
        kind: 'timeout',
      });
      expect(failureOf(await collect(provider.stream(subject.model, request, within(300))))).toMatchObject({
        kind: 'timeout',
      });
    });

    it('is no answer where its stream is cut', async () => {
      const text = 'It is quiet, as kettles go, and it is cheap.';
      for (const how of ['reset', 'close', 'end'] as const) {
        const { provider } = await serve(subject, { text, faults: { stop: { at: { afterChunks: 3 }, how } } });
        const failure = failureOf(await collect(provider.stream(subject.model, request, within(20_000))));
        expect(failure.kind, how).toMatch(how === 'end' ? /^stream_incomplete$/ : /^stream_incomplete$|^connection$/);
        // What was written by then is paid for.
        expect(failure.usage?.inputTokens, how).toBeGreaterThan(0);
      }
    });

    const kinds: readonly (readonly [status: number, kind: FailureKind])[] = [
      [401, 'unauthorized'],
      [404, 'not_found'],
      [429, 'rate_limited'],
      [500, 'server_error'],
      [503, 'overloaded'],
    ];
    it.each(kinds)('reports HTTP %i as %s, whole and streamed, without its key', async (status, kind) => {
      const { provider, endpoint } = await serve(subject, { error: { status, message: `no: ${shared.keys[0]}` } });
      const whole = await rejection(provider.complete(subject.model, request, within(20_000)));
      const streamed = failureOf(await collect(provider.stream(subject.model, request, within(20_000))));
      for (const failure of [whole, streamed]) {
        expect(failure).toBeInstanceOf(ProviderFailure);
        expect(failure).toMatchObject({ kind, status, usage: undefined });
        expect(String((failure as ProviderFailure).detail)).not.toContain(shared.keys[0].slice(0, 16));
      }
      // One call is one request: retries are not the provider's.
      expect(endpoint.requests).toHaveLength(2);
    });

    it('is no connection where nobody listens', async () => {
      const { provider, endpoint } = await serve(subject);
      await endpoint.close();
      expect(await rejection(provider.complete(subject.model, request, within(20_000)))).toMatchObject({
        kind: 'connection',
      });
      expect(failureOf(await collect(provider.stream(subject.model, request, within(20_000))))).toMatchObject({
        kind: 'connection',
      });
    });
  },
);
