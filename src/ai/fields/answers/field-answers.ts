/**
 * Answers the questions of AI fields, each from the first layer that has the answer:
 *
 * 1. This request. A client request gets one answer to a question, however many places and fetches have it: also without
 *    a cache, where two model answers would differ.
 * 2. The cache. A question that was answered before is not paid for again. What is in memory is returned synchronously;
 *    what is stale is returned too, and renewed in the background.
 * 3. In flight. Requests of several clients that have the same question at once share one run: the cache has no answer yet.
 * 4. A model. The model client has caches of its own (exact and semantic), keyed by rendered prompts.
 */
import { LRUCache } from 'lru-cache';
import type { EntryStore } from '../../../cache/index.ts';
import type { AiFieldsConfig } from '../../../config/index.ts';
import { GatewayError, messageOf } from '../../../errors/index.ts';
import {
  type Abortable,
  Aborter,
  abortSignalOf,
  addAbortListener,
  CallbackEntry,
  Deadline,
  removeAbortListener,
  SharedRuns,
  timerWheel,
} from '../../../lib/index.ts';
import { type CallEvents, type Logger, waitFor } from '../../../observability/index.ts';
import type { Signals } from '../../../signals/index.ts';
import type { RequestContext } from '../../../transport/index.ts';
import { BudgetExceeded } from '../../model-call/index.ts';
import type { ModelClient } from '../../models/index.ts';
import { CodeRun } from '../code/code-run.ts';
import { type SubgraphCode, withinCallBounds } from '../code/field-code.ts';
import { askModel, toAnswer } from './ask-model.ts';
import { BatchedQuestions } from './field-batch.ts';
import { type CachedAnswer, FieldCache, fieldTags } from './field-cache.ts';
import type { FieldAnswer, FieldBounds, FieldQuestion } from './field-question.ts';

export interface FieldAnswersOptions {
  readonly models: ModelClient;
  readonly config: AiFieldsConfig;
  readonly cache: EntryStore | undefined;
  readonly code: SubgraphCode | undefined;
  /** How other workers hear that a renewal failed. */
  readonly signals: Signals;
  readonly log: Logger;
}

type Answer = FieldAnswer | Promise<FieldAnswer>;

/** How long a renewal that failed is not retried: meanwhile stale answers are returned, and nothing is paid. */
const renewalPauseMs = 30_000;
const notRenewed = 'AI field not renewed';

/** The part of an operation's deadline that is reserved for answering with null for the field, instead of not at all. */
const answerMarginMs = 250;

export class FieldAnswers {
  readonly #options: FieldAnswersOptions;
  readonly #cache: FieldCache | undefined;
  readonly #batches: BatchedQuestions;
  readonly #inFlight = new SharedRuns<FieldAnswer>();
  readonly #ofRequests = new WeakMap<RequestContext, Map<string, Answer>>();
  readonly #closing = new AbortController();
  /** Keys of answers whose renewal failed recently, in any worker. */
  readonly #notRenewed = new LRUCache<string, true>({ max: 10_000, ttl: renewalPauseMs });
  readonly #unsubscribe: () => void;

