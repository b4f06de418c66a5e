/** The form of a wire: a complete answer, the events of a stream, an error. There is one file per wire. */
import type { ErrorAnswer } from './error-answer.ts';
import type { SettledAnswer } from './settle-answer.ts';

/** A part of a stream: one event with its framing. `finish` has the finish reason or the usage. */
export interface Frame {
  readonly kind: 'delta' | 'finish' | 'terminal';
  readonly bytes: string | Buffer;
}

export interface WireForm {
  readonly streamType: string;
  /** The body, to be serialised as JSON. */
  whole(answer: SettledAnswer): unknown;
  frames(answer: SettledAnswer): Frame[];
  /** A recorded event. */
  frame(event: Record<string, unknown>): Frame;
  /** The events that end every stream of this wire and are in no recording. */
  readonly terminal?: Frame;
  /** An error event inside a stream, after a number of events. */
  errorFrames(error: ErrorAnswer, after: number): Frame[];
}

export const serverSentEvents = 'text/event-stream; charset=utf-8';

export function dataFrame(kind: Frame['kind'], data: unknown): Frame {
  return { kind, bytes: `data: ${JSON.stringify(data)}\n\n` };
}

/** An event named after its own `type`. */
export function namedFrame(kind: Frame['kind'], data: { readonly type: string }): Frame {
  return { kind, bytes: `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n` };
}

/** The creation time in all answers, in seconds since 1970: constant, so that answers are deterministic. */
export const createdAt = 1_760_000_000;
