/**
 * The `ai` key: where models come from, which of them an alias asks, within which limits, at what price. Every alias is
 * a list of targets, or says more: how a target is chosen, when the next is asked, what is cached.
 */
import { z } from 'zod';
import { type GuardrailsConfig, guardrailsYaml, resolveGuardrails } from './guardrails.ts';
import type { BreakerConfig } from './traffic.ts';
import { durationPattern, parseDuration, parseSize, sizePattern } from './units.ts';
import { durationOr, httpUrlOf } from './values.ts';

export type ProviderConfig =
  | {
      readonly kind: 'openai';
      readonly name: string;
      /** `{model}` in it is replaced by the model id (Azure’s deployments). */
      readonly baseUrl: string;
      /** Rotated; none: no key is sent. */
      readonly keys: readonly string[];
      readonly auth: 'bearer' | 'api-key';
      readonly apiVersion: string | undefined;
      readonly wire: 'chat' | 'responses';
      readonly priceAs: string | undefined;
    }
  | {
      readonly kind: 'ai-sdk';
      readonly name: string;
      /** The npm package, such as `@ai-sdk/anthropic`. */
      readonly package: string;
      readonly keys: readonly string[];
      readonly baseUrl: string | undefined;
      /** Handed to the package’s factory as they are. */
      readonly settings: Readonly<Record<string, unknown>>;
      readonly priceAs: string | undefined;
    }
  | { readonly kind: 'local'; readonly name: string };

/** By the provider's own JSON schema support, its JSON mode, a forced tool call, or words in the prompt. */
export type StructuredOutput = 'json_schema' | 'json_object' | 'tool' | 'prompt';

/** What a target is known to be able to do; a rule may ask for it. */
export type Capability = 'images' | 'files' | 'tools' | 'json' | 'reasoning';

export interface TargetLimits {
  /** Calls at the same time. */
  readonly concurrency: number | undefined;
  readonly requestsPerMinute: number | undefined;
  /** Input and output; reserved by estimate before a call, corrected after it. */
  readonly tokensPerMinute: number | undefined;
  /** How many calls may wait for their turn; the next is `RATE_LIMITED`. */
  readonly queue: number;
}

/** A model of a provider, written `<provider>/<model id>`, and how it is used. */
export interface ModelTarget {
  readonly provider: string;
  readonly model: string;
  /** How the model is asked for JSON. */
  readonly structured: StructuredOutput;
  /** Its share where the strategy is `weighted`. */
  readonly weight: number;
  readonly region: string | undefined;
  /** `undefined`: it can do everything. */
  readonly capabilities: readonly Capability[] | undefined;
  readonly limits: TargetLimits;
}

export type Strategy = 'ordered' | 'weighted' | 'least_busy' | 'lowest_latency' | 'lowest_price';
export type FallbackCause = 'provider_error' | 'context_window' | 'content_policy' | 'deadline';

/** For calls that fit `when`, only some of the targets are asked. The first rule that fits is taken. */
export interface RoutingRule {
  readonly when: {
    /** Estimated tokens of the input: at least, and below. */
    readonly minInputTokens: number | undefined;
    readonly maxInputTokens: number | undefined;
    /** What the call must contain for the rule to fit, all of it. */
    readonly needs: readonly Capability[];
    readonly tenants: readonly string[] | undefined;
    readonly callers: readonly string[] | undefined;
  };
  /** Indices into the alias's targets, in the order they are asked. Never empty by configuration; keyless ones are left out. */
  readonly targets: readonly number[];
}

export interface ModelAlias {
  readonly strategy: Strategy;
  /** Targets without a key are already left out, so the list may be empty. */
  readonly targets: readonly ModelTarget[];
  readonly rules: readonly RoutingRule[];
  readonly fallback: {
    /** The causes for which the next target is asked. */
    readonly on: readonly FallbackCause[];
    /** Aliases that are asked instead of the next target, for inputs too long and inputs not taken. */
    readonly contextWindow: string | undefined;
    readonly contentPolicy: string | undefined;
  };
  /** How long one target may take before the next is asked. */
  readonly targetTimeoutMs: number | undefined;
  /** How often one target is asked again for failures that may pass. */
  readonly retries: number;
  /** What a weighted split is kept constant by. */
  readonly sticky: 'none' | 'caller' | 'tenant' | 'key';
  /** Targets that are sent a copy of so many percent of the calls, and whose answers nobody reads. */
  readonly shadow: readonly { readonly target: ModelTarget; readonly percent: number }[];
  readonly cache: AliasCache;
}

