/**
 * Rates: how often whom is served. Each request takes a token of every rate that it counts in, of all or of none of them;
 * where one has none, the request waits as long as the rate allows, or is refused.
 *
 * Those of an address are charged before the caller is identified, so that wrong credentials count as well; all others
 * once it is, and points and dollars once the operation has been priced. What an abuser is refused for takes nothing from a rate that others share with it.
 */
import type { ServerResponse } from 'node:http';
import type { LimitsConfig, RateConfig } from '../../config/index.ts';
import type { BucketRate, BucketTake, TakeOutcome, TokenBuckets } from '../../counters/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { type Abortable, formatUsd, invariant, pause } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { JointRates } from './joint-rates.ts';
import { type RateHeaderForm, type RateState, ratePolicy, setRateHeaders } from './rate-headers.ts';
import { createMatcher, type RatedClient, rateSubjectOf } from './rate-subject.ts';

export interface RatesOptions {
  readonly config: Pick<LimitsConfig, 'rates' | 'mode'>;
  readonly buckets: TokenBuckets;
  /** What several gateways count together; undefined: this one counts its own. */
  readonly joint?: JointRates | undefined;
  readonly log: Logger;
}

/** One request on its way, as rates see it. */
export interface RatedRequest {
  readonly requestId: string;
  readonly response: ServerResponse;
  readonly form: RateHeaderForm;
  /** Ends a wait. */
  readonly signal: Abortable;
}

interface Rule {
  readonly config: RateConfig;
  readonly rate: BucketRate;
  readonly policy: string;
  /** The buckets of a configuration that has it unchanged are the same ones. */
  readonly prefix: string;
  readonly counts: (client: RatedClient) => boolean;
}

interface RuleTake extends BucketTake {
  readonly rule: Rule;
}

/** Of one operation: its estimate is taken before it runs, and what it did not cost is put back. */
export interface EstimateCharge {
  /** @returns a promise where the operation waits; @throws GatewayError `RATE_LIMITED` */
  charge(estimate: number): Promise<void> | undefined;
  settle(actual: number): void;
}

/** What an operation is priced in: points or nano-dollars. */
export type EstimateUnit = 'points' | 'usd';

export class Rates {
  readonly #byAddress: readonly Rule[];
  readonly #others: readonly Rule[];
  readonly #estimates: Readonly<Record<EstimateUnit, readonly Rule[]>>;
  readonly #buckets: TokenBuckets;
  readonly #joint: JointRates | undefined;
  readonly #isMeasured: boolean;
  /** What was not taken, and would have refused: nothing of it is put back. */
  readonly #measured = new WeakSet<readonly RuleTake[]>();
  readonly #log: Logger;

  constructor({ config, buckets, joint, log }: RatesOptions) {
    const rules = config.rates.map(compileRule);
    const ofOperations = rules.filter(({ config: { unit } }) => unit === 'operations');
    this.#byAddress = ofOperations.filter(isByAddress);
    this.#others = ofOperations.filter((rule) => !isByAddress(rule));
    const ofUnit = (unit: EstimateUnit) => rules.filter(({ config }) => config.unit === unit);
    this.#estimates = { points: ofUnit('points'), usd: ofUnit('usd') };
    this.#buckets = buckets;
    this.#joint = joint;
    this.#isMeasured = config.mode === 'measure';
    this.#log = log;
  }

  /**
   * Charges a request, first without and then with its caller, each before what it protects.
   *
   * @returns a promise where the request waits for its turn
   * @throws GatewayError `RATE_LIMITED`
   */
  charge(request: RatedRequest, client: RatedClient): Promise<void> | undefined {
    if (client.principal === undefined) return this.#take(request, client, takesOf(this.#byAddress, client, 1));
    // With other gateways all of them are charged in one step; here, those of the address have been.
    const earlier = this.#joint === undefined ? [] : takesOf(this.#byAddress, client, 1);
    return this.#takeOfAll(request, client, takesOf(this.#others, client, 1), earlier);
  }

  /** Charges a request whose caller was not identified, with other gateways. @throws GatewayError `RATE_LIMITED` */
  chargeUnidentified(request: RatedRequest, client: RatedClient): Promise<void> | undefined {
    return this.#joint && this.#takeOfAll(request, client, [], takesOf(this.#byAddress, client, 1));
  }

  /** Whether any rate is in this unit. */
  limits(unit: EstimateUnit): boolean {
    return this.#estimates[unit].length > 0;
  }

