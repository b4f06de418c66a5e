/** Ends the attempt of an open stream without a complete answer: failed, abandoned by its consumer, or blocked. */
import { GatewayError } from '../../../errors/index.ts';
import type { ModelAnswer } from '../../model-call/index.ts';
import type { Attempt } from './attempt.ts';
import type { CallRun } from './call-run.ts';
import { endFailed } from './end-failed.ts';
import type { StreamReader } from './open-stream.ts';

/** @returns the error of the call */
export function failStream(run: CallRun, attempt: Attempt, reader: StreamReader, error: unknown): unknown {
  try {
    const failure = endFailed(run, attempt, error, reader.characters);
    const detail = `${attempt.target.reference}: ${failure.kind}: ${failure.detail}`;
    return new GatewayError('AI_STREAM_INCOMPLETE', { detail, cause: failure });
  } catch (thrown) {
    return thrown;
  }
}

/** The consumer stopped reading: the provider's request is aborted, and the usage so far is booked. */
export function abandonStream(run: CallRun, attempt: Attempt, reader: StreamReader): void {
  attempt.stop('abandoned');
  reader.close();
  failStream(run, attempt, reader, undefined);
}

/**
 * Ends a stream whose output a guardrail blocked. The request is aborted, so that no further output is paid for.
 *
 * @param answer `undefined`: the provider's stream has not ended yet
 * @returns the answer that replaces the blocked one
 */
export function endBlockedStream(
  run: CallRun,
  attempt: Attempt,
  reader: StreamReader,
  answer: ModelAnswer | undefined,
): ModelAnswer {
  if (answer === undefined) attempt.stop('blocked');
  reader.close();
  const usage = answer?.usage ?? run.estimateUsage(reader.characters);
  run.settle(attempt, { ...answer, usage });
  return { content: [], finishReason: 'content_filter', usage };
}
