/**
 * One HTTP exchange, as undici's dispatcher drives it: it ends exactly once, with an {@link Outcome}, and never throws.
 *
 * Bounded: an answer above the limit, by its `content-length` or by what arrives, is cut at once. It can be stopped in
 * every phase, waiting for a connection included.
 *
 * Written by hand because it is the hot path. CPU of this process for one request with 20 representations and a small
 * answer (bench/transport.ts, least of five rounds; undici 8.12, Node 26): undici's `request` with AbortSignal.any and
 * .timeout 0.060 ms, `Pool.request` 0.032, a bare `Pool.dispatch` 0.022; the whole SubgraphClient over this handler, with
 * deadline, abort, breaker, budget and sharing, 0.028, and 0.012 where half of the requests are shared. With an answer of
 * 15 KB: 0.153, 0.111, 0.110 and 0.117 ms, most of it JSON.parse. `allowH2` makes no difference on http://; `node:http`
 * takes 0.047 where bare dispatch takes 0.021.
 */

import { sharedBuffers } from '../lib/index.ts';

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Why a request is stopped before it ended by itself. */
export type Stop = 'left' | 'timeout';

export interface Answered {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: ResponseHeaders;
  /** Where it is borrowed, its bytes are valid until whoever is told returns. */
  readonly body: Buffer;
  readonly isBorrowed: boolean;
}

export type Outcome =
  | Answered
  /** The answer is larger than the limit. */
  | { readonly kind: 'too-large' }
  /** There was no connection, or it broke before the answer was whole. */
  | {
      readonly kind: 'broken';
      readonly error: Error;
      /** The connection had been used before, and closed before a byte of the answer: the server had let go of it. */
      readonly isStale: boolean;
    }
  /** The request could not be written as it is: nothing has been sent. */
  | { readonly kind: 'unsendable'; readonly error: Error }
  /** Too many requests are waiting for a connection already: nothing has been sent. */
  | { readonly kind: 'crowded'; readonly waiting: number }
  | { readonly kind: 'stopped'; readonly why: Stop };

/** What undici hands to its handlers, as far as it is used here. */
export interface ExchangeController {
  abort(reason: Error): void;
}

/** The code of the error by which a connection pool says that a connection was stale. */
export const staleConnection = 'STALE_CONNECTION';

/** What a server may make the gateway reserve by its word alone. */
const maxReservedBytes = 1_048_576;
const nothing = Buffer.alloc(0);
const stopError = new Error('the request was stopped');

export class Exchange {
  readonly #maxBytes: number;
  readonly #settle: (outcome: Outcome) => void;
  #controller: ExchangeController | undefined;
  #settled = false;
  #status = 0;
  #headers: ResponseHeaders = {};
  /** The whole body so far, where one chunk is all there is. */
  #first: Buffer | undefined;
  /** A buffer that is lent, with the first `#size` bytes of the body. */
  #collected: Buffer | undefined;
  #size = 0;
  #expectedBytes = 0;

  constructor(maxBytes: number, settle: (outcome: Outcome) => void) {
    this.#maxBytes = maxBytes;
    this.#settle = settle;
  }

  /** Whether nobody waits for it any more. */
  get isSettled(): boolean {
    return this.#settled;
  }

  /** It waits for a connection: `controller` takes it out of the queue. */
  onQueued(controller: ExchangeController): void {
    this.#controller = controller;
  }

  stop(why: Stop): void {
    this.#cut({ kind: 'stopped', why });
  }

  onRequestStart(controller: ExchangeController): void {
    // Stopped while it waited for a connection. Throwing skips it; aborting would also close the connection it just got.
    if (this.#settled) throw stopError;
    this.#controller = controller;
  }

  onResponseStart(_controller: ExchangeController, status: number, headers: ResponseHeaders): void {
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    const length = headers['content-length'];
    if (length === undefined) return;
    this.#expectedBytes = Number(length);
    if (this.#expectedBytes > this.#maxBytes) this.#cut({ kind: 'too-large' });
  }

  /** A chunk that stays as it is. */
  onResponseData(_controller: ExchangeController, chunk: Buffer): void {
    if (this.#first === undefined && this.#collected === undefined) this.#takeFirst(chunk);
    else this.collect(chunk);
  }

  #takeFirst(chunk: Buffer): void {
    this.#size = chunk.length;
    if (this.#size > this.#maxBytes) this.#cut({ kind: 'too-large' });
    else this.#first = chunk;
  }

  /** A piece whose bytes are valid during the call only. */
  collect(piece: Buffer): void {
    if (this.#settled) return;
    const size = this.#size + piece.length;
    if (size > this.#maxBytes) {
      this.#cut({ kind: 'too-large' });
      return;
    }
    let collected = this.#collected;
    if (collected === undefined) {
      const likely = Math.min(this.#expectedBytes, this.#maxBytes);
      collected = sharedBuffers.acquire(Math.max(size, Math.min(likely, maxReservedBytes)), likely);
      this.#first?.copy(collected);
      this.#first = undefined;
      this.#collected = collected;
    } else if (size > collected.length) {
      collected = sharedBuffers.grow(collected, this.#size, size, this.#expectedBytes);
      this.#collected = collected;
    }
    piece.copy(collected, this.#size);
    this.#size = size;
  }

  onResponseEnd(): void {
    const body = this.#collected?.subarray(0, this.#size) ?? this.#first ?? nothing;
    this.#answer(body, this.#collected !== undefined);
  }

  /** The end of a response whose whole body is one piece, valid during the call only. */
  onWhole(body: Buffer): void {
    if (body.length > this.#maxBytes) this.#cut({ kind: 'too-large' });
    else this.#answer(body, true);
  }

  #answer(body: Buffer, isBorrowed: boolean): void {
    this.#end({ kind: 'answered', status: this.#status, headers: this.#headers, body, isBorrowed });
  }

  onResponseError(_controller: ExchangeController | null, error: Error): void {
    const code = 'code' in error ? error.code : undefined;
    if (code === 'UND_ERR_INVALID_ARG') this.#end({ kind: 'unsendable', error });
    else this.#end({ kind: 'broken', error, isStale: code === staleConnection });
  }

  #cut(outcome: Outcome): void {
    this.#end(outcome);
    this.#controller?.abort(stopError);
  }

  #end(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    const collected = this.#collected;
    this.#first = undefined;
    this.#collected = undefined;
    this.#settle(outcome);
    if (collected !== undefined) sharedBuffers.release(collected);
  }
}

/** For whoever reads the body later: an outcome whose bytes stay valid. */
export function ownedOutcome(outcome: Outcome): Outcome {
  return outcome.kind === 'answered' && outcome.isBorrowed
    ? { ...outcome, body: Buffer.from(outcome.body), isBorrowed: false }
    : outcome;
}
