/** What reading an answer needs to know, and the form of the stream readers of both wires. */
import type { ModelAnswer, ModelRequest, ProviderFailure, StreamDelta, Usage } from '../../model-call/index.ts';
import type { JsonReading } from './structured-output.ts';

export interface AnswerContext {
  /** The provider's name. */
  readonly provider: string;
  readonly request: ModelRequest;
  readonly reading: JsonReading | undefined;
  /** What must not be told of an error. */
  readonly keys: readonly string[];
  /** Where the client's own request was sent as it is: what it gets back as it is. */
  readonly passing: { readonly dropsUsage: boolean } | undefined;
}

/** Reads a stream's events. `read` throws a `ProviderFailure` where the provider tells of one. */
export interface StreamReader {
  /** Whether the provider's terminal event has been read. */
  readonly isComplete: boolean;
  /** Whether a connection that ends cleanly now has told the whole answer, its terminal event left out. */
  readonly mayEnd: boolean;
  /** What an error event told; more may follow on it in the same piece, such as usage. */
  readonly failure: ProviderFailure | undefined;
  read(data: string, event: string | undefined, out: StreamDelta[]): void;
  /** The whole answer, once the stream is complete; what was held back is told first. */
  end(out: StreamDelta[]): ModelAnswer;
  /**
   * The tokens that a stream which failed has used: the last report, or else an estimate. Where the provider itself told
   * of an error (`isTold`) before it wrote anything, nothing is charged.
   */
  spent(isReported: boolean): Usage | undefined;
}

/**
 * Gives an event's data to its first delta, so that what is passed on is each event once and in order; an event without
 * deltas is passed on as `other`.
 */
export function passOn(data: string, out: StreamDelta[], before: number): void {
  const first = out[before];
  if (first === undefined) out.push({ type: 'other', wire: data });
  else out[before] = { ...first, wire: data };
}