  /** @returns what charges the price of an operation; undefined where it is not limited */
  estimates(unit: EstimateUnit, request: RatedRequest, client: RatedClient): EstimateCharge | undefined {
    const rules = this.#estimates[unit];
    if (rules.length === 0) return undefined;
    let charged: readonly RuleTake[] = [];
    let estimate = 0;
    return {
      charge: (price) => {
        const takes = price > 0 ? takesOf(rules, client, price) : [];
        const turn = this.#takeOfAll(request, client, takes, []);
        [estimate, charged] = [price, takes];
        return turn?.catch((error: unknown) => {
          charged = []; // it was put back
          throw error;
        });
      },
      settle: (actual) => {
        const tokens = estimate - actual;
        estimate = 0;
        if (charged.length === 0 || tokens <= 0 || this.#measured.has(charged)) return;
        this.#putBack(charged.map((take) => ({ ...take, tokens })));
      },
    };
  }

  /**
   * Here first, so that nobody is asked for what this gateway does not have itself; then, in one step, of all gateways.
   * @param earlier what was taken here for the request before
   */
  #takeOfAll(
    request: RatedRequest,
    client: RatedClient,
    takes: readonly RuleTake[],
    earlier: readonly RuleTake[],
  ): Promise<void> | undefined {
    const turn = this.#take(request, client, takes);
    const all = earlier.length === 0 ? takes : [...earlier, ...takes];
    if (this.#joint === undefined || all.length === 0) return turn;
    return this.#takeJointly(this.#joint, request, client, all, turn);
  }

  async #takeJointly(
    joint: JointRates,
    request: RatedRequest,
    client: RatedClient,
    takes: readonly RuleTake[],
    turn: Promise<void> | undefined,
  ): Promise<void> {
    await turn;
    const outcome = await joint.take(takes, this.#buckets).catch((error: unknown) => {
      this.#buckets.putBack(takes);
      throw error;
    });
    if (outcome === undefined) return;
    if (outcome.kind === 'refused') this.#buckets.putBack(takes);
    const waitMs = this.#decide(request, client, takes, outcome);
    if (waitMs > 0) await this.#wait(waitMs, request.signal, () => this.#putBack(takes));
  }

  #putBack(takes: readonly BucketTake[]): void {
    this.#buckets.putBack(takes);
    this.#joint?.putBack(takes);
  }

  #take(request: RatedRequest, client: RatedClient, takes: readonly RuleTake[]): Promise<void> | undefined {
    if (takes.length === 0) return undefined;
    const waitMs = this.#decide(request, client, takes, this.#buckets.take(takes));
    return waitMs === 0 ? undefined : this.#wait(waitMs, request.signal, () => this.#buckets.putBack(takes));
  }

  /** @returns how long to wait @throws GatewayError `RATE_LIMITED` */
  #decide(request: RatedRequest, client: RatedClient, takes: readonly RuleTake[], outcome: TakeOutcome): number {
    if (this.#isMeasured) {
      if (outcome.kind === 'refused') {
        this.#measured.add(takes);
        this.#measure(takes[outcome.index], request, client);
      }
      return 0;
    }
    const states: RateState[] = [];
    for (const [index, { rule }] of takes.entries()) {
      const state = outcome.states[index];
      if (state !== undefined) states.push({ config: rule.config, policy: rule.policy, state });
    }
    setRateHeaders(request.response, request.form, states);
    if (outcome.kind === 'refused') throw refusal(takes[outcome.index], outcome.retryInMs, request);
    return outcome.waitMs;
  }

  async #wait(ms: number, signal: Abortable, giveBack: () => void): Promise<void> {
    try {
      await pause(ms, signal);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  #measure(take: RuleTake | undefined, { requestId }: RatedRequest, { address, principal }: RatedClient): void {
    this.#log.info(
      { requestId, principal: principal?.id, clientAddress: address, rate: take?.rule.config.name },
      'a rate would be exceeded (limits.mode: measure)',
    );
  }
}

function compileRule(config: RateConfig): Rule {
  const { name, unit, amount, everyMs, burst, delayMs } = config;
  return {
    config,
    rate: { tokensPerMs: amount / everyMs, burst, delayMs },
    policy: ratePolicy(config),
    prefix: `${name} ${amount} ${unit} ${everyMs} ${burst} `,
    counts: createMatcher(config),
  };
}

function isByAddress({ config: { per, match } }: Rule): boolean {
  return per === 'ip' && Object.keys(match).every((subject) => subject === 'ip' || subject === 'client');
}

function takesOf(rules: readonly Rule[], client: RatedClient, tokens: number): readonly RuleTake[] {
  const takes: RuleTake[] = [];
  for (const rule of rules) {
    const subject = rule.counts(client) ? rateSubjectOf(rule.config.per, client) : undefined;
    if (subject !== undefined) takes.push({ rule, name: rule.prefix + subject, tokens, rate: rule.rate });
  }
  return takes;
}

function refusal(take: RuleTake | undefined, retryInMs: number, { response }: RatedRequest): GatewayError {
  invariant(take !== undefined, 'a rate refused');
  const { name, unit, amount, everyMs } = take.rule.config;
  const subject = unit === 'usd' ? 'Models would cost too much' : `Too many ${unit}`;
  const allowance = unit === 'usd' ? `$${formatUsd(BigInt(amount))}` : amount;
  const message = `${subject}: the rate "${name}" allows ${allowance} in ${everyMs / 1_000} s.`;
  const retryAfterMs = Math.max(1, Math.ceil(retryInMs));
  // Of an operation that was priced, the error is part of an answer.
  if (!response.headersSent) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1_000));
  return new GatewayError('RATE_LIMITED', { message, retryAfterMs });
}
