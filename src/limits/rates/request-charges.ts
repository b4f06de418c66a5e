/**
 * What one request is charged to rates: of this gateway at once, each before what it protects. Other gateways are asked for
 * all of it together, in one round trip, once the operation has been priced and before anything of it is sent; with it goes
 * whatever else is asked of Redis for the request. So nobody is asked for what this gateway does not have itself, and a
 * request that is answered before it is priced is charged before its answer is sent.
 *
 * What one rate refuses takes nothing from the others: an abuser uses up nothing that others share with it.
 */
import type { ServerResponse } from 'node:http';
import type { Principal } from '../../access/principal.ts';
import type { LimitsConfig } from '../../config/index.ts';
import type { BucketTake, TakeOutcome, TokenBuckets } from '../../counters/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { type Abortable, formatUsd, invariant, pause } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { JointRates } from './joint-rates.ts';
import { type RateHeaderForm, type RateState, setRateHeaders } from './rate-headers.ts';
import { type RateRules, type RuleTake, takesOf } from './rate-rules.ts';
import type { RatedClient } from './rate-subject.ts';

/** One request on its way, as rates see it. */
export interface RatedRequest {
  readonly requestId: string;
  readonly response: ServerResponse;
  /** Takes what the answer says of rates; undefined: it is set on the response. */
  readonly fields?: Map<string, string> | undefined;
  readonly form: RateHeaderForm;
  /** Ends a wait. */
  readonly signal: Abortable;
}

/** What an operation may cost. */
export interface OperationPrice {
  readonly points: number;
  readonly nanoUsd: number;
}

/** What an operation is priced in. */
export type PriceUnit = 'points' | 'usd';

/** Counts that were made here, of which other gateways are to be asked with the request's charges. */
export interface PostponedCounts {
  /** Rejects where what others counted changes the operation. */
  ask(): Promise<void>;
  giveBack(): void;
}

export interface RequestChargesOptions {
  readonly rules: RateRules;
  readonly buckets: TokenBuckets;
  readonly joint: JointRates | undefined;
  readonly mode: LimitsConfig['mode'];
  readonly log: Logger;
  readonly request: RatedRequest;
  readonly client: Omit<RatedClient, 'principal'>;
}

/** What was taken for the price of an operation, and not put back yet. */
interface Estimates extends Readonly<Record<PriceUnit, readonly RuleTake[]>> {
  readonly price: OperationPrice;
}

const nothing: Estimates = { points: [], usd: [], price: { points: 0, nanoUsd: 0 } };

export class RequestCharges {
  readonly #options: RequestChargesOptions;
  readonly #client: { -readonly [Key in keyof RatedClient]: RatedClient[Key] };
  /** Taken here; other gateways have not been asked. */
  #pending: RuleTake[] = [];
  #counts: PostponedCounts | undefined;
  /** Of the rates that were charged. */
  readonly #states: RateState[] = [];
  #hasHeaders = true;
  #estimates = nothing;

  constructor(options: RequestChargesOptions) {
    this.#options = options;
    const { address, headers } = options.client;
    this.#client = { address, headers, principal: undefined };
  }

  /**
   * Whether others are to be asked, or headers of the response are set once more than operations has been charged: the request
   * is to be flushed.
   */
  get isOpenToEnd(): boolean {
    const { rules, joint, request } = this.#options;
    return joint !== undefined || (request.fields === undefined && rules.points.length + rules.usd.length > 0);
  }

  /** Before the caller is known. @returns a promise where the request waits for its turn @throws GatewayError `RATE_LIMITED` */
  chargeAddress(): Promise<void> | undefined {
    return this.#charge(takesOf(this.#options.rules.byAddress, this.#client, 1));
  }

  /** @returns a promise where the request waits for its turn @throws GatewayError `RATE_LIMITED` */
  chargeCaller(principal: Principal): Promise<void> | undefined {
    this.#client.principal = principal;
    const turn = this.#charge(takesOf(this.#options.rules.byCaller, this.#client, 1));
    if (!this.isOpenToEnd) this.setHeaders();
    return turn;
  }

  /** Whether what was counted can be asked of other gateways with the charges. */
  get isJoint(): boolean {
    return this.#options.joint !== undefined;
  }

  /** @param counts asked of other gateways with the next charge */
  postpone(counts: PostponedCounts): void {
    this.#counts = counts;
  }

