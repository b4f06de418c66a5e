/**
 * The state of one call, from its start to its record: attempts, usage, cost, failures. The usage of an attempt is booked
 * once, when the attempt ends; the record is written once, when the call ends, whatever its outcome.
 *
 * Longer than other files: what is booked, recorded and reported of failures must agree, so it is in one place.
 */
import type { Capability } from '../../../config/index.ts';
import { formatUsd, isoTime } from '../../../lib/index.ts';
import {
  addTraceHeaders,
  type ModelCallParameters,
  type ModelCallRecord,
  type ModelCallSink,
  newSpanId,
} from '../../../observability/index.ts';
import {
  type AnswerPart,
  type CacheOutcome,
  type CallBounds,
  type Charge,
  finishReasons,
  type Message,
  type ModelAnswer,
  type PaidCall,
  type ProviderFailure,
  type Usage,
} from '../../model-call/index.ts';
import { charactersPerToken } from '../../tokens/index.ts';
import type { CallContext, Caller } from '../model-call.ts';
import type { ChoiceContext } from '../routing/choose-targets.ts';
import type { KeyRing } from '../targets/key-ring.ts';
import { defaultOutputTokens, unboundedOutputTokens } from '../targets/output-bound.ts';
import type { Target } from '../targets/target.ts';
import type { TargetPrices } from '../targets/target-prices.ts';
import type { Attempt } from './attempt.ts';
import { callTexts } from './call-texts.ts';
import type { TargetFailure } from './fallback.ts';

/** What routing and booking need to know of a call. */
export interface CallDemand {
  readonly operation: 'chat' | 'embeddings';
  /** The bound of one answer; `undefined`: the request has none. */
  readonly maxOutputTokens: number | undefined;
  /** How many answers it asks for: each is billed. */
  readonly choices: number;
  estimateInputTokens(): number;
  needs(): ReadonlySet<Capability>;
  parameters(): ModelCallParameters;
  /** Whether it requests prompt caching with a TTL of an hour, which costs more. */
  hasHourCacheWrites(): boolean;
}

export interface RunOptions {
  readonly call: CallContext;
  readonly demand: CallDemand;
  readonly prices: TargetPrices;
  readonly sink: ModelCallSink;
  readonly random: () => number;
  readonly streamed: boolean;
  readonly shadow: boolean;
  /** Redacts a provider's message for logs. @default unchanged */
  readonly redact?: ((text: string) => string) | undefined;
}

const noKeys: ReadonlySet<number> = new Set();

export class CallRun implements ChoiceContext {
  readonly call: CallContext;
  readonly demand: CallDemand;
  readonly startedAt = performance.now();
  /** The bounds of the work: the caller's own, or those of all callers that share it. */
  bounds: CallBounds;
  cache: CacheOutcome = 'off';
  /** The alias whose targets are tried: that of the call, or one that it falls back to. */
  alias: string;
  model: string | undefined;
  /** The host of that model's provider. */
  server: string | undefined;
  respondedModel: string | undefined;
  providerRequestId: string | undefined;
  timeToFirstTokenMs: number | undefined;
  guardrails: readonly string[] = [];
  /** What was said, as the guardrails passed it: kept for spans that have texts. */
  messages: readonly Message[] | undefined;
  answer: readonly AnswerPart[] | undefined;
  /** Which fields of the request were adapted to the target that answered. */
  adapted: readonly string[] = [];
  costNanoUsd = 0n;
  /** Of its span, where providers are told of it. */
  readonly #spanId: string | undefined;
  /** What providers are sent of the trace; undefined: nothing. */
  readonly traceHeaders: readonly string[] | undefined;
  readonly failures: TargetFailure[] = [];
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
  #finish: string | undefined;
  #isRecorded = false;
  #isCharged = false;

