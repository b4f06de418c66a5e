/** The `ai` key: where models come from, which of them an alias asks, within which limits, at what price. */
import { z } from 'zod';
import { aliasYaml, type ModelAlias, type ModelTarget, resolveAlias } from './ai-models.ts';
import { modelReference, name, positive } from './ai-names.ts';
import { type PriceOverride, priceYaml, resolvePrice } from './ai-prices.ts';
import { builtInProvider, isKeyless, type ProviderConfig, providerYaml, resolveProvider } from './ai-providers.ts';
import { type GuardrailsConfig, guardrailsYaml, resolveGuardrails } from './guardrails.ts';
import type { BreakerConfig } from './traffic.ts';
import { durationPattern, parseDuration, parseSize, sizePattern } from './units.ts';
import { durationOr } from './values.ts';

/** How AI fields of the graph are run. */
export interface AiFieldsConfig {
  /** How long one field may take. */
  readonly deadlineMs: number;
  readonly cache: {
    readonly enabled: boolean;
    /** How long an answer is kept where its field has no `cacheTtl`; a change of its inputs renews it at once. */
    readonly maxAgeMs: number;
    /** How long after its time an answer is still given while it is renewed. */
    readonly staleWhileRevalidateMs: number;
  };
  readonly explain: {
    readonly enabled: boolean;
    /** Whether explanations hold prompts and answers. */
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
  readonly cache: {
    readonly store: { readonly kind: 'memory' } | { readonly kind: 'redis'; readonly url: string };
    readonly maxBytes: number;
  };
  readonly breaker: BreakerConfig;
  /** How long one call may take in all, and how long a stream may be silent. */
  readonly callTimeoutMs: number;
  readonly streamIdleTimeoutMs: number;
  readonly fields: AiFieldsConfig;
  readonly guardrails: GuardrailsConfig | undefined;
  /** Where records of model calls are appended as JSON lines. */
  readonly callLogFile: string | undefined;
}

export const aiYaml = z
  .strictObject({
    providers: z
      .record(name, providerYaml)
      .default({})
      .describe('Where models come from, besides the built-in models, which are always there as `local`.'),
    models: z
      .record(name, aliasYaml)
      .default({ fast: ['local/extractive'], embedding: ['local/use-lite'] })
      .describe('Aliases, each a list of targets tried in order; a target whose provider has no key is skipped.'),
    prices: z
      .record(modelReference, priceYaml)
      .default({})
      .describe('Prices by model reference; they win over the built-in list.'),
    expose_references: z
      .boolean()
      .default(false)
      .describe('Whether callers of /v1 may name provider/model beside aliases.'),
    cache: z
      .strictObject({
        store: z.enum(['memory', 'redis']).default('memory').describe('Where answers are kept.'),
        url: z
          .string()
          .regex(/^rediss?:\/\/\S+$/, 'write a redis:// or rediss:// URL')
          .optional()
          .describe('The Redis server.'),
        max_size: z
          .string()
          .regex(sizePattern, 'write a size such as 64mb')
          .refine((text) => (parseSize(text) ?? 0) > 0, 'a size must be more than 0')
          .default('64mb')
          .describe('The most memory that cached answers take.'),
      })
      .refine(
        (value) => (value.store === 'redis') === (value.url !== undefined),
        'store: redis and url belong together',
      )
      .prefault({}),
    breaker: z
      .strictObject({
        threshold_percent: z.number().min(1).max(100).default(50).describe('The share of failures that opens it.'),
        min_requests: positive.default(20).describe('The fewest calls in the window that may open it.'),
        window: durationOr('10s', 'How far back calls count.'),
        sleep: durationOr('5s', 'How long a failing target is left alone.'),
      })
      .prefault({})
      .describe('When a failing target is left alone for a while.'),
    fields: z
      .strictObject({
        deadline: durationOr('20s', 'How long one AI field may take.'),
        cache: z
          .strictObject({
            enabled: z.boolean().default(true).describe('Whether answers are kept by what they were made from.'),
            max_age: durationOr('7d', 'How long an answer is kept where its field has no cacheTtl.'),
            stale_while_revalidate: z
              .string()
              .regex(durationPattern, 'write a duration such as 500ms, 10s or 5m')
              .default('0s')
              .describe('How long after its time an answer is still given while it is renewed.'),
          })
          .prefault({}),
        explain: z
          .strictObject({
            enabled: z.boolean().default(true).describe('Whether `isthmus-explain: ai` is answered.'),
            texts: z.boolean().default(false).describe('Whether explanations hold prompts and answers.'),
          })
          .prefault({}),
      })
      .prefault({}),
    guardrails: guardrailsYaml.optional().describe('What is looked for in what models are sent and what they answer.'),
    call_timeout: durationOr('5m', 'How long one call of /v1 may take in all.'),
    stream_idle_timeout: durationOr(
      '60s',
      'How long a provider’s stream may be silent: send nothing, no comment or ping either.',
    ),
    call_log: z
      .strictObject({ file: z.string().min(1).describe('Where records of model calls are appended as JSON lines.') })
      .optional()
      .describe('Keeps a record of every model call in a file, beside the log.'),
  })
  .prefault({});

export type AiYaml = z.output<typeof aiYaml>;

/** @param at the absolute path of one in the file */
export function resolveAi(yaml: AiYaml, at: (path: string) => string): AiConfig {
  const milliseconds = (text: string) => parseDuration(text) ?? 0;
  const providers = Object.entries(yaml.providers);
  const keyless = new Set(providers.flatMap(([one, given]) => (isKeyless(given) ? [one] : [])));
  const usable = ({ provider }: ModelTarget): boolean => !keyless.has(provider);
  return {
    providers: Object.entries({ [builtInProvider]: { kind: 'local' as const }, ...yaml.providers })
      .filter(([one]) => !keyless.has(one))
      .map(([one, given]) => resolveProvider(one, given)),
    models: Object.fromEntries(Object.entries(yaml.models).map(([one, given]) => [one, resolveAlias(given, usable)])),
    prices: Object.fromEntries(Object.entries(yaml.prices).map(([one, given]) => [one, resolvePrice(given)])),
    exposeReferences: yaml.expose_references,
    cache: {
      store: yaml.cache.url === undefined ? { kind: 'memory' } : { kind: 'redis', url: yaml.cache.url },
      maxBytes: parseSize(yaml.cache.max_size) ?? 0,
    },
    breaker: {
      thresholdPercent: yaml.breaker.threshold_percent,
      minRequests: yaml.breaker.min_requests,
      windowMs: milliseconds(yaml.breaker.window),
      sleepMs: milliseconds(yaml.breaker.sleep),
    },
    fields: {
      deadlineMs: milliseconds(yaml.fields.deadline),
      cache: {
        enabled: yaml.fields.cache.enabled,
        maxAgeMs: milliseconds(yaml.fields.cache.max_age),
        staleWhileRevalidateMs: milliseconds(yaml.fields.cache.stale_while_revalidate),
      },
      explain: yaml.fields.explain,
    },
    guardrails: yaml.guardrails === undefined ? undefined : resolveGuardrails(yaml.guardrails),
    callTimeoutMs: milliseconds(yaml.call_timeout),
    streamIdleTimeoutMs: milliseconds(yaml.stream_idle_timeout),
    callLogFile: yaml.call_log === undefined ? undefined : at(yaml.call_log.file),
  };
}
