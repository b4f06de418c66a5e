/** The rates of a configuration, compiled: whose requests count in which of them, and the buckets that they fill. */
import type { RateConfig } from '../../config/index.ts';
import type { BucketRate, BucketTake } from '../../counters/index.ts';
import { ratePolicy } from './rate-headers.ts';
import { createMatcher, type RatedClient, rateSubjectOf } from './rate-subject.ts';

export interface RateRule {
  readonly config: RateConfig;
  readonly rate: BucketRate;
  readonly policy: string;
  /** The buckets of a configuration that has it unchanged are the same ones. */
  readonly prefix: string;
  readonly counts: (client: RatedClient) => boolean;
}

export interface RuleTake extends BucketTake {
  readonly rule: RateRule;
}

export interface RateRules {
  /** Of operations, for addresses: they count before the caller is known. */
  readonly byAddress: readonly RateRule[];
  /** The others of operations. */
  readonly byCaller: readonly RateRule[];
  readonly points: readonly RateRule[];
  readonly usd: readonly RateRule[];
}

export function compileRates(rates: readonly RateConfig[]): RateRules {
  const rules = rates.map(compileRule);
  const ofUnit = (unit: RateConfig['unit']) => rules.filter(({ config }) => config.unit === unit);
  const ofOperations = ofUnit('operations');
  return {
    byAddress: ofOperations.filter(isByAddress),
    byCaller: ofOperations.filter((rule) => !isByAddress(rule)),
    points: ofUnit('points'),
    usd: ofUnit('usd'),
  };
}

const nothing: readonly RuleTake[] = [];

/** What a client takes of each rate that counts it. */
export function takesOf(rules: readonly RateRule[], client: RatedClient, tokens: number): readonly RuleTake[] {
  if (rules.length === 0 || tokens <= 0) return nothing;
  const takes: RuleTake[] = [];
  for (const rule of rules) {
    const subject = rule.counts(client) ? rateSubjectOf(rule.config.per, client) : undefined;
    if (subject !== undefined) takes.push({ rule, name: rule.prefix + subject, tokens, rate: rule.rate });
  }
  return takes;
}

function compileRule(config: RateConfig): RateRule {
  const { name, unit, amount, everyMs, burst, delayMs } = config;
  return {
    config,
    rate: { tokensPerMs: amount / everyMs, burst, delayMs },
    policy: ratePolicy(config),
    prefix: `${name} ${amount} ${unit} ${everyMs} ${burst} `,
    counts: createMatcher(config),
  };
}

function isByAddress({ config: { per, match } }: RateRule): boolean {
  return per === 'ip' && Object.keys(match).every((subject) => subject === 'ip' || subject === 'client');
}
