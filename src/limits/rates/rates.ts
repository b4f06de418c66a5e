/**
 * Rates: how often whom is served. Each request takes a token of every rate that it counts in, of all or of none of them;
 * where one has none, the request waits as long as the rate allows, or is refused.
 *
 * Those of an address are charged before the caller is identified, so that wrong credentials count as well; all others
 * once it is. What an abuser is refused for takes nothing from a rate that others share with it.
 */
import type { ServerResponse } from 'node:http';
import type { LimitsConfig, RateConfig } from '../../config/index.ts';
import type { BucketRate, BucketTake, TokenBuckets } from '../../counters/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { pause } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import { type RateHeaderForm, type RateState, ratePolicy, setRateHeaders } from './rate-headers.ts';
import { createMatcher, type RatedClient, rateSubjectOf } from './rate-subject.ts';

export interface RatesOptions {
  readonly config: Pick<LimitsConfig, 'rates' | 'mode'>;
  readonly buckets: TokenBuckets;
  readonly log: Logger;
}

/** One request on its way, as rates see it. */
export interface RatedRequest {
  readonly requestId: string;
  readonly response: ServerResponse;
  readonly form: RateHeaderForm;
  /** Ends a wait. */
  readonly signal: AbortSignal;
}

interface Rule {
  readonly config: RateConfig;
  readonly rate: BucketRate;
  readonly policy: string;
  /** The buckets of a configuration that has it unchanged are the same ones. */
  readonly prefix: string;
  readonly counts: (client: RatedClient) => boolean;
}

export class Rates {
  readonly #byAddress: readonly Rule[];
  readonly #others: readonly Rule[];
  readonly #buckets: TokenBuckets;
  readonly #isMeasured: boolean;
  readonly #log: Logger;

  constructor({ config, buckets, log }: RatesOptions) {
    const rules = config.rates.map(compileRule);
    this.#byAddress = rules.filter(isByAddress);
    this.#others = rules.filter((rule) => !isByAddress(rule));
    this.#buckets = buckets;
    this.#isMeasured = config.mode === 'measure';
    this.#log = log;
  }

  /**
   * Charges a request, first without and then with its caller, each before what it protects.
   *
   * @param earlier what the first call has returned
   * @returns for the second call; a promise only where the request waits for its turn
   * @throws GatewayError `RATE_LIMITED`
   */
  charge(
    request: RatedRequest,
    client: RatedClient,
    earlier: readonly RateState[] = [],
  ): readonly RateState[] | Promise<readonly RateState[]> {
    const counting: Rule[] = [];
    const takes: BucketTake[] = [];
    for (const rule of client.principal === undefined ? this.#byAddress : this.#others) {
      const subject = rule.counts(client) ? rateSubjectOf(rule.config.per, client) : undefined;
      if (subject === undefined) continue;
      counting.push(rule);
      takes.push({ name: rule.prefix + subject, tokens: 1, rate: rule.rate });
    }
    if (takes.length === 0) return earlier;
    const outcome = this.#buckets.take(takes);
    if (this.#isMeasured) {
      if (outcome.kind === 'refused') this.#measure(counting[outcome.index], request, client);
      return earlier;
    }
    const states = [...earlier];
    for (const [index, { config, policy }] of counting.entries()) {
      const state = outcome.states[index];
      if (state !== undefined) states.push({ config, policy, state });
    }
    setRateHeaders(request.response, request.form, states);
    if (outcome.kind === 'refused') throw refusal(counting[outcome.index], outcome.retryInMs);
    return outcome.waitMs === 0 ? states : this.#wait(outcome.waitMs, takes, request.signal, states);
  }

  async #wait<Value>(ms: number, takes: readonly BucketTake[], signal: AbortSignal, states: Value): Promise<Value> {
    try {
      await pause(ms, signal);
    } catch (error) {
      this.#buckets.putBack(takes);
      throw error;
    }
    return states;
  }

  #measure(rule: Rule | undefined, { requestId }: RatedRequest, { address, principal }: RatedClient): void {
    this.#log.info(
      { requestId, principal: principal?.id, clientAddress: address, rate: rule?.config.name },
      'a rate would be exceeded (limits.mode: measure)',
    );
  }
}

function compileRule(config: RateConfig): Rule {
  const { name, operations, everyMs, burst, delayMs } = config;
  return {
    config,
    rate: { tokensPerMs: operations / everyMs, burst, delayMs },
    policy: ratePolicy(config),
    prefix: `${name} ${operations} ${everyMs} ${burst} `,
    counts: createMatcher(config),
  };
}

function isByAddress({ config: { per, match } }: Rule): boolean {
  return per === 'ip' && Object.keys(match).every((subject) => subject === 'ip' || subject === 'client');
}

function refusal(rule: Rule | undefined, retryInMs: number): GatewayError {
  const { name = '', operations = 0, everyMs = 0 } = rule?.config ?? {};
  const message = `Too many operations: the rate "${name}" allows ${operations} in ${everyMs / 1_000} s.`;
  return new GatewayError('RATE_LIMITED', { message, retryAfterMs: Math.max(1, Math.ceil(retryInMs)) });
}
