/** Injected faults. Every fault can be combined with every other, on every wire, with any reply. */
import type { ErrorAnswer } from './error-answer.ts';

export interface Faults {
  /** Milliseconds before the status line. @default 0 */
  readonly delayMs?: number;
  /**
   * The delay between the events of a stream in milliseconds, each written separately (0: without a delay). @default
   * All in one write.
   */
  readonly chunkDelayMs?: number;
  /** Sends the body in pieces of `bytes`, one every `everyMs` milliseconds. */
  readonly drip?: { readonly bytes: number; readonly everyMs: number };
  /**
   * Byte offsets of the body at which a new write begins, or the middle of every multi-byte character. Writes are a
   * turn of the event loop apart; a client that reads late may still see two as one.
   */
  readonly splitAt?: number | readonly number[] | 'inside-characters';
  /** Where the answer stops, and how. Ignored if the position is past the end. */
  readonly stop?: {
    readonly at: StopPlace;
    /** @default 'reset' */
    readonly how?: StopManner;
  };
  /** Ends a stream cleanly before its first event of this kind: `terminal` (`[DONE]`, `message_stop`, …) or already `finish` (the finish reason and usage). */
  readonly endBefore?: 'finish' | 'terminal';
  /** Omits the line ends after a stream's last event. */
  readonly withoutLastBlankLine?: boolean;
  /** Sends the wire's error event after this number of events, and nothing more. */
  readonly errorEvent?: { readonly afterChunks: number; readonly error?: ErrorAnswer };
  /** Sends a stream's first event twice. */
  readonly duplicateFirst?: boolean;
  /** Usage omitted, all zeros, or sent in two places of a stream. It does not affect recordings. */
  readonly usage?: 'absent' | 'zero' | 'twice';
  /** This number of bytes of white space before the body (of a stream: a comment), without a content length. */
  readonly padBytes?: number;
  /** Alternative framings of the same server-sent events. */
  readonly framing?: {
    /** @default '\n' */
    readonly lineEnd?: '\n' | '\r\n' | '\r';
    /** `data:{…}` instead of `data: {…}`. */
    readonly withoutSpace?: boolean;
    /** A comment before every event. */
    readonly comments?: boolean;
  };
}

/** `inside-character`: after the first byte of the body's last multi-byte character. */
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

/** Whether the body is sent unchanged, in one write. */
export function sendsBodyUnchanged(faults: Faults): boolean {
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
