/** `limits`: sizes of requests, of operations and of what they fetch, and what operations may cost. */
import { z } from 'zod';
import { parseUsd } from '../../lib/index.ts';
import { resolveGatewayCounters } from '../gateway-counters.ts';
import { parseDuration, parseSize, sizePattern } from '../units.ts';
import { durationOr } from '../values.ts';
import { type CostConfig, costYaml, points, resolveCost } from './limits-cost.ts';
import { type OverloadConfig, overloadYaml, resolveOverload } from './overload.ts';
import { type RateCountersConfig, rateCountersYaml } from './rate-counters.ts';
import { type RateConfig, ratesYaml, resolveRates } from './rates.ts';

const count = z.number().int().min(1);

const bodySize = (fallback: string, description: string) =>
  z
    .string()
    .regex(sizePattern, 'write a size such as 100kb or 1mb')
    .refine((text) => (parseSize(text) ?? 0) > 0, 'a size must be more than 0')
    .default(fallback)
    .describe(description);

/** The limits of an operation, which a client may have of its own. */
const operationKeys = {
  tokens: count.optional().describe('The most tokens of a document (MAX_TOKENS_LIMIT). Default: 15000.'),
  depth: count
    .optional()
    .describe('How deeply fields may be nested, without introspection (MAX_DEPTH_LIMIT). Default: 100.'),
  aliases: count
    .optional()
    .describe('The most aliases of an operation, its fragments expanded (MAX_ALIASES_LIMIT). Default: no limit.'),
  root_fields: count
    .optional()
    .describe('The most root fields of an operation (MAX_ROOT_FIELDS_LIMIT). Default: no limit.'),
  directives: count
    .optional()
    .describe('The most directives of an operation, its fragments expanded (MAX_DIRECTIVES_LIMIT). Default: no limit.'),
  selections: count
    .optional()
    .describe('The most fields of an operation, its fragments expanded (MAX_SELECTIONS_LIMIT). Default: 10000.'),
  fetches: count
    .optional()
    .describe(
      'The most requests to subgraphs that the plan of an operation has (MAX_FETCHES_LIMIT). Default: no limit.',
    ),
  ai_usd: z
    .string()
    .refine((text) => isBudget(text), 'write US dollars as a decimal string from 0 to 9000000, such as "0.50"')
    .optional()
    .describe(
      'The most US dollars that the AI fields of an operation may be estimated at (AI_COST_ESTIMATED_TOO_EXPENSIVE). Default: no limit.',
    ),
  representations: count
    .optional()
    .describe(
      'The most entities that one operation asks subgraphs for; the fields of a request with more are null (MAX_REPRESENTATIONS_LIMIT). Default: no limit.',
    ),
};

const clientLimits = z
  .strictObject({
    principal: z.string().min(1).optional().describe('The id of a caller: of an API key, or the subject of a token.'),
    client_name: z
      .string()
      .min(1)
      .optional()
      .describe(
        'The request header `apollographql-client-name`, or `graphql-client-name` where that is not sent. Anyone can send them: they are no protection by themselves.',
      ),
    ...operationKeys,
    cost: z
      .strictObject({ max: points.describe('As limits.cost.max.') })
      .optional()
      .describe('What the caller’s operations may cost, which limits.cost prices.'),
    priority: z
      .enum(['interactive', 'batch'])
      .default('interactive')
      .describe('Whose turn it is first where limits.overload makes operations wait.'),
  })
  .refine((client) => client.principal !== undefined || client.client_name !== undefined, {
    message: 'name whom the limits are for: add principal or client_name',
  });

export const limitsYaml = z
  .strictObject({
    body: bodySize('1mb', 'The largest request body (413).'),
    v1_body: bodySize('16mb', 'The largest request body of /v1, where conversations contain images and files (413).'),
    memory: z
      .string()
      .regex(sizePattern, 'write a size such as 100kb or 1mb')
      .refine((text) => (parseSize(text) ?? 0) >= 1_000_000, 'less than 1mb holds no operation')
      .default('128mb')
      .describe(
        'The most memory for cached client operations (documents, plans, response shapes, answers of cached entities) in total; the least recently used are evicted first.',
      ),
    plan_deadline: durationOr(
      '5s',
      'How much CPU time planning one operation may take in the planner process: half of it to find the best plan, half to find a plan with a reduced search (PLAN_DEADLINE_EXCEEDED).',
    ),
    mode: z
      .enum(['enforce', 'measure'])
      .default('enforce')
      .describe('`measure` serves operations that exceed limits, and logs them.'),
    ...operationKeys,
    batch: count
      .max(1_000)
      .optional()
      .describe(
        'How many operations the body of a request may have, as an array; each is limited, charged and answered by itself (413). Default: batches are refused.',
      ),
    cost: costYaml.optional(),
    clients: z
      .array(clientLimits)
      .default([])
      .describe('Limits of some callers, instead of those above; of several entries that fit, the first counts.'),
    rates: ratesYaml.describe(
      'How often whom is served, as token buckets. A request counts in every entry that fits it (RATE_LIMITED). Default: no limit.',
    ),
    rate_counters: rateCountersYaml,
    overload: overloadYaml.optional(),
  })
  .superRefine(({ rates, cost, clients }, context) => {
    if (cost !== undefined) return;
    for (const [index, client] of clients.entries()) {
      if (client.cost === undefined) continue;
      const message = 'without limits.cost nothing is priced: add it';
      context.addIssue({ code: 'custom', message, path: ['clients', index, 'cost'] });
    }
    for (const [index, { points }] of rates.entries()) {
      if (points === undefined) continue;
      const message = 'points are what limits.cost prices operations in: add it';
      context.addIssue({ code: 'custom', message, path: ['rates', index, 'points'] });
    }
  })
  .prefault({});

