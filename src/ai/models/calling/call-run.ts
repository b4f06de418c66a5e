/**
 * One call from its begin to its record: the attempts that were made, what they used and cost, why targets did not
 * answer. Whatever an attempt used is booked when the attempt ends, once; the record is written once, when the call has
 * ended, however it ended.
 *
 * Longer than other files: what is booked, what is recorded and what is told of failures must agree, and is held here.
 */
import type { Capability } from '../../../config/index.ts';
import { isoTime } from '../../../lib/index.ts';
import type { ModelCallRecord, ModelCallSink } from '../../../observability/index.ts';
import type { CacheOutcome, CallBounds, ModelAnswer, ProviderFailure, Usage } from '../../model-call/index.ts';
import { formatUsd } from '../../prices/index.ts';
import { charactersPerToken } from '../../tokens/index.ts';
import type { CallContext, Caller } from '../model-call.ts';
import type { ChoiceContext } from '../routing/choose-targets.ts';
import type { KeyRing } from '../targets/key-ring.ts';
import type { Target } from '../targets/target.ts';
import type { TargetPrices } from '../targets/target-prices.ts';
import type { Attempt } from './attempt.ts';
import type { Miss } from './fallback.ts';

/** What a call asks, as far as choosing and booking need to know. */
export interface CallDemand {
  readonly operation: 'chat' | 'embeddings';
  /** The most it may write; `undefined`: it does not say. */
  readonly maxOutputTokens: number | undefined;
  estimateInputTokens(): number;
  needs(): ReadonlySet<Capability>;
  /** Whether it asks for input to be kept for an hour, which costs more. */
  writesForAnHour(): boolean;
}

export interface RunOptions {
  readonly call: CallContext;
  readonly demand: CallDemand;
  readonly prices: TargetPrices;
  readonly sink: ModelCallSink;
  readonly random: () => number;
  readonly streamed: boolean;
  readonly shadow: boolean;
  /** Takes out of a provider's words what no log may hold. @default nothing is taken out */
  readonly redact?: ((text: string) => string) | undefined;
}

/** What is reserved and priced for an answer whose length the call does not bound. */
const usualOutputTokens = 1_024;

const noKeys: ReadonlySet<number> = new Set();

export class CallRun implements ChoiceContext {
  readonly call: CallContext;
  readonly demand: CallDemand;
  readonly startedAt = performance.now();
  /** What bounds the work: the caller's own bounds, or those of all who share it. */
  bounds: CallBounds;
  cache: CacheOutcome = 'off';
  model: string | undefined;
  respondedModel: string | undefined;
  providerRequestId: string | undefined;
  timeToFirstTokenMs: number | undefined;
  guardrails: readonly string[] = [];
  /** What the target that answered was not asked as the client asked it. */
  adapted: readonly string[] = [];
  costNanoUsd = 0n;
  readonly misses: Miss[] = [];
  readonly attempts: { readonly model: string; readonly outcome: string; readonly durationMs: number }[] = [];
  readonly #prices: TargetPrices;
  readonly #sink: ModelCallSink;
  readonly #streamed: boolean;
  readonly #shadow: boolean;
  readonly #redact: ((text: string) => string) | undefined;
  readonly #at = new Date();
  readonly random: () => number;
  #inputTokens: number | undefined;
  #needs: ReadonlySet<Capability> | undefined;
  #usage: Usage | undefined;
  #price: ModelCallRecord['price'];
  #excludedKeys: Map<KeyRing, Set<number>> | undefined;
  #isWorking = false;
  #endedAs: string | undefined;
  #recorded = false;

  constructor(options: RunOptions) {
    this.call = options.call;
    this.bounds = options.call;
    this.demand = options.demand;
    this.random = options.random;
    this.#prices = options.prices;
    this.#sink = options.sink;
    this.#streamed = options.streamed;
    this.#shadow = options.shadow;
    this.#redact = options.redact;
  }

  get caller(): Caller {
    return this.call.caller;
  }

  get stickyKey(): string | undefined {
    return this.call.stickyKey;
  }

  get durationMs(): number {
    return performance.now() - this.startedAt;
  }

  inputTokens(): number {
    this.#inputTokens ??= this.demand.estimateInputTokens();
    return this.#inputTokens;
  }

  needs(): ReadonlySet<Capability> {
    this.#needs ??= this.demand.needs();
    return this.#needs;
  }

  /** What is reserved of a target's tokens a minute. */
  boundTokens(): number {
    return Math.max(1, this.inputTokens() + this.#boundOutputTokens());
  }

  upperBound(target: Target): bigint | undefined {
    const hourWrites = this.demand.writesForAnHour();
    return this.#prices.upperBound(target, this.inputTokens(), this.#boundOutputTokens(), hourWrites);
  }

  #boundOutputTokens(): number {
    return this.demand.operation === 'embeddings' ? 0 : (this.demand.maxOutputTokens ?? usualOutputTokens);
  }

