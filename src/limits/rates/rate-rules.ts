/** The rates of a configuration, compiled: whose requests count in which of them, and the buckets that they fill. */
import type { RateConfig } from '../../config/index.ts';
import type { BucketRate, BucketTake } from '../../counters/index.ts';
import { type HeaderRate, ratePolicy, rateStateStart } from './rate-headers.ts';
import { createMatcher, type RatedClient, rateSubjectOf } from './rate-subject.ts';

export interface RateRule extends HeaderRate {
  readonly rate: BucketRate;
  /** The buckets of a configuration that has it unchanged are the same ones. */
  readonly prefix: string;
  readonly counts: (client: RatedClient) => boolean;
  /** What takes one token, by whose it is. */
  readonly singles: Map<string, RuleTake>;
}

/** So many subjects of a rate are remembered. */
const maxRemembered = 1_000;

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
    if (subject === undefined) continue;
    const single = singleOf(rule, subject);
    takes.push(tokens === 1 ? single : { rule, name: single.name, tokens, rate: rule.rate });
  }
  return takes;
}

function singleOf(rule: RateRule, subject: string): RuleTake {
  const { singles, prefix, rate } = rule;
  const remembered = singles.get(subject);
  if (remembered !== undefined) return remembered;
  const single = { rule, name: prefix + subject, tokens: 1, rate };
  if (singles.size >= maxRemembered) singles.clear();
  singles.set(subject, single);
  return single;
}

function compileRule(config: RateConfig): RateRule {
  const { name, unit, amount, everyMs, burst, delayMs } = config;
  return {
    config,
    rate: { tokensPerMs: amount / everyMs, burst, delayMs },
    policy: ratePolicy(config),
    stateStart: rateStateStart(config),
    prefix: `${name} ${amount} ${unit} ${everyMs} ${burst} `,
    counts: createMatcher(config),
    singles: new Map(),
  };
}

function isByAddress({ config: { per, match } }: RateRule): boolean {
  return per === 'ip' && Object.keys(match).every((subject) => subject === 'ip' || subject === 'client');
}
