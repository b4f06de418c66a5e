/** `limits.rates`: how often whom is served, as token buckets. */
import { z } from 'zod';
import { distinctNames, entryName } from '../entry-names.ts';
import { parseDuration } from '../units.ts';
import { duration, network } from '../values.ts';

/** Who has a bucket each; `organization` is everyone together. */
const rateSubjects = ['organization', 'tenant', 'team', 'key', 'user', 'client', 'ip'] as const;
export type RateSubject = (typeof rateSubjects)[number];

export interface RateConfig {
  /** What answers call it. */
  readonly name: string;
  readonly per: RateSubject;
  /** What a request must have to count; empty: all count. Of `ip`: a network that it is within. */
  readonly match: Readonly<Partial<Record<RateSubject, string>>>;
  /** What is counted: operations, or what they cost in points. */
  readonly unit: 'operations' | 'points';
  /** So much is allowed in each `everyMs`. */
  readonly amount: number;
  readonly everyMs: number;
  /** How much is allowed at once. */
  readonly burst: number;
  /** How long an operation may wait for its turn instead of being refused. */
  readonly delayMs: number;
}

const count = z.number().int().min(1).max(1_000_000_000);
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
        every: duration.describe('The period. Operations are spread evenly over it.'),
        burst: count
          .optional()
          .describe('How many operations or points are allowed at once. Default: as many as in one period.'),
        delay: duration
          .refine((value) => (parseDuration(value) ?? 0) <= 60_000, 'a delay is at most 60s')
          .optional()
          .describe(
            'How long an operation may wait for its turn. Default: it does not wait; it is refused (RATE_LIMITED).',
          ),
      })
      .refine(({ operations, points }) => (operations === undefined) !== (points === undefined), {
        message: 'name exactly one of operations and points',
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
    unit: rate.points === undefined ? 'operations' : 'points',
    amount: amountOf(rate),
    everyMs: parseDuration(rate.every) ?? 0,
    burst: rate.burst ?? amountOf(rate),
    delayMs: rate.delay === undefined ? 0 : (parseDuration(rate.delay) ?? 0),
  }));
}

function amountOf({ operations, points }: RateYaml): number {
  return points ?? operations ?? 0;
}

function nameOf({ name, per, match, every, points }: RateYaml): string {
  if (name !== undefined) return name;
  return [
    `${per} ${points === undefined ? '' : 'points '}${every}`,
    ...Object.entries(match).map(([subject, value]) => `${subject} ${value}`),
  ].join(', ');
}
