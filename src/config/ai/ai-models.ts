/** `ai.models`: aliases, each a list of targets or an object with strategy, rules, fallbacks, retries, shadows and caches. */
import { z } from 'zod';
import { parseDuration } from '../units.ts';
import { durationOr } from '../values.ts';
import { modelReference, name, parseModelReference, positive } from './ai-names.ts';

/** The provider's JSON schema support, its JSON mode, a forced tool call, or instructions in the prompt. */
export type StructuredOutput = 'json_schema' | 'json_object' | 'tool' | 'prompt';

/** A capability of a target; rules may require it. */
export type Capability = 'images' | 'files' | 'tools' | 'json' | 'reasoning';

export interface TargetLimits {
  /** Calls at the same time. */
  readonly concurrency: number | undefined;
  readonly requestsPerMinute: number | undefined;
  /** Input and output; reserved by estimate before a call, corrected after it. */
  readonly tokensPerMinute: number | undefined;
  /** The most calls that may wait in the queue; the next one is refused with `RATE_LIMITED`. */
  readonly queue: number;
}

/** A model of a provider, written `<provider>/<model id>`, and how it is used. */
export interface ModelTarget {
  readonly provider: string;
  readonly model: string;
  /** How JSON output is requested from the model. */
  readonly structured: StructuredOutput;
  /** Its share where the strategy is `weighted`. */
  readonly weight: number;
  readonly region: string | undefined;
  /** The most output tokens of one answer; overrides the value known for the model. */
  readonly maxOutputTokens?: number | undefined;
  /** `undefined`: every capability. */
  readonly capabilities: readonly Capability[] | undefined;
  readonly limits: TargetLimits;
}

export type Strategy = 'ordered' | 'weighted' | 'least_busy' | 'lowest_latency' | 'lowest_price';
export type FallbackCause = 'provider_error' | 'context_window' | 'content_policy' | 'deadline';

/** Restricts calls that match `when` to some of the targets. The first matching rule applies. */
export interface RoutingRule {
  readonly when: {
    /** Estimated tokens of the input: at least, and below. */
    readonly minInputTokens: number | undefined;
    readonly maxInputTokens: number | undefined;
    /** The capabilities a call must need, all of them, for the rule to match. */
    readonly needs: readonly Capability[];
    readonly tenants: readonly string[] | undefined;
    readonly callers: readonly string[] | undefined;
  };
  /** Indices into the alias's targets, in the order they are tried. Targets without a key are left out. */
  readonly targets: readonly number[];
}

export interface ModelAlias {
  readonly strategy: Strategy;
  /** Targets without a key are already left out, so the list may be empty. */
  readonly targets: readonly ModelTarget[];
  readonly rules: readonly RoutingRule[];
  readonly fallback: {
    /** The causes for which the next target is tried. */
    readonly on: readonly FallbackCause[];
    /** Aliases used instead of the next target: for inputs that are too long, and for inputs a content policy refuses. */
    readonly contextWindow: string | undefined;
    readonly contentPolicy: string | undefined;
  };
  /** How long one target may take before the next is tried. */
  readonly targetTimeoutMs: number | undefined;
  /** How often one target is retried after a transient failure. */
  readonly retries: number;
  /** The key by which a weighted split is sticky. */
  readonly sticky: 'none' | 'caller' | 'tenant' | 'key';
  /** Targets that are sent a copy of this percentage of the calls; their answers are discarded. */
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
  .describe('How JSON output is requested from the model.');

const capability = z.enum(['images', 'files', 'tools', 'json', 'reasoning']);

const target = z.union([
  modelReference,
  z.strictObject({
    model: modelReference,
    structured,
    weight: z
      .number()
      .min(0)
      .max(1_000_000)
      .default(1)
      .describe('Its share of the calls where the strategy is weighted.'),
    region: z.string().min(1).optional().describe('The region it runs in; rules may require it.'),
    max_output_tokens: positive
      .optional()
      .describe(
        'The most output tokens; calls that request more are sent this value. Default: the value known for the model.',
      ),
    capabilities: z
      .array(capability)
      .optional()
      .describe('Its capabilities; a call that needs others is sent to another target. Default: all.'),
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
          .describe('The most calls that may wait in the queue; the next one is refused with RATE_LIMITED.'),
      })
      .prefault({}),
  }),
]);

