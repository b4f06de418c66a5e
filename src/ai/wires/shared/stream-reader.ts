/** The context for reading an answer, and the interface of the stream readers. */
import type { ModelAnswer, ModelRequest, ProviderFailure, StreamDelta, Usage } from '../../model-call/index.ts';
import type { JsonReading } from './structured-output.ts';

export interface AnswerContext {
  /** The provider's name. */
  readonly provider: string;
  readonly request: ModelRequest;
  readonly reading: JsonReading | undefined;
  /** Credentials to redact from errors. */
  readonly keys: readonly string[];
  /** Set if the client's request was forwarded unchanged: its answer is passed through. */
  readonly passing: { readonly dropsUsage: boolean } | undefined;
}

/** Reads a stream's events. `read` throws a `ProviderFailure` for an event that reports one. */
export interface StreamReader {
  /** Whether the provider's terminal event has been read. */
  readonly isComplete: boolean;
  /** Whether the answer is complete if the connection ends cleanly now, without its terminal event. */
  readonly mayEnd: boolean;
  /** The error of an error event; more events may follow in the same chunk, such as usage. */
  readonly failure: ProviderFailure | undefined;
  read(data: string, event: string | undefined, out: StreamDelta[]): void;
  /** The complete answer, once the stream is complete; buffered deltas are emitted first. */
  end(out: StreamDelta[]): ModelAnswer;
  /**
   * The usage of a failed stream: the last report, or else an estimate. If the provider itself reported an error
   * (`isReported`) before any output, it is zero.
   */
  spent(isReported: boolean): Usage | undefined;
}

/**
 * Attaches an event's data to its first delta, so that every event is passed through once and in order; an event
 * without deltas is passed through as `other`.
 */
export function passOn(data: string, out: StreamDelta[], before: number): void {
  const first = out[before];
  if (first === undefined) out.push({ type: 'other', wire: data });
  else out[before] = { ...first, wire: data };
}