  constructor(options: RunOptions) {
    this.call = options.call;
    this.bounds = options.call;
    this.alias = options.call.alias;
    this.demand = options.demand;
    this.random = options.random;
    this.#prices = options.prices;
    this.#sink = options.sink;
    this.#streamed = options.streamed;
    this.#shadow = options.shadow;
    this.#redact = options.redact;
    const trace = options.call.events?.traceForModels;
    if (trace === undefined) return;
    this.#spanId = newSpanId();
    const headers: string[] = [];
    // Not the state: it is others' own, and none of the provider's business.
    addTraceHeaders(['w3c'], { ...trace, state: undefined }, this.#spanId, headers);
    this.traceHeaders = headers;
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

  /** The tokens that are reserved of a target's tokens per minute. */
  boundTokens(): number {
    return Math.max(1, this.inputTokens() + this.#boundOutputTokens());
  }

  upperBound(target: Target): bigint | undefined {
    const hourWrites = this.demand.hasHourCacheWrites();
    return this.#prices.upperBound(target, this.inputTokens(), this.#outputTokensOf(target), hourWrites);
  }

  /** The most output that the target may write and bill. */
  #outputTokensOf(target: Target): number {
    const { operation, maxOutputTokens, choices } = this.demand;
    if (operation === 'embeddings') return 0;
    return choices * (maxOutputTokens ?? unboundedOutputTokens(target));
  }

  #boundOutputTokens(): number {
    const { operation, maxOutputTokens = defaultOutputTokens, choices } = this.demand;
    return operation === 'embeddings' ? 0 : choices * maxOutputTokens;
  }

  /** The keys of the target's provider that this call must not use again. */
  excludedKeys(target: Target): ReadonlySet<number> {
    return this.#excludedKeys?.get(target.keys) ?? noKeys;
  }

  excludeKey(target: Target, key: number): void {
    this.#excludedKeys ??= new Map();
    const excluded = this.#excludedKeys.get(target.keys);
    if (excluded === undefined) this.#excludedKeys.set(target.keys, new Set([key]));
    else excluded.add(key);
  }

  /** The usage of an interrupted request, which no provider reported: its input, and the output received so far. */
  estimateUsage(outputCharacters: number): Usage {
    const outputTokens = Math.ceil(outputCharacters / charactersPerToken);
    return { inputTokens: this.inputTokens(), outputTokens, source: 'estimated' };
  }

  /**
   * Charges one request to the target to the call's account, at its bound, before it is sent; undefined: nobody pays for
   * it. The first attempt of a planned call takes from what is held for it.
   *
   * @throws BudgetExceeded
   */
  charge(target: Target): Charge | undefined | Promise<Charge> {
    const { account, planned } = this.call;
    if (account === undefined) return undefined;
    const nanoUsd = this.upperBound(target) ?? 0n;
    const bound = {
      ...this.#paidCall(target.reference),
      nanoUsd,
      tokens: Math.max(1, this.inputTokens() + this.#outputTokensOf(target)),
    };
    if (this.#shadow) return account.shadow.charge(bound);
    const charge = account.charge(this.#isCharged ? bound : { ...bound, planned });
    this.#isCharged = true;
    return charge;
  }

  #paidCall(model: string): PaidCall {
    const { prompt, field, requestId } = this.call;
    return { alias: this.alias, prompt, field, model, requestId };
  }

  /** Adds an attempt's usage to the call's usage, and its price to the call's cost and to what it was charged to. */
  book({ target, charge }: Attempt, usage: Usage, outcome: string): void {
    this.#usage = this.#usage === undefined ? usage : sum(this.#usage, usage);
    const priced = this.#prices.charge(target, usage, this.#at);
    const nanoUsd = priced?.nanoUsd ?? 0n;
    const price = priced && { source: priced.source, version: priced.version, date: priced.date };
    const tokens = usage.inputTokens + usage.outputTokens;
    charge?.settle({ nanoUsd, tokens, isSent: true, outcome, usage, price });
    if (price === undefined) return;
    this.costNanoUsd += nanoUsd;
    this.#price = price;
  }

  /** A provider's failure, redacted for logs: providers quote the request in their messages. */
  redacted(failure: ProviderFailure | undefined): ProviderFailure | undefined {
    if (failure === undefined || this.#redact === undefined) return failure;
    const detail = this.#redact(failure.detail);
    return detail === failure.detail ? failure : failure.with({ detail });
  }

  /** Books an answer and releases the attempt's ticket. */
  settle(attempt: Attempt, answer: Pick<ModelAnswer, 'usage' | 'requestId' | 'respondedModel'>): void {
    const { usage } = answer;
    this.attempts.push({ model: attempt.target.reference, outcome: 'ok', durationMs: attempt.durationMs });
    attempt.succeed(usage.inputTokens + usage.outputTokens);
    this.adapted = attempt.call.adapted ?? [];
    this.respondedModel = answer.respondedModel;
    this.providerRequestId = answer.requestId;
    this.book(attempt, usage, 'ok');
  }

  /** @param bounds of the work: the call's own, or those of all callers that share it */
  beginWork(bounds: CallBounds): void {
    this.#isWorking = true;
    this.bounds = bounds;
  }

  endWork(): void {
    this.#isWorking = false;
    if (this.#finish !== undefined) this.record(this.#finish);
  }

  /**
   * Writes the record. A caller that leaves shared work early is recorded when the work has ended, with its usage.
   *
   * @param finish a finish reason, `aborted`, an error code, or of shadow traffic a kind of failure
   */
  record(finish: string): void {
    this.#finish ??= finish;
    if (this.#isRecorded || this.#isWorking) return;
    this.#isRecorded = true;
    const { call, cache, model } = this;
    const isCached = cache !== 'off' && cache !== 'miss' && this.attempts.length === 0;
    if (isCached && model !== undefined) call.account?.recordCached(this.#paidCall(model), cache);
    const record: ModelCallRecord = {
      at: isoTime(this.#at.getTime()),
      began: this.startedAt,
      requestId: call.requestId,
      caller: { id: call.caller.id, tenant: call.caller.tenant },
      operation: this.demand.operation,
      alias: call.alias,
      prompt: call.prompt,
      model: this.model,
      server: this.server,
      parameters: this.demand.parameters(),
      respondedModel: this.respondedModel,
      providerRequestId: this.providerRequestId,
      attempts: this.attempts.map((attempt) => ({ ...attempt, durationMs: tenths(attempt.durationMs) })),
      usage: this.#usage,
      costUsd: formatUsd(this.costNanoUsd),
      price: this.#price,
      durationMs: tenths(this.durationMs),
      timeToFirstTokenMs: this.timeToFirstTokenMs === undefined ? undefined : tenths(this.timeToFirstTokenMs),
      finish: this.#finish,
      error: finishReasons.has(this.#finish) || this.#finish === 'aborted' ? undefined : this.#finish,
      cache: this.cache,
      guardrails: this.guardrails,
      adapted: this.adapted.length === 0 ? undefined : this.adapted,
      spanId: this.#spanId,
      texts:
        this.messages !== undefined && call.events?.hasTexts === true
          ? callTexts(this.messages, this.answer, this.#finish, this.#redact)
          : undefined,
      streamed: this.#streamed,
      shadow: this.#shadow,
    };
    this.#sink.record(record);
    call.events?.add(record);
  }
}

/** Rounded to a tenth of a millisecond. */
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
