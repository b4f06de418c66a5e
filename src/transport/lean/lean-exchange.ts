/** What a request of a {@link LeanPool} is, and who follows it. */
import type { ResponseHeaders } from '../exchange.ts';

export interface LeanRequest {
  readonly path: string;
  readonly method: 'POST' | 'GET';
  /** Headers that many requests have: the same array each time, whose text is made once. @default none */
  readonly fixedHeaders?: readonly string[];
  /** Names and values in turn, as those of `fixedHeaders`, which they follow. */
  readonly headers: readonly string[];
  readonly body: string | Uint8Array | null;
  /**
   * Whether it can be sent again where its connection turns out to be closed. One that cannot goes out on a connection that
   * has been looked at since its last answer.
   * @default true
   */
  readonly isIdempotent?: boolean;
}

/** A request while it waits for a connection, or has one. */
export interface LeanController {
  abort(reason: Error): void;
  pause(): void;
  resume(): void;
}

/** Follows one exchange to its end: `onResponseEnd`, `onWhole` or `onResponseError`, unless it is aborted before. */
export interface LeanExchange {
  /** Whether nobody waits for it any more. */
  readonly isSettled: boolean;
  /** It waits for a connection. */
  onQueued(controller: LeanController): void;
  /** Just before the first byte is written; where it throws, nothing is. */
  onRequestStart(controller: LeanController): void;
  onResponseStart(controller: LeanController, status: number, headers: ResponseHeaders): void;
  /** A piece of the body, whose bytes are valid during the call only. */
  collect(piece: Buffer): void;
  onResponseEnd(): void;
  /** The end of a response whose whole body is one piece, valid during the call only. */
  onWhole(body: Buffer): void;
  onResponseError(controller: null, error: Error): void;
}