const aliasCache = z
  .strictObject({
    exact: z.boolean().default(false).describe('Whether an equal request is answered from the cache.'),
    ttl: durationOr('1h', 'Time to live of a cached answer.'),
    shared: z.boolean().default(false).describe('Whether tenants share what is cached.'),
    semantic: z
      .strictObject({
        embedding: name.default('embedding').describe('The alias of the embedding model that compares texts.'),
        threshold: z
          .number()
          .min(0.5)
          .max(1)
          .default(0.95)
          .describe('The least cosine similarity of two texts that may share an answer.'),
      })
      .optional()
      .describe('Whether a request with the same meaning is answered from the cache. Default: off.'),
  })
  .prefault({});

export const aliasYaml = z.union([
  z.array(target).min(1),
  z.strictObject({
    targets: z.array(target).min(1).describe('The models, tried in the order of the strategy.'),
    strategy: z
      .enum(['ordered', 'weighted', 'least_busy', 'lowest_latency', 'lowest_price'])
      .default('ordered')
      .describe('How the first target is chosen; the others are fallbacks.'),
    sticky: z
      .enum(['none', 'caller', 'tenant', 'key'])
      .default('none')
      .describe('The key by which a weighted split is sticky; `key` is the entity of an AI field, or `user` on /v1.'),
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
          targets: z.array(modelReference).min(1).optional().describe('The alias’s targets that are used.'),
          region: z.string().min(1).optional().describe('Only targets of this region are used.'),
        }),
      )
      .default([])
      .describe('Which targets are used for which calls; the first matching rule applies.'),
    fallback: z
      .strictObject({
        on: z
          .array(z.enum(['provider_error', 'context_window', 'content_policy', 'deadline']))
          .default(['provider_error', 'context_window', 'deadline'])
          .describe('The causes for which the next target is tried.'),
        context_window: name.optional().describe('The alias used for inputs that are too long.'),
        content_policy: name.optional().describe('The alias used for inputs that a provider’s content policy refuses.'),
      })
      .prefault({}),
    target_timeout: durationOr('10m', 'How long one target may take before the next is tried.').optional(),
    retries: z
      .number()
      .int()
      .min(0)
      .max(10)
      .default(1)
      .describe('How often a target is retried after a transient failure.'),
    shadow: z
      .array(z.strictObject({ model: modelReference, structured, percent: z.number().min(0).max(100).default(100) }))
      .default([])
      .describe('Models that are sent a copy of this percentage of the calls; their answers are discarded.'),
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

/** @param usable whether a target's provider has a key; other targets are left out */
export function resolveAlias(yaml: AliasYaml, usable: (target: ModelTarget) => boolean): ModelAlias {
  const full = Array.isArray(yaml) ? aliasYaml.options[1].parse({ targets: yaml }) : yaml;
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
      targets: (references ?? targets.map((target) => `${target.provider}/${target.model}`)).flatMap((reference) =>
        targets.flatMap((target, index) =>
          `${target.provider}/${target.model}` === reference && fitsRule(target, references, region) ? [index] : [],
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
      .filter((entry) => usable(entry.target)),
    cache: {
      exact: full.cache.exact,
      ttlMs: parseDuration(full.cache.ttl) ?? 0,
      shared: full.cache.shared,
      semantic: full.cache.semantic,
    },
  };
}

/** Whether a rule selects a target. @param references the targets that the rule names; `undefined`: all */
export function fitsRule(
  target: ModelTarget,
  references: readonly string[] | undefined,
  region: string | undefined,
): boolean {
  const isReferenced = references === undefined || references.includes(`${target.provider}/${target.model}`);
  return isReferenced && (region === undefined || target.region === region);
}
