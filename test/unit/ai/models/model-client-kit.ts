import type { FailureDetails } from '../../../../src/ai/model-call/index.ts';
import {
  type EmbeddingRequest,
  type Embeddings,
  type ModelAnswer,
  type ModelProvider,
  type ModelRequest,
  type ProviderCall,
  ProviderFailure,
  type ProviderStreamPart,
  userText,
} from '../../../../src/ai/model-call/index.ts';
import { AnswerCache } from '../../../../src/ai/models/caches/answer-cache.ts';
import {
  assembleModelClient,
  CallCaches,
  type CallGuard,
  createRoutes,
  type ModelClient,
  type ModelStreamPart,
  noGuard,
  type TargetPrices,
} from '../../../../src/ai/models/index.ts';
import { createMemoryStore } from '../../../../src/cache/index.ts';
import type { AliasCache, ModelAlias, ModelTarget, TargetLimits } from '../../../../src/config/index.ts';
import { parseModelReference } from '../../../../src/config/index.ts';
import { ProcessCounters } from '../../../../src/counters/index.ts';
import { Deadline } from '../../../../src/lib/index.ts';
import type { ModelCallRecord } from '../../../../src/observability/index.ts';
import { noSignals } from '../../../../src/signals/index.ts';

export const usage = { inputTokens: 10, outputTokens: 5, source: 'reported' } as const;
export const answer: ModelAnswer = { content: [{ type: 'text', text: 'yes' }], finishReason: 'stop', usage };
export const request: ModelRequest = {
  messages: [userText('Is it?')],
  output: { kind: 'text' },
  maxOutputTokens: 10,
};

/** One request that a provider of these tests was sent. */
export interface Asked {
  readonly model: string;
  readonly request: ModelRequest;
  readonly call: ProviderCall;
}

type Complete = (asked: Asked, turn: number) => ModelAnswer | Promise<ModelAnswer>;
type Stream = (asked: Asked, turn: number) => AsyncIterable<ProviderStreamPart>;

export interface InTestProvider extends ModelProvider {
  readonly asked: Asked[];
  closed: number;
}

export interface InTestOptions {
  readonly keys?: number;
  readonly complete?: Complete;
  readonly stream?: Stream;
  readonly embed?: (request: EmbeddingRequest, turn: number) => Promise<Embeddings>;
}

/** A scripted provider in this process that records its calls; `turn` counts from 0. */
export function provider(name: string, options: InTestOptions = {}): InTestProvider {
  const asked: Asked[] = [];
  const note = (one: Asked): number => asked.push(one) - 1;
  const made: InTestProvider = {
    name,
    keys: options.keys ?? 1,
    asked,
    closed: 0,
    complete: async (model, sent, call) => {
      const one = { model, request: sent, call };
      const turn = note(one);
      return options.complete === undefined ? answer : options.complete(one, turn);
    },
    stream: (model, sent, call) => {
      const one = { model, request: sent, call };
      const turn = note(one);
      return (options.stream ?? (() => streamOf(['y', 'es'])))(one, turn);
    },
    embed: async (model, sent, call) => {
      const turn = note({ model, request, call });
      if (options.embed !== undefined) return options.embed(sent, turn);
      return { vectors: sent.texts.map(() => Float32Array.of(1)), usage: { ...usage, outputTokens: 0 } };
    },
    close: async () => {
      made.closed++;
    },
  };
  return made;
}

type FailureMore = Partial<Omit<FailureDetails, 'kind' | 'detail'>>;

export function failure(kind: ProviderFailure['kind'], more: FailureMore = {}): ProviderFailure {
  return new ProviderFailure({ kind, detail: `a ${kind}`, ...more });
}

export function failing(name: string, kind: ProviderFailure['kind'], more: FailureMore = {}) {
  return provider(name, {
    complete: () => Promise.reject(failure(kind, more)),
    stream: async function* () {
      yield { type: 'failed', failure: failure(kind, more) };
    },
  });
}

/** A whole stream of text. */
export async function* streamOf(texts: readonly string[]): AsyncGenerator<ProviderStreamPart, void, void> {
  for (const text of texts) yield { type: 'text_delta', index: 0, text };
  yield { type: 'end', answer: { ...answer, content: [{ type: 'text', text: texts.join('') }] } };
}

