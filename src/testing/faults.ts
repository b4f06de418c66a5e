/** What goes wrong on the way. Every fault can be joined with every other, on every wire, with any reply. */
import type { ErrorAnswer } from './scripted-reply.ts';

export interface Faults {
  /** Milliseconds before the status line. @default 0 */
  readonly delayMs?: number;
  /** Milliseconds between the events of a stream, each written by itself (0: at once, one after the other). @default All in one write. */
  readonly chunkDelayMs?: number;
  /** The body in pieces of `bytes`, one every `everyMs` milliseconds. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number };
  /**
   * Byte offsets of the body at which a new write begins, or the middle of every character of several bytes. Writes are
   * a turn of the event loop apart; a client that reads late may still see two as one.
   */
  readonly splitAt?: number | readonly number[] | 'inside-characters';
  /** Where the answer stops, and how. A place past the end: it does not. */
  readonly stop?: {
    readonly at: StopPlace;
    /** @default 'reset' */
    readonly how?: StopManner;
  };
  /** Ends a stream cleanly before its first event of this kind: `terminal` (`[DONE]`, `message_stop`, …) or already `finish` (the finish reason and usage). */
  readonly endBefore?: 'finish' | 'terminal';
  /** Leaves out the line ends after a stream's last event. */
  readonly withoutLastBlankLine?: boolean;
  /** After so many events of a stream, the wire's error event, and nothing more. */
  readonly errorEvent?: { readonly afterChunks: number; readonly error?: ErrorAnswer };
  /** Sends a stream's first event twice. */
  readonly duplicateFirst?: boolean;
  /** Usage left out, all zeros, or sent in two places of a stream. It does not touch recordings. */
  readonly usage?: 'absent' | 'zero' | 'twice';
  /** So many bytes of blanks before the body (of a stream: a comment), without a content length. */
  readonly padBytes?: number;
  /** Other ways to write the same server-sent events. */
  readonly framing?: {
    /** @default '\n' */
    readonly lineEnd?: '\n' | '\r\n' | '\r';
    /** `data:{…}` instead of `data: {…}`. */
    readonly withoutSpace?: boolean;
    /** A comment before every event. */
    readonly comments?: boolean;
  };
}

/** `inside-character`: after the first byte of the body's last character of several bytes. */
export type StopPlace =
  | 'before-headers'
  | 'inside-character'
  | { readonly afterChunks: number }
  | { readonly afterBytes: number };

/**
 * - `reset`: the connection is reset (RST)
 * - `close`: it is closed (FIN) in the middle of the body
 * - `end`: the body ends as if it were whole
 * - `stall`: nothing more is sent, until the client gives up
 */
export type StopManner = 'reset' | 'close' | 'end' | 'stall';

/** Whether the body goes out as it is, in one write. */
export function leavesBodyAlone(faults: Faults): boolean {
  return (
    faults.stop === undefined &&
    faults.chunkDelayMs === undefined &&
    faults.drip === undefined &&
    faults.splitAt === undefined &&
    faults.endBefore === undefined &&
    faults.errorEvent === undefined &&
    faults.padBytes === undefined &&
    faults.framing === undefined &&
    faults.withoutLastBlankLine !== true &&
    faults.duplicateFirst !== true
  );
}
