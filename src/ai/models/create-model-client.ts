/** Builds the model client from `ai`: providers, prices, caches, guardrails, records, and the engine over them. */

import { hash } from 'node:crypto';
import type { EntryStore } from '../../cache/index.ts';
import type { AiConfig } from '../../config/index.ts';
import { type LocalCounters, ProcessCounters } from '../../counters/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { createModelCallLog, type Logger, type ModelCallSink, type ThreadMetrics } from '../../observability/index.ts';
import { noSignals, type Signals } from '../../signals/index.ts';
import { createGuardrails } from '../guardrails/index.ts';
import type { ModelProvider } from '../model-call/index.ts';
import { createProviders } from '../providers/index.ts';
import type { LocalModels } from '../providers/local/index.ts';
import { AnswerCache } from './caches/answer-cache.ts';
import { CallCaches } from './caches/call-caches.ts';
import { createSimilarAnswers } from './caches/create-semantic-caches.ts';
import { createCallGuard, noGuard } from './guarding/guard-call.ts';
import type { ModelClient } from './model-call.ts';
import { assembleModelClient } from './model-client.ts';
import { moderateByModel } from './moderation/moderate-by-model.ts';
import { isModerationModel, moderateByPrompt } from './moderation/moderate-texts.ts';
import { createRoutes } from './routing/create-routes.ts';
import { createTargetPrices } from './targets/target-prices.ts';

export interface ModelClientOptions {
  readonly ai: AiConfig;
  readonly log: Logger;
  /** The folder of supergraph.yaml: optional AI SDK packages are resolved from here. */
  readonly resolveFrom: string;
  /** Where answers are cached. Its owner closes it. */
  readonly cache: EntryStore;
  /** What the limits of targets are counted with. @default of this client alone */
  readonly counters?: LocalCounters;
  /** How breakers and cool-downs reach the clients of other workers. @default not at all */
  readonly signals?: Signals;
  /** Where records of calls go; closed with the client. @default the log, and the file of `ai.call_log` */
  readonly sink?: ModelCallSink;
  /** Where calls are counted, too. @default nowhere */
  readonly metrics?: ThreadMetrics | undefined;
  /** By name; closed with the client. @default those of `ai.providers` */
  readonly providers?: ReadonlyMap<string, ModelProvider>;
  /** The built-in models, where another owner has them. @default a worker thread of each provider */
  readonly localModels?: LocalModels | undefined;
  /** Additional providers, by name; closed with the client. @default none */
  readonly furtherProviders?: ReadonlyMap<string, ModelProvider>;
}

export function createModelClient(options: ModelClientOptions): ModelClient {
  const { ai, log } = options;
  const configured =
    options.providers ??
    createProviders({
      providers: ai.providers,
      resolveFrom: options.resolveFrom,
      localModels: options.localModels,
      onSkipped: (name, reason) => warnSkipped(log, ai, name, reason),
    });
  const providers = new Map([...configured, ...(options.furtherProviders ?? [])]);
  const records =
    options.sink ?? createModelCallLog({ file: ai.callLogFile, log, onDropped: options.metrics?.droppedRecord });
  const sink = options.metrics?.countingCalls(records) ?? records;
  const answers = new AnswerCache({ store: options.cache });
  const routes = createRoutes({
    providers,
    models: ai.models,
    exposeReferences: ai.exposeReferences,
    breaker: ai.breaker,
    counters: options.counters ?? new ProcessCounters(),
    signals: options.signals ?? noSignals,
    onBreakerChange: (model, breaker) => log.warn({ model, breaker }, 'a model’s circuit breaker changed'),
  });
  const shared = {
    routes,
    providers,
    prices: createTargetPrices(ai),
    sink,
    log,
    streamIdleTimeoutMs: ai.streamIdleTimeoutMs,
  };
  // The gateway's own calls (moderation, embeddings of the semantic cache) pass no guardrails and no semantic cache.
  const inner = assembleModelClient({ ...shared, caches: new CallCaches({ answers, scope: 'inner' }), guard: noGuard });
  const { guardrails } = ai;
  const moderation = guardrails?.moderation;
  const guards = createGuardrails(guardrails, {
    ...(moderation === undefined ? {} : { moderate: moderateByModel(inner, moderation.model) }),
    ...sharedPlaceholders(ai.cache.store),
  });
  const similar = createSimilarAnswers(ai.models, answers, inner, options.signals ?? noSignals);
  const client = assembleModelClient({
    ...shared,
    ...(guards.enabled ? { redact: (text: string) => guards.redact(text) } : {}),
    caches: new CallCaches({ answers, scope: scopeOf(guardrails), ...(similar === undefined ? {} : { similar }) }),
    guard: createCallGuard(guards),
  });
  return {
    complete: (call) => client.complete(call),
    stream: (call) => client.stream(call),
    embed: (call) => client.embed(call),
    moderate: async (call) => {
      const alias = call.alias ?? moderation?.model;
      if (alias === undefined || !client.has(alias)) throw noModerationModel(call.alias);
      const listed = client.list().find((model) => model.alias === alias) ?? { alias, targets: [alias] };
      const moderationCall = { ...call, alias };
      if (isModerationModel(listed) && inner.moderate !== undefined) return inner.moderate(moderationCall);
      return moderateByPrompt(inner, alias, moderationCall);
    },
    priceOf: (call) => client.priceOf?.(call),
    has: (alias) => client.has(alias),
    list: () => client.list(),
    describe: () => client.describe?.() ?? [],
    close: async () => {
      await client.close();
      routes.close();
      similar?.close();
      await sink.close();
    },
  };
}

/** No warning for a provider without targets: the built-in provider is always configured. */
function warnSkipped(log: Logger, { models }: AiConfig, provider: string, reason: string): void {
  const aliases = Object.keys(models).filter((alias) =>
    models[alias]?.targets.some((target) => target.provider === provider),
  );
  if (aliases.length > 0) log.warn({ provider, aliases, reason }, 'targets of a provider are skipped');
}

function noModerationModel(alias: string | undefined): GatewayError {
  if (alias !== undefined)
    return new GatewayError('AI_MODEL_NOT_FOUND', { detail: `there is no model alias "${alias}"` });
  const message = 'No moderation model is configured: set ai.guardrails.moderation, or name a model.';
  return new GatewayError('AI_REQUEST_UNSUPPORTED', { message });
}

/** Gateways that share a cache need equal placeholders, or equal requests would have different keys. */
function sharedPlaceholders(store: AiConfig['cache']['store']): { placeholderKey?: Uint8Array } {
  return store.kind === 'memory' ? {} : { placeholderKey: hash('sha256', `placeholders ${store.url}`, 'buffer') };
}

/** The guardrails' configuration is part of the cache key. It contains maps, which `JSON.stringify` omits. */
function scopeOf(guardrails: AiConfig['guardrails']): string {
  if (guardrails === undefined) return '';
  const text = JSON.stringify(guardrails, (_key, value: unknown) => (value instanceof Map ? [...value] : value));
  return hash('sha256', text);
}
