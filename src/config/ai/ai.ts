/** The `ai` key: providers, model aliases with their routing and limits, prices, caches, guardrails. */
import { z } from 'zod';
import { type CacheStoreConfig, cacheStoreKeys, resolveCacheStore, urlBelongs, urlIsPresent } from '../cache-store.ts';
import { resolveGatewayCounters } from '../gateway-counters.ts';
import type { BreakerConfig } from '../network/traffic.ts';
import type { StoreConfig } from '../store.ts';
import { durationPattern, parseDuration } from '../units.ts';
import { durationOr } from '../values.ts';
import { resolveWebhook, type WebhookConfig, webhookYaml } from '../webhook.ts';
import { type BudgetCountersConfig, budgetCountersYaml } from './ai-budget-counters.ts';
import { type BudgetConfig, budgetsYaml, resolveBudgets } from './ai-budgets.ts';
import { type LedgerConfig, ledgerYaml, resolveLedger } from './ai-ledger.ts';
import { aliasYaml, type ModelAlias, type ModelTarget, resolveAlias } from './ai-models.ts';
import { modelReference, name, positive } from './ai-names.ts';
import { type PriceOverride, priceYaml, resolvePrice } from './ai-prices.ts';
import { builtInProvider, isKeyless, type ProviderConfig, providerYaml, resolveProvider } from './ai-providers.ts';
import { type GuardrailsConfig, guardrailsYaml, resolveGuardrails } from './guardrails.ts';

/** What becomes of an input that is longer than its bound. */
export const longInputs = ['reject', 'truncate', 'chunk'] as const;
export type LongInput = (typeof longInputs)[number];

/** How AI fields of the graph are resolved. */
export interface AiFieldsConfig {
  /** The most tokens that one call may read, of fields that name no bound. */
  readonly maxInputTokens: number;
  /** What becomes of a longer input, of fields that do not say. */
  readonly longInput: LongInput;
  /** The most parts that a long input is cut into. */
  readonly maxChunks: number;
  /** How long one field may take. */
  readonly deadlineMs: number;
  readonly cache: {
    readonly enabled: boolean;
    /** Time to live of an answer whose field has no `cacheTtl`. Answers are cached by their inputs: changed inputs are a miss. */
    readonly maxAgeMs: number;
    /** How long a stale answer is served while it is regenerated. */
    readonly staleWhileRevalidateMs: number;
  };
  readonly explain: {
    readonly enabled: boolean;
    /** Whether explanations contain prompts and answers. */
    readonly texts: boolean;
  };
}

export interface AiConfig {
  readonly providers: readonly ProviderConfig[];
  readonly models: Readonly<Record<string, ModelAlias>>;
  /** By model reference. */
  readonly prices: Readonly<Record<string, PriceOverride>>;
  /** Whether `/v1` callers may name `<provider>/<model id>` beside aliases. */
  readonly exposeReferences: boolean;
  readonly cache: CacheStoreConfig;
  readonly breaker: BreakerConfig;
  /** How long one call may take in total, and how long a stream may be idle. */
  readonly callTimeoutMs: number;
  readonly streamIdleTimeoutMs: number;
  readonly fields: AiFieldsConfig;
  readonly guardrails: GuardrailsConfig | undefined;
  readonly budgets: readonly BudgetConfig[];
  /** Undefined: alerts are in the log alone. */
  readonly budgetAlerts: WebhookConfig | undefined;
  /** Undefined: each gateway counts its own. */
  readonly budgetCounters: BudgetCountersConfig | undefined;
  readonly ledger: LedgerConfig;
  /** The file that records of model calls are appended to as JSON lines. */
  readonly callLogFile: string | undefined;
}