export interface AliasCache {
  readonly exact: boolean;
  readonly ttlMs: number;
  /** Whether tenants share what is cached. */
  readonly shared: boolean;
  readonly semantic: { readonly embedding: string; readonly threshold: number } | undefined;
}

/** Decimal strings of US dollars per million tokens. */
export interface TokenPrices {
  readonly inputPerMtok: string;
  readonly cachedInputPerMtok: string | undefined;
  readonly cacheWritePerMtok: string | undefined;
  readonly outputPerMtok: string;
}

export type PriceOverride =
  | { readonly kind: 'free' }
  | ({ readonly kind: 'tokens' } & TokenPrices & {
        /** Prices of the whole call where its input is longer, ascending. */
        readonly tiers: readonly (TokenPrices & { readonly aboveInputTokens: number })[];
      });

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

/** `{model}` stands for a model's id. */
const providerUrl = httpUrlOf((text) => text.replaceAll('{model}', 'model'));

/** The names of providers and aliases; a record's key `__proto__` never fits. */
const name = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/, 'a name starts with a letter and has letters, digits, _, . and -');

const modelReference = z
  .string()
  .regex(/^[^/\s]+\/\S+$/, 'write a model as provider/model, such as openai/gpt-4.1-mini or local/extractive');

const keys = {
  api_key: z
    .string()
    .optional()
    .describe('The key. Empty: the provider’s targets are skipped. Left out: the endpoint needs none.'),
  api_keys: z.array(z.string()).min(1).optional().describe('Several keys, used in turn; empty ones are left out.'),
  price_as: z
    .string()
    .min(1)
    .optional()
    .describe('The provider whose prices hold, by its id in genai-prices. Default: found by URL, name or package.'),
};
const oneKeyForm = (value: { api_key?: string | undefined; api_keys?: readonly string[] | undefined }) =>
  value.api_key === undefined || value.api_keys === undefined;

const provider = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z
        .literal('openai')
        .describe('`openai`: OpenAI’s wire. `ai-sdk`: any AI SDK package. `local`: the built-in models.'),
      base_url: providerUrl
        .default('https://api.openai.com/v1')
        .describe('The endpoint; anything that speaks OpenAI’s wire. `{model}` is replaced by the model id.'),
      ...keys,
      auth: z.enum(['bearer', 'api-key']).default('bearer').describe('The header the key goes in; Azure: api-key.'),
      api_version: z.string().min(1).optional().describe('Azure’s `api-version` query parameter.'),
      wire: z.enum(['chat', 'responses']).default('chat').describe('Chat completions, or the responses API.'),
    })
    .refine(oneKeyForm, 'write api_key or api_keys, not both')
    .describe('OpenAI, and every endpoint that speaks its wire.'),
  z
    .strictObject({
      kind: z.literal('ai-sdk'),
      package: z
        .string()
        .regex(/^(?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/, 'write an npm package such as @ai-sdk/anthropic')
        .describe('The AI SDK provider package, such as `@ai-sdk/anthropic`; loaded when it is first used.'),
      base_url: providerUrl.optional().describe('The endpoint. Default: the package’s own.'),
      ...keys,
      settings: z
        .record(z.string(), z.unknown())
        .default({})
        .describe('Handed to the package’s factory as they are: `region`, `resourceName`, …'),
    })
    .refine(oneKeyForm, 'write api_key or api_keys, not both')
    .describe('Anthropic, Google, Bedrock, Cohere, Mistral and every other AI SDK provider package.'),
  z.strictObject({ kind: z.literal('local') }).describe('The built-in models: no key, no network, free.'),
]);

const structured = z
  .enum(['json_schema', 'json_object', 'tool', 'prompt'])
  .default('json_schema')
  .describe('How the model is asked for JSON.');

const capability = z.enum(['images', 'files', 'tools', 'json', 'reasoning']);
const positive = z.number().int().min(1);

