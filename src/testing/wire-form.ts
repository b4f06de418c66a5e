/** What each wire has to offer: an answer whole, an answer as events, an error. One file per wire has it. */
import type { ErrorAnswer } from './scripted-reply.ts';
import type { SettledAnswer } from './settle-answer.ts';

/** A part of a stream: one event with its framing. `finish` tells the finish reason or the usage. */
export interface Frame {
  readonly kind: 'delta' | 'finish' | 'terminal';
  readonly bytes: string | Buffer;
}

export interface WireForm {
  readonly streamType: string;
  /** The body, to be written as JSON. */
  whole(answer: SettledAnswer): unknown;
  frames(answer: SettledAnswer): Frame[];
  /** A recorded event. */
  frame(event: Record<string, unknown>): Frame;
  /** What ends every stream of this wire and is in no recording. */
  readonly terminal?: Frame;
  /** An error in the middle of a stream, after so many events. */
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

/** When everything was written, in seconds since 1970: one moment, so that answers are the same each time. */
export const createdAt = 1_760_000_000;
