/** The answer of a call as its caller receives it: with its model, attempts, cost, and the adapted fields of its request. */
import type { CacheOutcome, CallSummary, Completion } from '../../model-call/index.ts';
import type { Attempt } from './attempt.ts';
import type { CallRun } from './call-run.ts';

/** Adds the adapted fields of the request to its answer; they are cached with it. */
export function withAdapted<Answer extends object>(
  answer: Answer,
  { call: { adapted = [] } }: Attempt,
): Answer & { readonly adapted?: readonly string[] } {
  return adapted.length === 0 ? answer : { ...answer, adapted };
}

export function withSummary<Answer extends object>(
  run: CallRun,
  answer: Answer,
  model: string,
  cache: CacheOutcome,
): Answer & CallSummary {
  const { costNanoUsd, durationMs } = run;
  run.cache = cache;
  run.model = model;
  return { ...answer, model, attempts: run.attempts.length, cache, costNanoUsd, durationMs };
}

/** The summary of an answer from a cache: no provider was called. */
export function withoutCost<Answer extends object>(
  run: CallRun,
  answer: Answer,
  model: string,
  cache: CacheOutcome,
): Answer & CallSummary {
  return { ...withSummary(run, answer, model, cache), attempts: 0, costNanoUsd: 0n };
}

/** Records the call with its finish reason. */
export function recorded(run: CallRun, completion: Completion): Completion {
  run.answer = completion.content;
  run.record(completion.finishReason);
  return completion;
}