const target = z.union([
  modelReference,
  z.strictObject({
    model: modelReference,
    structured,
    weight: z.number().min(0).max(1_000_000).default(1).describe('Its share where the strategy is weighted.'),
    region: z.string().min(1).optional().describe('Where it runs; rules may ask for it.'),
    capabilities: z
      .array(capability)
      .optional()
      .describe('What it can do; a call that needs more goes to another target. Default: everything.'),
    limits: z
      .strictObject({
        concurrency: positive.optional().describe('Calls at the same time. Default: no limit.'),
        requests_per_minute: positive.optional().describe('Calls a minute. Default: no limit.'),
        tokens_per_minute: positive.optional().describe('Tokens a minute, input and output. Default: no limit.'),
        queue: z
          .number()
          .int()
          .min(0)
          .max(100_000)
          .default(100)
          .describe('How many calls may wait for their turn; the next one is RATE_LIMITED.'),
      })
      .prefault({}),
  }),
]);

const aliasCache = z
  .strictObject({
    exact: z.boolean().default(false).describe('Whether an equal request is answered from the cache.'),
    ttl: durationOr('1h', 'How long an answer is kept.'),
    shared: z.boolean().default(false).describe('Whether tenants share what is cached.'),
    semantic: z
      .strictObject({
        embedding: name.default('embedding').describe('The alias whose model compares texts.'),
        threshold: z
          .number()
          .min(0.5)
          .max(1)
          .default(0.95)
          .describe('The least cosine of two texts that mean the same.'),
      })
      .optional()
      .describe('Whether a request that means the same is answered from the cache. Default: off.'),
  })
  .prefault({});

const alias = z.union([
  z.array(target).min(1),
  z.strictObject({
    targets: z.array(target).min(1).describe('The models, asked as the strategy says.'),
    strategy: z
      .enum(['ordered', 'weighted', 'least_busy', 'lowest_latency', 'lowest_price'])
      .default('ordered')
      .describe('Which target is asked first; the others follow as fallbacks.'),
    sticky: z
      .enum(['none', 'caller', 'tenant', 'key'])
      .default('none')
      .describe('What a weighted split is kept constant by; `key` is the entity of an AI field, or `user` on /v1.'),
    rules: z
      .array(
        z.strictObject({
          when: z.strictObject({
            min_input_tokens: z.number().int().min(0).optional(),
            max_input_tokens: positive.optional().describe('Below this many.'),
            needs: z.array(capability).default([]),
            tenants: z.array(z.string()).min(1).optional(),
            callers: z.array(z.string()).min(1).optional(),
          }),
          targets: z.array(modelReference).min(1).optional().describe('Those of the alias’s targets that are asked.'),
          region: z.string().min(1).optional().describe('Only targets of this region are asked.'),
        }),
      )
      .default([])
      .describe('Which targets are asked for which calls; the first rule that fits is taken.'),
    fallback: z
      .strictObject({
        on: z
          .array(z.enum(['provider_error', 'context_window', 'content_policy', 'deadline']))
          .default(['provider_error', 'context_window', 'deadline'])
          .describe('What makes the next target be asked.'),
        context_window: name.optional().describe('The alias asked for inputs that are too long.'),
        content_policy: name.optional().describe('The alias asked for inputs a provider’s policy refuses.'),
      })
      .prefault({}),
    target_timeout: durationOr('10m', 'How long one target may take before the next is asked.').optional(),
    retries: z
      .number()
      .int()
      .min(0)
      .max(10)
      .default(1)
      .describe('How often a target is asked again for failures that may pass.'),
    shadow: z
      .array(z.strictObject({ model: modelReference, structured, percent: z.number().min(0).max(100).default(100) }))
      .default([])
      .describe('Models that are sent a copy of so many percent of the calls; nobody reads their answers.'),
    cache: aliasCache,
  }),
]);

const decimal = z.string().regex(/^\d{1,9}(\.\d{1,12})?$/, 'write US dollars as a decimal string, such as "0.40"');
const tokenPrices = {
  input_per_mtok: decimal.describe('US dollars per million input tokens.'),
  cached_input_per_mtok: decimal.optional().describe('Input read from the provider’s cache. Default: as input.'),
  cache_write_per_mtok: decimal.optional().describe('Input written to it. Default: as input.'),
  output_per_mtok: decimal.describe('US dollars per million output tokens.'),
};

