/** `limits.rates`: how often whom is served, as token buckets. */
import { z } from 'zod';
import { parseUsd } from '../../lib/index.ts';
import { distinctNames, entryName } from '../entry-names.ts';
import { parseDuration } from '../units.ts';
import { duration, longDuration, network } from '../values.ts';

/** Who has a bucket each; `organization` is everyone together. */
const rateSubjects = ['organization', 'tenant', 'team', 'key', 'user', 'client', 'ip'] as const;
export type RateSubject = (typeof rateSubjects)[number];

export interface RateConfig {
  /** What answers call it. */
  readonly name: string;
  readonly per: RateSubject;
  /** What a request must have to count; empty: all count. Of `ip`: a network that it is within. */
  readonly match: Readonly<Partial<Record<RateSubject, string>>>;
  /** What is counted: operations, or what they cost in points or nano-dollars. */
  readonly unit: 'operations' | 'points' | 'usd';
  /** So much is allowed in each `everyMs`. */
  readonly amount: number;
  readonly everyMs: number;
  /** How much is allowed at once. */
  readonly burst: number;
  /** How long an operation may wait for its turn instead of being refused. */
  readonly delayMs: number;
}

const count = z.number().int().min(1).max(1_000_000_000);
const usd = z
  .string()
  .refine((value) => (parseUsd(value) ?? 0n) >= 1_000n, 'write US dollars as a decimal string, such as "0.50"')
  .refine((value) => (parseUsd(value) ?? 0n) <= 9_000_000_000_000_000n, 'a rate is at most 9000000 US dollars');
const text = z.string().min(1).optional();

export const ratesYaml = z
  .array(
    z
      .strictObject({
        name: entryName.describe('What answers and the log call it. Default: made of its other keys.'),
        per: z
          .enum(rateSubjects)
          .describe(
            'Who has a rate each: `ip` (an address; of IPv6 a network of 64 bits), `key` (an API key), `user`, `client` (the name that it gives itself), `tenant`, `team` (the claim `team` of a token), or `organization` (everyone together).',
          ),
        match: z
          .strictObject({ tenant: text, team: text, key: text, user: text, client: text, ip: network.optional() })
          .default({})
          .describe('Only requests with these values count, such as `{ tenant: acme }` or `{ ip: 10.0.0.0/8 }`.'),
        operations: count
          .optional()
          .describe('How many operations are allowed in each `every`: GraphQL operations and calls of /v1.'),
        points: count
          .optional()
          .describe('How many points operations may cost in each `every`, as `limits.cost` prices them.'),
        usd: usd
          .optional()
          .describe('How many US dollars models may cost in each `every`: of AI fields and of calls of /v1.'),
        every: longDuration.describe('The period. Operations are spread evenly over it.'),
        burst: z
          .union([count, usd])
          .optional()
          .describe(
            'How much is allowed at once: operations, points or US dollars. Default: as much as in one period.',
          ),
        delay: duration
          .refine((value) => (parseDuration(value) ?? 0) <= 60_000, 'a delay is at most 60s')
          .optional()
          .describe(
            'How long an operation may wait for its turn. Default: it does not wait; it is refused (RATE_LIMITED).',
          ),
      })
      .refine(
        ({ operations, points, usd }) => [operations, points, usd].filter((unit) => unit !== undefined).length === 1,
        { message: 'name exactly one of operations, points and usd' },
      )
      .refine(({ burst, usd }) => burst === undefined || (typeof burst === 'string') === (usd !== undefined), {
        message: 'the burst of a rate of usd is in US dollars, such as "2.00"; that of others is a number',
        path: ['burst'],
      }),
  )
  .max(16, 'at most 16 rates')
  .default([])
  .superRefine(distinctNames('rates', nameOf));

type RateYaml = z.output<typeof ratesYaml>[number];

export function resolveRates(yaml: z.output<typeof ratesYaml>): readonly RateConfig[] {
  return yaml.map((rate) => ({
    name: nameOf(rate),
    per: rate.per,
    match: Object.fromEntries(Object.entries(rate.match).filter(([, value]) => value !== undefined)),
    unit: unitOf(rate),
    amount: amountOf(rate),
    everyMs: parseDuration(rate.every) ?? 0,
    burst: typeof rate.burst === 'string' ? nanoUsdOf(rate.burst) : (rate.burst ?? amountOf(rate)),
    delayMs: rate.delay === undefined ? 0 : (parseDuration(rate.delay) ?? 0),
  }));
}

function unitOf({ points, usd }: RateYaml): RateConfig['unit'] {
  if (usd !== undefined) return 'usd';
  return points === undefined ? 'operations' : 'points';
}

function amountOf({ operations, points, usd }: RateYaml): number {
  return usd === undefined ? (points ?? operations ?? 0) : nanoUsdOf(usd);
}

function nanoUsdOf(amount: string): number {
  return Number(parseUsd(amount) ?? 0n);
}

function nameOf(rate: RateYaml): string {
  const { name, per, match, every } = rate;
  if (name !== undefined) return name;
  const unit = unitOf(rate);
  return [
    `${per} ${unit === 'operations' ? '' : `${unit} `}${every}`,
    ...Object.entries(match).map(([subject, value]) => `${subject} ${value}`),
  ].join(', ');
}