  /**
   * Before anything of a priced operation is sent.
   *
   * @param alongside asks Redis for what else the operation needs, where it is asked anyway; never rejects
   * @returns a promise where the operation waits; a rejection ends it
   * @throws GatewayError `RATE_LIMITED`, `OVERLOADED`
   */
  take(price: OperationPrice, alongside?: () => Promise<unknown> | undefined): Promise<void> | undefined {
    const { rules } = this.#options;
    const points = takesOf(rules.points, this.#client, price.points);
    const usd = takesOf(rules.usd, this.#client, price.nanoUsd);
    const takes = points.length === 0 ? usd : [...points, ...usd];
    const waitMs = this.#takeHere(takes);
    if (waitMs !== 'not taken') this.#estimates = { points, usd, price };
    const turn = this.#waitHere(takes, waitMs);
    const { joint } = this.#options;
    if (joint !== undefined) return this.#askOthers(joint, turn, alongside);
    this.setHeaders();
    return turn;
  }

  /** Before the answer is sent: charges in other gateways what was charged here alone. @throws as `take` */
  flush(): Promise<void> | undefined {
    const { joint } = this.#options;
    // Nothing was read.
    this.#counts?.giveBack();
    this.#counts = undefined;
    if (joint !== undefined && this.#pending.length > 0) return this.#askOthers(joint, undefined, undefined);
    this.setHeaders();
    return undefined;
  }

  /** Puts back what was taken and the operation did not cost. */
  settle(unit: PriceUnit, actual: number): void {
    const { price, [unit]: taken } = this.#estimates;
    if (taken.length === 0) return;
    const tokens = (unit === 'points' ? price.points : price.nanoUsd) - actual;
    this.#estimates = { ...this.#estimates, [unit]: [] };
    if (tokens > 0) this.#putBack(taken.map((take) => ({ ...take, tokens })));
  }

  #charge(takes: readonly RuleTake[]): Promise<void> | undefined {
    return this.#waitHere(takes, this.#takeHere(takes));
  }

  /** @returns how long to wait @throws GatewayError `RATE_LIMITED` */
  #takeHere(takes: readonly RuleTake[]): number | 'not taken' {
    if (takes.length === 0) return 0;
    return this.#decide(takes, this.#options.buckets.take(takes));
  }

  #waitHere(takes: readonly RuleTake[], waitMs: number | 'not taken'): Promise<void> | undefined {
    if (waitMs === 'not taken' || takes.length === 0) return undefined;
    const { joint } = this.#options;
    if (waitMs > 0) return this.#waitThen(waitMs, takes);
    if (joint !== undefined) this.#pending.push(...takes);
    return undefined;
  }

  async #waitThen(waitMs: number, takes: readonly RuleTake[]): Promise<void> {
    await this.#wait(waitMs, () => {
      this.#options.buckets.putBack(takes);
      this.#estimates = nothing;
    });
    if (this.#options.joint !== undefined) this.#pending.push(...takes);
  }

  /** One round trip: all is sent before any of the answers is waited for. */
  async #askOthers(
    joint: JointRates,
    turn: Promise<void> | undefined,
    alongside: (() => Promise<unknown> | undefined) | undefined,
  ): Promise<void> {
    if (turn !== undefined) await turn;
    const takes = this.#pending;
    const counts = this.#counts;
    this.#pending = [];
    this.#counts = undefined;
    if (takes.length === 0 && counts === undefined) return;
    const { buckets } = this.#options;
    const taking = takes.length === 0 ? undefined : joint.take(takes, buckets);
    const answers = [taking, counts?.ask(), alongside?.()] as const;
    const [taken, counted] = await Promise.allSettled(answers);
    try {
      await this.#afterOthers(takes, taken);
    } catch (error) {
      counts?.giveBack();
      throw error;
    }
    if (counted.status === 'fulfilled') return;
    // Its price is another one.
    this.settle('points', 0);
    this.settle('usd', 0);
    throw counted.reason;
  }

  async #afterOthers(takes: readonly RuleTake[], taken: PromiseSettledResult<TakeOutcome | undefined>): Promise<void> {
    const isTaken = taken.status === 'fulfilled' && taken.value?.kind !== 'refused';
    if (!isTaken) this.#giveBackHere(takes);
    if (taken.status === 'rejected') throw taken.reason;
    const waitMs = taken.value === undefined ? 0 : this.#decide(takes, taken.value);
    this.setHeaders();
    if (waitMs === 'not taken' || waitMs === 0) return;
    await this.#wait(waitMs, () => {
      this.#putBack(takes);
      this.#estimates = nothing;
    });
  }

  #giveBackHere(takes: readonly RuleTake[]): void {
    this.#options.buckets.putBack(takes);
    this.#estimates = nothing;
  }

  #putBack(takes: readonly BucketTake[]): void {
    const { buckets, joint } = this.#options;
    buckets.putBack(takes);
    joint?.putBack(takes);
  }

  /** @returns how long to wait @throws GatewayError `RATE_LIMITED` */
  #decide(takes: readonly RuleTake[], outcome: TakeOutcome): number | 'not taken' {
    const { mode, request } = this.#options;
    if (mode === 'measure') {
      if (outcome.kind === 'taken') return 0;
      this.#measure(takes[outcome.index]);
      return 'not taken';
    }
    for (let index = 0; index < takes.length; index++) {
      const state = outcome.states[index];
      const take = takes[index];
      if (state !== undefined && take !== undefined) this.#note({ rate: take.rule, state });
    }
    this.#hasHeaders = false;
    if (outcome.kind === 'taken') return outcome.waitMs;
    this.setHeaders();
    throw refusal(takes[outcome.index], outcome.retryInMs, request);
  }

  /** One that was charged here first, and then with other gateways, is told once. */
  #note(noted: RateState): void {
    const states = this.#states;
    const place = states.findIndex(({ rate }) => rate === noted.rate);
    if (place === -1) states.push(noted);
    else states[place] = noted;
  }

  /** Says on the answer how the rates stand: once, since to set headers costs more than all else here. */
  setHeaders(): void {
    if (this.#hasHeaders) return;
    this.#hasHeaders = true;
    const { response, fields, form } = this.#options.request;
    if (response.headersSent) return;
    const set = (name: string, value: string): void => {
      if (fields === undefined) response.setHeader(name, value);
      else fields.set(name, value);
    };
    setRateHeaders(set, form, this.#states);
  }

  async #wait(ms: number, giveBack: () => void): Promise<void> {
    try {
      await pause(ms, this.#options.request.signal);
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  #measure(take: RuleTake | undefined): void {
    const { request, log } = this.#options;
    const { address, principal } = this.#client;
    log.info(
      { requestId: request.requestId, principal: principal?.id, clientAddress: address, rate: take?.rule.config.name },
      'a rate would be exceeded (limits.mode: measure)',
    );
  }
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