export const aiYaml = z
  .strictObject({
    providers: z
      .record(name, provider)
      .default({})
      .describe('Where models come from, besides the built-in models, which are always there as `local`.'),
    models: z
      .record(name, alias)
      .default({ fast: ['local/extractive'], embedding: ['local/use-lite'] })
      .describe('Aliases, each a list of targets tried in order; a target whose provider has no key is skipped.'),
    prices: z
      .record(
        modelReference,
        z.union([
          z.strictObject({ free: z.literal(true).describe('Calls of this model cost nothing.') }),
          z.strictObject({
            ...tokenPrices,
            tiers: z
              .array(z.strictObject({ above_input_tokens: positive, ...tokenPrices }))
              .default([])
              .describe('Prices of the whole call where its input is longer.'),
          }),
        ]),
      )
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
    stream_idle_timeout: durationOr('60s', 'How long a provider’s stream may be silent.'),
    call_log: z
      .strictObject({ file: z.string().min(1).describe('Where records of model calls are appended as JSON lines.') })
      .optional()
      .describe('Keeps a record of every model call in a file, beside the log.'),
  })
  .prefault({});

export type AiYaml = z.output<typeof aiYaml>;
type TargetYaml = z.output<typeof target>;

/** `<provider>/<model id>`, split at the first `/`: a model id may have more of them. */
export function parseModelReference(reference: string): Pick<ModelTarget, 'provider' | 'model'> {
  const slash = reference.indexOf('/');
  return { provider: reference.slice(0, slash), model: reference.slice(slash + 1) };
}

const noLimits: TargetLimits = {
  concurrency: undefined,
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  queue: 100,
};

function resolveTarget(yaml: TargetYaml): ModelTarget {
  if (typeof yaml === 'string') {
    const reference = parseModelReference(yaml);
    return {
      ...reference,
      structured: 'json_schema',
      weight: 1,
      region: undefined,
      capabilities: undefined,
      limits: noLimits,
    };
  }
  return {
    ...parseModelReference(yaml.model),
    structured: yaml.structured,
    weight: yaml.weight,
    region: yaml.region,
    capabilities: yaml.capabilities,
    limits: {
      concurrency: yaml.limits.concurrency,
      requestsPerMinute: yaml.limits.requests_per_minute,
      tokensPerMinute: yaml.limits.tokens_per_minute,
      queue: yaml.limits.queue,
    },
  };
}

function resolveProvider(providerName: string, yaml: AiYaml['providers'][string]): ProviderConfig {
  if (yaml.kind === 'local') return { kind: 'local', name: providerName };
  const given = yaml.api_keys ?? (yaml.api_key === undefined ? [] : [yaml.api_key]);
  const shared = { name: providerName, keys: given.filter((key) => key !== ''), priceAs: yaml.price_as };
  return yaml.kind === 'openai'
    ? {
        kind: 'openai',
        ...shared,
        baseUrl: yaml.base_url,
        auth: yaml.auth,
        apiVersion: yaml.api_version,
        wire: yaml.wire,
      }
    : { kind: 'ai-sdk', ...shared, package: yaml.package, baseUrl: yaml.base_url, settings: yaml.settings };
}

/** Whether a provider was given keys and all of them are empty: its targets are skipped. */
function isKeyless(yaml: AiYaml['providers'][string] | undefined): boolean {
  if (yaml === undefined || yaml.kind === 'local') return false;
  const given = yaml.api_keys ?? (yaml.api_key === undefined ? undefined : [yaml.api_key]);
  return given?.every((key) => key === '') ?? false;
}

/** The provider of the built-in models; it costs nothing until it is asked. */
const builtIn = 'local';

/** Everything an alias's YAML names that is not there. */
export interface AiProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Providers, aliases and targets that are named and do not exist. */
export function unknownInAi(yaml: AiYaml): AiProblem[] {
  const problems: AiProblem[] = [];
  const checkReference = (reference: string, path: readonly (string | number)[]): void => {
    const { provider: providerName } = parseModelReference(reference);
    if (providerName !== builtIn && !Object.hasOwn(yaml.providers, providerName)) {
      problems.push({ path, message: `there is no provider "${providerName}" under ai.providers` });
    }
  };
  const checkAlias = (aliasName: string | undefined, path: readonly (string | number)[]): void => {
    if (aliasName !== undefined && !Object.hasOwn(yaml.models, aliasName))
      problems.push({ path, message: `there is no model alias "${aliasName}" under ai.models` });
  };
  for (const [aliasName, given] of Object.entries(yaml.models)) {
    const at = ['ai', 'models', aliasName];
    const isList = Array.isArray(given);
    const targets: readonly TargetYaml[] = isList ? given : given.targets;
    const references = targets.map((one) => (typeof one === 'string' ? one : one.model));
    for (const [index, reference] of references.entries())
      checkReference(reference, isList ? [...at, index] : [...at, 'targets', index]);
    if (isList) continue;
    for (const [index, shadow] of given.shadow.entries()) checkReference(shadow.model, [...at, 'shadow', index]);
    checkAlias(given.fallback.context_window, [...at, 'fallback', 'context_window']);
    checkAlias(given.fallback.content_policy, [...at, 'fallback', 'content_policy']);
    checkAlias(given.cache.semantic?.embedding, [...at, 'cache', 'semantic', 'embedding']);
    for (const [index, rule] of given.rules.entries()) {
      const path = [...at, 'rules', index];
      for (const reference of rule.targets ?? []) {
        if (!references.includes(reference))
          problems.push({ path: [...path, 'targets'], message: `"${reference}" is not a target of this alias` });
      }
      const chosen = targets.filter((one) => fitsRule(resolveTarget(one), rule.targets, rule.region));
      if (chosen.length === 0) problems.push({ path, message: 'no target of this alias fits the rule' });
    }
  }
  for (const reference of Object.keys(yaml.prices)) checkReference(reference, ['ai', 'prices', reference]);
  return problems;
}