/** What one operation may be and do; infinite where there is no limit. */
export interface OperationLimits {
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  readonly rootFields: number;
  readonly directives: number;
  readonly selections: number;
  readonly fetches: number;
  readonly representations: number;
  /** Points. */
  readonly cost: number;
  /** Of AI fields, in nano-dollars. */
  readonly aiNanoUsd: number;
}

/** The limits of the callers that fit all of what is named. */
export interface ClientLimits {
  readonly principal: string | undefined;
  readonly clientName: string | undefined;
  readonly limits: OperationLimits;
  /** Where operations wait for each other. */
  readonly priority: 'interactive' | 'batch';
}

export interface LimitsConfig {
  readonly bodyBytes: number;
  /** The same of /v1. */
  readonly v1BodyBytes: number;
  /** The most memory for cached client operations. */
  readonly memoryBytes: number;
  readonly planDeadlineMs: number;
  readonly mode: 'enforce' | 'measure';
  readonly operation: OperationLimits;
  readonly clients: readonly ClientLimits[];
  /** The most operations of a batch; undefined: batches are refused. */
  readonly batch: number | undefined;
  readonly rates: readonly RateConfig[];
  /** Where several gateways count them together; undefined: each counts its own. */
  readonly rateCounters: RateCountersConfig | undefined;
  /** Undefined where load is not shed. */
  readonly overload: OverloadConfig | undefined;
  /** Undefined where operations are not priced. */
  readonly cost: CostConfig | undefined;
}

function isBudget(text: string): boolean {
  const nanoUsd = parseUsd(text);
  return nanoUsd !== undefined && nanoUsd <= 9_000_000_000_000_000n;
}

const none = Number.POSITIVE_INFINITY;

const defaults: OperationLimits = {
  tokens: 15_000,
  depth: 100,
  aliases: none,
  rootFields: none,
  directives: none,
  selections: 10_000,
  fetches: none,
  representations: none,
  cost: none,
  aiNanoUsd: none,
};

type LimitsYaml = z.output<typeof limitsYaml>;

interface OperationYaml extends Pick<LimitsYaml, keyof typeof operationKeys> {
  readonly cost?: { readonly max?: number | undefined } | undefined;
}

function resolveOperation(yaml: OperationYaml, base: OperationLimits): OperationLimits {
  return {
    tokens: yaml.tokens ?? base.tokens,
    depth: yaml.depth ?? base.depth,
    aliases: yaml.aliases ?? base.aliases,
    rootFields: yaml.root_fields ?? base.rootFields,
    directives: yaml.directives ?? base.directives,
    selections: yaml.selections ?? base.selections,
    fetches: yaml.fetches ?? base.fetches,
    representations: yaml.representations ?? base.representations,
    aiNanoUsd: yaml.ai_usd === undefined ? base.aiNanoUsd : Number(parseUsd(yaml.ai_usd)),
    cost: yaml.cost?.max ?? base.cost,
  };
}

export function resolveLimits(yaml: LimitsYaml): LimitsConfig {
  const operation = resolveOperation(yaml, defaults);
  return {
    bodyBytes: parseSize(yaml.body) ?? 0,
    v1BodyBytes: parseSize(yaml.v1_body) ?? 0,
    memoryBytes: parseSize(yaml.memory) ?? 0,
    planDeadlineMs: parseDuration(yaml.plan_deadline) ?? 0,
    mode: yaml.mode,
    operation,
    clients: yaml.clients.map((client) => ({
      principal: client.principal,
      clientName: client.client_name,
      limits: resolveOperation(client, operation),
      priority: client.priority,
    })),
    batch: yaml.batch,
    rates: resolveRates(yaml.rates),
    rateCounters: resolveGatewayCounters(yaml.rate_counters),
    overload: yaml.overload && resolveOverload(yaml.overload),
    cost: yaml.cost && resolveCost(yaml.cost, yaml.mode),
  };
}