export const aiYaml = z
  .strictObject({
    providers: z
      .record(name, providerYaml)
      .default({})
      .describe('Model providers, besides the built-in models, which are always available as `local`.'),
    models: z
      .record(name, aliasYaml)
      .default({ fast: ['local/extractive'], embedding: ['local/use-lite'] })
      .describe('Model aliases, each a list of targets tried in order; targets whose provider has no key are skipped.'),
    prices: z
      .record(modelReference, priceYaml)
      .default({})
      .describe('Prices by model reference; they override the built-in price list.'),
    expose_references: z
      .boolean()
      .default(false)
      .describe('Whether callers of /v1 may name provider/model in addition to aliases.'),
    cache: z
      .strictObject({
        ...cacheStoreKeys('answers'),
      })
      .refine(...urlIsPresent)
      .refine(...urlBelongs)
      .prefault({}),
    breaker: z
      .strictObject({
        threshold_percent: z.number().min(1).max(100).default(50).describe('The percentage of failures that opens it.'),
        min_requests: positive.default(20).describe('The minimum number of calls in the window before it can open.'),
        window: durationOr('10s', 'The length of the sliding window.'),
        sleep: durationOr('5s', 'How long a failing target is not called.'),
      })
      .prefault({})
      .describe('The circuit breaker of each target.'),
    fields: z
      .strictObject({
        deadline: durationOr('20s', 'How long one AI field may take.'),
        max_input_tokens: positive
          .default(8_000)
          .describe('The most tokens that one call of a field may read, where neither @generate nor its prompt says.'),
        input: z
          .enum(longInputs)
          .default('reject')
          .describe(
            'What becomes of a longer input: `reject` (AI_INPUT_TOO_LONG), `truncate` (its longest value is cut), or `chunk` (it is answered in parts, and the answers are combined).',
          ),
        max_chunks: z
          .number()
          .int()
          .min(2)
          .max(100)
          .default(8)
          .describe('The most parts that `chunk` cuts an input into; a longer one is rejected.'),
        cache: z
          .strictObject({
            enabled: z.boolean().default(true).describe('Whether answers are cached by their inputs.'),
            max_age: durationOr('7d', 'Time to live of an answer whose field has no cacheTtl.'),
            stale_while_revalidate: z
              .string()
              .regex(durationPattern, 'write a duration such as 500ms, 10s or 5m')
              .default('0s')
              .describe('How long a stale answer is served while it is regenerated.'),
          })
          .prefault({}),
        explain: z
          .strictObject({
            enabled: z
              .boolean()
              .default(true)
              .describe('Whether the request header `isthmus-explain: ai` is honoured.'),
            texts: z.boolean().default(false).describe('Whether explanations contain prompts and answers.'),
          })
          .prefault({}),
      })
      .prefault({}),
    guardrails: guardrailsYaml.optional().describe('Checks on the texts that models are sent and on their answers.'),
    budgets: budgetsYaml.describe(
      'How much of models may be used, by whom, in which period. Every call is counted by each budget that it matches, at the most that it can cost, before it is sent; none is ever exceeded.',
    ),
    budget_alerts: webhookYaml('alerts').describe(
      'A webhook that the alerts of `ai.budgets` are sent to, signed as Standard Webhooks says. Default: they are in the log alone.',
    ),
    budget_counters: budgetCountersYaml,
    ledger: ledgerYaml,
    call_timeout: durationOr('5m', 'How long one call of /v1 may take in total.'),
    stream_idle_timeout: durationOr(
      '60s',
      'How long a provider’s stream may be idle, comments and pings counting as activity.',
    ),
    call_log: z
      .strictObject({
        file: z.string().min(1).describe('The file that records of model calls are appended to as JSON lines.'),
      })
      .optional()
      .describe('Writes a record of every model call to a file, in addition to the log.'),
  })
  .prefault({});

export type AiYaml = z.output<typeof aiYaml>;

/**
 * @param at resolves a path of the file to an absolute path
 * @param store where the ledger is
 */
export function resolveAi(yaml: AiYaml, at: (path: string) => string, store?: StoreConfig): AiConfig {
  const milliseconds = (text: string) => parseDuration(text) ?? 0;
  const providers = Object.entries(yaml.providers);
  const keyless = new Set(providers.flatMap(([name, provider]) => (isKeyless(provider) ? [name] : [])));
  const usable = ({ provider }: ModelTarget): boolean => !keyless.has(provider);
  return {
    providers: Object.entries({ [builtInProvider]: { kind: 'local' as const }, ...yaml.providers })
      .filter(([name]) => !keyless.has(name))
      .map(([name, provider]) => resolveProvider(name, provider)),
    models: Object.fromEntries(
      Object.entries(yaml.models).map(([alias, entry]) => [alias, resolveAlias(entry, usable)]),
    ),
    prices: Object.fromEntries(
      Object.entries(yaml.prices).map(([reference, price]) => [reference, resolvePrice(price)]),
    ),
    exposeReferences: yaml.expose_references,
    cache: resolveCacheStore(yaml.cache),
    breaker: {
      thresholdPercent: yaml.breaker.threshold_percent,
      minRequests: yaml.breaker.min_requests,
      windowMs: milliseconds(yaml.breaker.window),
      sleepMs: milliseconds(yaml.breaker.sleep),
    },
    fields: {
      deadlineMs: milliseconds(yaml.fields.deadline),
      maxInputTokens: yaml.fields.max_input_tokens,
      longInput: yaml.fields.input,
      maxChunks: yaml.fields.max_chunks,
      cache: {
        enabled: yaml.fields.cache.enabled,
        maxAgeMs: milliseconds(yaml.fields.cache.max_age),
        staleWhileRevalidateMs: milliseconds(yaml.fields.cache.stale_while_revalidate),
      },
      explain: yaml.fields.explain,
    },
    guardrails: yaml.guardrails === undefined ? undefined : resolveGuardrails(yaml.guardrails),
    budgets: resolveBudgets(yaml.budgets),
    budgetAlerts: resolveWebhook(yaml.budget_alerts),
    budgetCounters: resolveGatewayCounters(yaml.budget_counters),
    ledger: resolveLedger(yaml.ledger, yaml.budgets.length > 0, store, at),
    callTimeoutMs: milliseconds(yaml.call_timeout),
    streamIdleTimeoutMs: milliseconds(yaml.stream_idle_timeout),
    callLogFile: yaml.call_log === undefined ? undefined : at(yaml.call_log.file),
  };
}