function fitsRule(one: ModelTarget, references: readonly string[] | undefined, region: string | undefined): boolean {
  const named = references === undefined || references.includes(`${one.provider}/${one.model}`);
  return named && (region === undefined || one.region === region);
}

/** @param at the absolute path of one in the file */
export function resolveAi(yaml: AiYaml, at: (path: string) => string): AiConfig {
  const milliseconds = (text: string) => parseDuration(text) ?? 0;
  const keyless = new Set(Object.keys(yaml.providers).filter((one) => isKeyless(yaml.providers[one])));
  const usable = (one: ModelTarget): boolean => !keyless.has(one.provider);
  const resolveAlias = (given: AiYaml['models'][string]): ModelAlias => {
    const full = Array.isArray(given) ? alias.options[1].parse({ targets: given }) : given;
    const targets = full.targets.map(resolveTarget).filter(usable);
    return {
      strategy: full.strategy,
      targets,
      rules: full.rules.map(({ when, targets: references, region }) => ({
        when: {
          minInputTokens: when.min_input_tokens,
          maxInputTokens: when.max_input_tokens,
          needs: when.needs,
          tenants: when.tenants,
          callers: when.callers,
        },
        targets: (references ?? targets.map((one) => `${one.provider}/${one.model}`)).flatMap((reference) =>
          targets.flatMap((one, index) =>
            `${one.provider}/${one.model}` === reference && fitsRule(one, references, region) ? [index] : [],
          ),
        ),
      })),
      fallback: {
        on: full.fallback.on,
        contextWindow: full.fallback.context_window,
        contentPolicy: full.fallback.content_policy,
      },
      targetTimeoutMs: full.target_timeout === undefined ? undefined : milliseconds(full.target_timeout),
      retries: full.retries,
      sticky: full.sticky,
      shadow: full.shadow
        .map(({ model, structured: form, percent }) => ({
          target: { ...resolveTarget(model), structured: form },
          percent,
        }))
        .filter((one) => usable(one.target)),
      cache: {
        exact: full.cache.exact,
        ttlMs: milliseconds(full.cache.ttl),
        shared: full.cache.shared,
        semantic: full.cache.semantic,
      },
    };
  };
  return {
    providers: Object.entries({ [builtIn]: { kind: 'local' as const }, ...yaml.providers })
      .filter(([one]) => !keyless.has(one))
      .map(([one, given]) => resolveProvider(one, given)),
    models: Object.fromEntries(Object.entries(yaml.models).map(([one, given]) => [one, resolveAlias(given)])),
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

function resolvePrice(yaml: AiYaml['prices'][string]): PriceOverride {
  if ('free' in yaml) return { kind: 'free' };
  const prices = (one: Omit<typeof yaml, 'tiers'>): TokenPrices => ({
    inputPerMtok: one.input_per_mtok,
    cachedInputPerMtok: one.cached_input_per_mtok,
    cacheWritePerMtok: one.cache_write_per_mtok,
    outputPerMtok: one.output_per_mtok,
  });
  return {
    kind: 'tokens',
    ...prices(yaml),
    tiers: yaml.tiers
      .map((tier) => ({ ...prices(tier), aboveInputTokens: tier.above_input_tokens }))
      .sort((a, b) => a.aboveInputTokens - b.aboveInputTokens),
  };
}
