/**
 * Answers questions of AI fields, each from the first place that has the answer: this request, the cache, a question
 * equal to it that is under way for anyone, a model. What is kept in memory is answered without a turn of the event loop.
 */
import { LRUCache } from 'lru-cache';
import type { CacheStore } from '../../../cache/index.ts';
import type { AiFieldsConfig } from '../../../config/index.ts';
import { GatewayError, messageOf } from '../../../errors/index.ts';
import { Deadline, SharedRuns } from '../../../lib/index.ts';
import type { Logger } from '../../../observability/index.ts';
import type { RequestContext } from '../../../transport/index.ts';
import type { CallBounds } from '../../model-call/index.ts';
import type { ModelClient } from '../../models/index.ts';
import { CodeRun } from '../code/code-run.ts';
import { inTime, type SubgraphCode } from '../code/field-code.ts';
import { askModel, toAnswer } from './ask-model.ts';
import { BatchedAsks } from './field-batch.ts';
import { FieldCache, fieldTags, type KeptAnswer } from './field-cache.ts';
import type { FieldAnswer, FieldQuestion } from './field-question.ts';

export interface FieldAsksOptions {
  readonly models: ModelClient;
  readonly config: AiFieldsConfig;
  readonly cache: CacheStore | undefined;
  readonly code: SubgraphCode | undefined;
  readonly log: Logger;
}

type Answered = FieldAnswer | Promise<FieldAnswer>;

/** How long a renewal that failed is not tried again: stale answers are given meanwhile, and nothing is paid for. */
const renewalPauseMs = 30_000;

/** What an operation keeps of its own deadline to give its answer with the field as null, rather than none. */
const answerMarginMs = 250;

export class FieldAsks {
  readonly #options: FieldAsksOptions;
  readonly #cache: FieldCache | undefined;
  readonly #batches: BatchedAsks;
  readonly #underWay = new SharedRuns<FieldAnswer>();
  /** What each client request has asked: the same question is asked once, cache or not. */
  readonly #asked = new WeakMap<RequestContext, Map<string, Answered>>();
  readonly #closing = new AbortController();
  /** Keys of answers that could not be renewed lately. */
  readonly #notRenewed = new LRUCache<string, true>({ max: 10_000, ttl: renewalPauseMs });

  constructor(options: FieldAsksOptions) {
    this.#options = options;
    const { config, cache, models } = options;
    this.#cache = cache === undefined || !config.cache.enabled ? undefined : new FieldCache(cache, config.cache);
    this.#batches = new BatchedAsks(models);
  }

  answer(question: FieldQuestion, context: RequestContext): Answered {
    let asked = this.#asked.get(context);
    if (asked === undefined) {
      asked = new Map();
      this.#asked.set(context, asked);
    }
    const known = asked.get(question.key);
    if (known !== undefined) return known instanceof Promise ? known.then(asShared) : asShared(known);
    const answer = this.#find(question, context);
    asked.set(question.key, answer);
    return answer;
  }

  /** Renewals nobody waits for end with the subgraph. */
  close(): void {
    this.#closing.abort(new Error('the subgraph is closed'));
  }

  #find(question: FieldQuestion, context: RequestContext): Answered {
    const kept = this.#cache?.get(question.key);
    if (kept instanceof Promise) return kept.then((found) => this.#give(found, question, context));
    return this.#give(kept, question, context);
  }

  #give(kept: KeptAnswer | undefined, question: FieldQuestion, context: RequestContext): Answered {
    if (kept === undefined) return this.#ask(question, context.signal, context.deadline.remainingMs);
    if (kept.isStale) this.#renew(question);
    return {
      value: kept.value,
      isComplete: true,
      told: {
        model: kept.model,
        prompt: kept.prompt,
        cached: kept.isStale ? 'stale' : 'field',
        costNanoUsd: 0n,
        usage: undefined,
        attempts: 0,
        durationMs: 0,
      },
    };
  }

  #renew(question: FieldQuestion): void {
    const { log } = this.#options;
    const { key } = question;
    if (this.#notRenewed.has(key)) return;
    const pause = (reason: string): void => {
      if (this.#closing.signal.aborted || this.#notRenewed.has(key)) return;
      this.#notRenewed.set(key, true);
      log.warn({ field: question.coordinate, reason }, 'a kept answer could not be renewed');
    };
    this.#ask(question, this.#closing.signal, Number.POSITIVE_INFINITY).then(
      ({ isComplete }) => {
        if (!isComplete) pause('the new answer was valid in parts only');
      },
      (error: unknown) => pause(messageOf(error)),
    );
  }

  /** @param remainingMs what is left of the operation's time; a run that others share goes on without whoever has to leave */
  #ask(question: FieldQuestion, signal: AbortSignal, remainingMs: number): Promise<FieldAnswer> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { deadlineMs } = this.#options.config;
    const patienceMs = remainingMs - Math.min(answerMarginMs, remainingMs / 4);
    if (patienceMs >= deadlineMs) return this.#share(question, signal);
    const impatient = new AbortController();
    const leave = (): void => impatient.abort(signal.reason);
    const late = (): void =>
      impatient.abort(new GatewayError('GATEWAY_TIMEOUT', { detail: 'the operation’s time is over' }));
    const timer = setTimeout(late, patienceMs);
    signal.addEventListener('abort', leave, { once: true });
    return this.#share(question, impatient.signal).finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    });
  }

  #share(question: FieldQuestion, signal: AbortSignal): Promise<FieldAnswer> {
    let isLeader = false;
    const run = this.#underWay.run(question.key, signal, (shared) => {
      isLeader = true;
      return this.#make(question, { signal: shared, deadline: Deadline.in(this.#options.config.deadlineMs) });
    });
    return isLeader ? run : run.then(asShared);
  }

  async #make(question: FieldQuestion, bounds: CallBounds): Promise<FieldAnswer> {
    const startedAt = performance.now();
    const given = await (question.prompt.batch === undefined
      ? askModel(this.#options.models, question, bounds)
      : this.#batches.ask(question, bounds));
    const answer = await this.#finish(given, question, bounds);
    if (!answer.isComplete || this.#cache === undefined) return answer;
    const { model, prompt } = answer.told;
    const tags = [fieldTags.prompt(prompt), fieldTags.type(question.coordinate.split('.')[0] ?? '')];
    const readMsAgo = performance.now() - startedAt;
    const kept = { value: answer.value, model, prompt };
    this.#cache.set(question.key, kept, { ttlSeconds: question.cacheTtlSeconds, tags, readMsAgo });
    return answer;
  }

  async #finish(answer: FieldAnswer, question: FieldQuestion, bounds: CallBounds): Promise<FieldAnswer> {
    const finish = this.#options.code?.fields.get(question.coordinate)?.finish;
    if (finish === undefined || !answer.isComplete) return answer;
    const call = { entity: question.entity, args: question.args, signal: bounds.signal };
    const run = new CodeRun(question.coordinate);
    const value = await run.until(
      inTime(
        run.call(() => finish(answer.value, call)),
        bounds,
      ),
    );
    return toAnswer(question.output.readFinished(value ?? null), answer.told);
  }
}

/** Whoever shares another's answer pays nothing for it. */
function asShared(answer: FieldAnswer): FieldAnswer {
  if (answer.told.cached === 'field' || answer.told.cached === 'stale') return answer;
  return { ...answer, told: { ...answer.told, cached: 'shared', costNanoUsd: 0n, usage: undefined, attempts: 0 } };
}