  /** The keys of a provider that this call must not send again. */
  deadKeys(target: Target): ReadonlySet<number> {
    return this.#excludedKeys?.get(target.keys) ?? noKeys;
  }

  excludeKey(target: Target, key: number): void {
    this.#excludedKeys ??= new Map();
    const dead = this.#excludedKeys.get(target.keys);
    if (dead === undefined) this.#excludedKeys.set(target.keys, new Set([key]));
    else dead.add(key);
  }

  /** What a request that was under way has used when nobody told: its input, and what came of its output. */
  estimateUsage(outputCharacters: number): Usage {
    const outputTokens = Math.ceil(outputCharacters / charactersPerToken);
    return { inputTokens: this.inputTokens(), outputTokens, source: 'estimated' };
  }

  /** Adds what an attempt used to what the call used, and its price to what the call cost. */
  book(target: Target, usage: Usage): void {
    this.#usage = this.#usage === undefined ? usage : sum(this.#usage, usage);
    const charge = this.#prices.charge(target, usage, this.#at);
    if (charge === undefined) return;
    this.costNanoUsd += charge.nanoUsd;
    this.#price = { source: charge.source, version: charge.version, date: charge.date };
  }

  /** A provider's failure as logs may tell it: providers quote what they were sent. */
  redacted(failure: ProviderFailure | undefined): ProviderFailure | undefined {
    if (failure === undefined || this.#redact === undefined) return failure;
    const detail = this.#redact(failure.detail);
    return detail === failure.detail ? failure : failure.with({ detail });
  }

  /** An answer has come: it is booked, and the attempt's place is given back. */
  settle(attempt: Attempt, answer: Pick<ModelAnswer, 'usage' | 'requestId' | 'respondedModel'>): void {
    const { usage } = answer;
    this.attempts.push({ model: attempt.target.reference, outcome: 'ok', durationMs: attempt.durationMs });
    attempt.succeed(usage.inputTokens + usage.outputTokens);
    this.adapted = attempt.call.adapted ?? [];
    this.respondedModel = answer.respondedModel;
    this.providerRequestId = answer.requestId;
    this.book(attempt.target, usage);
  }

  /** @param bounds of the work: the call's own, or those of all who wait for it */
  beginWork(bounds: CallBounds): void {
    this.#isWorking = true;
    this.bounds = bounds;
  }

  endWork(): void {
    this.#isWorking = false;
    if (this.#endedAs !== undefined) this.record(this.#endedAs);
  }

  /**
   * A caller who leaves work that others wait for is recorded when that has ended, with what it used.
   *
   * @param finish a finish reason, an error code, or `aborted`
   */
  record(finish: string): void {
    this.#endedAs ??= finish;
    if (this.#recorded || this.#isWorking) return;
    this.#recorded = true;
    const { call } = this;
    this.#sink.record({
      at: isoTime(this.#at.getTime()),
      requestId: call.requestId,
      caller: { id: call.caller.id, tenant: call.caller.tenant },
      operation: this.demand.operation,
      alias: call.alias,
      prompt: call.prompt,
      model: this.model,
      respondedModel: this.respondedModel,
      providerRequestId: this.providerRequestId,
      attempts: this.attempts.map((attempt) => ({ ...attempt, durationMs: tenths(attempt.durationMs) })),
      usage: this.#usage,
      costUsd: formatUsd(this.costNanoUsd),
      price: this.#price,
      durationMs: tenths(this.durationMs),
      timeToFirstTokenMs: this.timeToFirstTokenMs === undefined ? undefined : tenths(this.timeToFirstTokenMs),
      finish: this.#endedAs,
      cache: this.cache,
      guardrails: this.guardrails,
      ...(this.adapted.length === 0 ? {} : { adapted: this.adapted }),
      streamed: this.#streamed,
      shadow: this.#shadow,
    });
  }
}

/** What a person reads of a duration. */
function tenths(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10;
}

function sum(a: Usage, b: Usage): Usage {
  const add = (x: number | undefined, y: number | undefined): number => (x ?? 0) + (y ?? 0);
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedInputTokens: add(a.cachedInputTokens, b.cachedInputTokens),
    cacheWriteTokens: add(a.cacheWriteTokens, b.cacheWriteTokens),
    cacheWriteHourTokens: add(a.cacheWriteHourTokens, b.cacheWriteHourTokens),
    reasoningTokens: add(a.reasoningTokens, b.reasoningTokens),
    source: a.source === 'reported' && b.source === 'reported' ? 'reported' : 'estimated',
  };
}