/** A provider that hangs until it is aborted, and reports when that was. */
export function hanging(name: string) {
  const aborted = Promise.withResolvers<unknown>();
  const made = provider(name, {
    complete: ({ call: { signal } }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          aborted.resolve(signal.reason);
          reject(signal.reason);
        });
      }),
  });
  return { made, aborted: aborted.promise };
}

export const noLimits: TargetLimits = {
  concurrency: undefined,
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  queue: 100,
};

export function target(reference: string, more: Partial<ModelTarget> = {}): ModelTarget {
  return {
    ...parseModelReference(reference),
    structured: 'json_schema',
    weight: 1,
    region: undefined,
    capabilities: undefined,
    limits: noLimits,
    ...more,
  };
}

export const noCache: AliasCache = { exact: false, ttlMs: 60_000, shared: false, semantic: undefined };

export function alias(targets: readonly (string | ModelTarget)[], more: Partial<ModelAlias> = {}): ModelAlias {
  return {
    strategy: 'ordered',
    targets: targets.map((one) => (typeof one === 'string' ? target(one) : one)),
    rules: [],
    fallback: {
      on: ['provider_error', 'context_window', 'deadline'],
      contextWindow: undefined,
      contentPolicy: undefined,
    },
    targetTimeoutMs: undefined,
    retries: 0,
    sticky: 'none',
    shadow: [],
    cache: noCache,
    ...more,
  };
}

/** Every token costs one nano-dollar, but what is named free or unknown. */
export const prices: TargetPrices = {
  isKnown: ({ config }) => !config.model.startsWith('unpriced'),
  charge: (_target, { inputTokens, outputTokens }) => ({
    nanoUsd: BigInt(inputTokens + outputTokens),
    source: 'config',
    version: 'test',
    date: '2026-06-01',
  }),
  upperBound: ({ config }, inputTokens, outputTokens) =>
    BigInt(inputTokens + outputTokens) * (config.model.startsWith('dear') ? 10n : 1n),
};

export interface TestClientOptions {
  readonly providers: readonly ModelProvider[];
  readonly models: Readonly<Record<string, ModelAlias>>;
  readonly guard?: CallGuard;
  readonly random?: () => number;
  readonly streamIdleTimeoutMs?: number;
  readonly exposeReferences?: boolean;
  readonly prices?: TargetPrices;
}

export function clientOf(options: TestClientOptions) {
  const records: ModelCallRecord[] = [];
  const warnings: string[] = [];
  const breakers: string[] = [];
  const providers = new Map(options.providers.map((one) => [one.name, one]));
  const routes = createRoutes({
    providers,
    models: options.models,
    exposeReferences: options.exposeReferences ?? false,
    breaker: { thresholdPercent: 50, minRequests: 20, windowMs: 10_000, sleepMs: 5_000 },
    counters: new ProcessCounters(),
    signals: noSignals,
    onBreakerChange: (reference, state) => breakers.push(`${reference} ${state}`),
  });
  const client: ModelClient = assembleModelClient({
    routes,
    providers,
    prices: options.prices ?? prices,
    caches: new CallCaches({ answers: new AnswerCache({ store: createMemoryStore() }), scope: '' }),
    guard: options.guard ?? noGuard,
    sink: { record: (one) => void records.push(one), close: async () => {} },
    log: { warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`) },
    streamIdleTimeoutMs: options.streamIdleTimeoutMs ?? 60_000,
    random: options.random ?? Math.random,
  });
  return { client, records, warnings, breakers, routes };
}

export function call(more: { readonly alias?: string; readonly ms?: number; readonly signal?: AbortSignal } = {}) {
  return {
    alias: more.alias ?? 'fast',
    caller: { id: 'anonymous', tenant: 'public' },
    request,
    signal: more.signal ?? new AbortController().signal,
    deadline: Deadline.in(more.ms ?? 5_000),
  };
}

export async function collect(parts: AsyncIterable<ModelStreamPart>): Promise<ModelStreamPart[]> {
  const all: ModelStreamPart[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

/** The text of the deltas. */
export function textIn(parts: readonly ModelStreamPart[]): string {
  return parts.map((part) => (part.type === 'text_delta' ? part.text : '')).join('');
}
