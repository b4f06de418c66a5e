/** `ai.models`: aliases, each a list of targets, or more: how a target is chosen, when the next is asked, what is cached. */
import { z } from 'zod';
import { modelReference, name, parseModelReference, positive } from './ai-names.ts';
import { parseDuration } from './units.ts';
import { durationOr } from './values.ts';

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
  /** The most tokens the model writes in one answer, where it is not known or is another. */
  readonly maxOutputTokens?: number | undefined;
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

const structured = z
  .enum(['json_schema', 'json_object', 'tool', 'prompt'])
  .default('json_schema')
  .describe('How the model is asked for JSON.');

const capability = z.enum(['images', 'files', 'tools', 'json', 'reasoning']);

const target = z.union([
  modelReference,
  z.strictObject({
    model: modelReference,
    structured,
    weight: z.number().min(0).max(1_000_000).default(1).describe('Its share where the strategy is weighted.'),
    region: z.string().min(1).optional().describe('Where it runs; rules may ask for it.'),
    max_output_tokens: positive
      .optional()
      .describe('The most tokens it writes; a call that asks for more is sent this. Default: as known of the model.'),
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

export const aliasYaml = z.union([
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

type AliasYaml = z.output<typeof aliasYaml>;
export type TargetYaml = z.output<typeof target>;

const noLimits: TargetLimits = {
  concurrency: undefined,
  requestsPerMinute: undefined,
  tokensPerMinute: undefined,
  queue: 100,
};

export function resolveTarget(yaml: TargetYaml): ModelTarget {
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
    maxOutputTokens: yaml.max_output_tokens,
    capabilities: yaml.capabilities,
    limits: {
      concurrency: yaml.limits.concurrency,
      requestsPerMinute: yaml.limits.requests_per_minute,
      tokensPerMinute: yaml.limits.tokens_per_minute,
      queue: yaml.limits.queue,
    },
  };
}

/** @param usable whether a target's provider has a key: the others are left out */
export function resolveAlias(given: AliasYaml, usable: (target: ModelTarget) => boolean): ModelAlias {
  const full = Array.isArray(given) ? aliasYaml.options[1].parse({ targets: given }) : given;
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
    targetTimeoutMs: full.target_timeout === undefined ? undefined : parseDuration(full.target_timeout),
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
      ttlMs: parseDuration(full.cache.ttl) ?? 0,
      shared: full.cache.shared,
      semantic: full.cache.semantic,
    },
  };
}

/** @param references those a rule names, where it names some */
export function fitsRule(
  one: ModelTarget,
  references: readonly string[] | undefined,
  region: string | undefined,
): boolean {
  const named = references === undefined || references.includes(`${one.provider}/${one.model}`);
  return named && (region === undefined || one.region === region);
}