  constructor(options: FieldAnswersOptions) {
    this.#options = options;
    const { config, cache, models } = options;
    this.#cache = cache === undefined || !config.cache.enabled ? undefined : new FieldCache(cache, config.cache);
    this.#batches = new BatchedQuestions(models);
    this.#unsubscribe = options.signals.subscribe(notRenewed, (key) => {
      if (typeof key === 'string') this.#notRenewed.set(key, true);
    });
  }

  /** @param events who is told of the model calls for it; undefined: nobody */
  answer(question: FieldQuestion, context: RequestContext, events?: CallEvents): Answer {
    const { signal, deadline } = context;
    return this.#fromRequest(question, context, () =>
      this.#fromCache(question, () => {
        const answer = this.#fromFlightOrModel(question, signal, deadline.remainingMs, events);
        return events === undefined ? answer : waitFor(events.operation, answer);
      }),
    );
  }

  /** Renewals, which no request waits for, end with the subgraph. */
  close(): void {
    this.#closing.abort(new Error('the subgraph is closed'));
    this.#unsubscribe();
  }

  #fromRequest(question: FieldQuestion, context: RequestContext, next: () => Answer): Answer {
    let answers = this.#ofRequests.get(context);
    if (answers === undefined) {
      answers = new Map();
      this.#ofRequests.set(context, answers);
    }
    const earlier = answers.get(question.key);
    if (earlier !== undefined) return earlier instanceof Promise ? earlier.then(asShared) : asShared(earlier);
    const answer = next();
    answers.set(question.key, answer);
    return answer;
  }

  #fromCache(question: FieldQuestion, next: () => Answer): Answer {
    const cached = this.#cache?.get(question.key);
    if (cached instanceof Promise) {
      question.account?.awaitLookup(cached);
      return cached.then((entry) => this.#readCached(question, entry) ?? next());
    }
    return this.#readCached(question, cached) ?? next();
  }

  #readCached(question: FieldQuestion, cached: CachedAnswer | undefined): FieldAnswer | undefined {
    if (cached === undefined) return undefined;
    if (cached.isStale) this.#renew(question);
    return {
      value: cached.value,
      isComplete: true,
      provenance: {
        model: cached.model,
        prompt: cached.prompt,
        cached: cached.isStale ? 'stale' : 'field',
        costNanoUsd: 0n,
        usage: undefined,
        attempts: 0,
        durationMs: 0,
      },
    };
  }

  #renew(question: FieldQuestion): void {
    const { log, signals } = this.#options;
    const { key } = question;
    if (this.#notRenewed.has(key)) return;
    const pause = (reason: string): void => {
      if (this.#closing.signal.aborted || this.#notRenewed.has(key)) return;
      this.#notRenewed.set(key, true);
      signals.publish(notRenewed, key);
      log.warn({ field: question.coordinate, reason }, 'a cached answer could not be renewed');
    };
    this.#fromFlightOrModel(question, this.#closing.signal, Number.POSITIVE_INFINITY).then(
      ({ isComplete }) => {
        if (!isComplete) pause('the new answer was valid in parts only');
      },
      (error: unknown) => pause(messageOf(error)),
    );
  }

  /** @param remainingMs of the operation's deadline; a run that others share continues if this caller has to leave */
  #fromFlightOrModel(
    question: FieldQuestion,
    signal: Abortable,
    remainingMs: number,
    events?: CallEvents,
  ): Promise<FieldAnswer> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { deadlineMs } = this.#options.config;
    const patienceMs = remainingMs - Math.min(answerMarginMs, remainingMs / 4);
    if (patienceMs >= deadlineMs) return this.#joinFlight(question, signal, events);
    const impatient = new Aborter();
    const leave = (): void => impatient.abort(signal.reason);
    const late = new CallbackEntry(() =>
      impatient.abort(new GatewayError('GATEWAY_TIMEOUT', { detail: 'the operation’s time is over' })),
    );
    timerWheel.add(late, patienceMs);
    addAbortListener(signal, leave);
    return this.#joinFlight(question, impatient, events).finally(() => {
      timerWheel.remove(late);
      removeAbortListener(signal, leave);
    });
  }

  #joinFlight(question: FieldQuestion, signal: Abortable, events: CallEvents | undefined): Promise<FieldAnswer> {
    let isLeader = false;
    const run = this.#inFlight.run(question.key, signal, (shared) => {
      isLeader = true;
      const deadline = Deadline.in(this.#options.config.deadlineMs);
      return this.#fromModel(question, { signal: shared, deadline, account: question.account, events });
    });
    if (isLeader) return run;
    return run.then(asShared, (error: unknown) => {
      // The budget that is used up is the leader's.
      if (error instanceof BudgetExceeded && question.account !== undefined)
        return this.#joinFlight(question, signal, events);
      throw error;
    });
  }

  async #fromModel(question: FieldQuestion, bounds: FieldBounds): Promise<FieldAnswer> {
    const startedAt = performance.now();
    const modelAnswer = await (question.prompt.batch === undefined
      ? askModel(this.#options.models, question, bounds)
      : this.#batches.ask(question, bounds));
    const answer = await this.#finish(modelAnswer, question, bounds);
    if (!answer.isComplete || this.#cache === undefined) return answer;
    const { model, prompt } = answer.provenance;
    const tags = [fieldTags.prompt(prompt), fieldTags.type(question.coordinate.split('.')[0] ?? '')];
    const readMsAgo = performance.now() - startedAt;
    const entry = { value: answer.value, model, prompt };
    this.#cache.set(question.key, entry, { ttlSeconds: question.cacheTtlSeconds, tags, readMsAgo });
    return answer;
  }

  async #finish(answer: FieldAnswer, question: FieldQuestion, bounds: FieldBounds): Promise<FieldAnswer> {
    const finish = this.#options.code?.fields.get(question.coordinate)?.finish;
    if (finish === undefined || !answer.isComplete) return answer;
    const call = { entity: question.entity, args: question.args, signal: abortSignalOf(bounds.signal) };
    const run = new CodeRun(question.coordinate);
    const value = await run.until(
      withinCallBounds(
        run.call(() => finish(answer.value, call)),
        bounds,
      ),
    );
    return toAnswer(question.output.readFinished(value ?? null), answer.provenance);
  }
}

/** Only the first caller's request is charged. */
function asShared(answer: FieldAnswer): FieldAnswer {
  const { provenance } = answer;
  if (provenance.cached === 'field' || provenance.cached === 'stale') return answer;
  return {
    ...answer,
    provenance: { ...provenance, cached: 'shared', costNanoUsd: 0n, usage: undefined, attempts: 0 },
  };
}
