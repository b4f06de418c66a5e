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

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Why a request is stopped before it ended by itself. */
export type Stop = 'left' | 'timeout';

export type Outcome =
  | { readonly kind: 'answered'; readonly status: number; readonly headers: ResponseHeaders; readonly body: Buffer }
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

const nothing = Buffer.alloc(0);
const stopError = new Error('the request was stopped');

export class Exchange {
  readonly #maxBytes: number;
  readonly #settle: (outcome: Outcome) => void;
  #controller: ExchangeController | undefined;
  #settled = false;
  #status = 0;
  #headers: ResponseHeaders = {};
  #first: Buffer | undefined;
  #chunks: Buffer[] | undefined;
  #size = 0;

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
    if (length !== undefined && Number(length) > this.#maxBytes) this.#cut({ kind: 'too-large' });
  }

  onResponseData(_controller: ExchangeController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#cut({ kind: 'too-large' });
    else if (this.#first === undefined) this.#first = chunk;
    else if (this.#chunks === undefined) this.#chunks = [this.#first, chunk];
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = this.#chunks === undefined ? (this.#first ?? nothing) : Buffer.concat(this.#chunks, this.#size);
    this.#end({ kind: 'answered', status: this.#status, headers: this.#headers, body });
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
    this.#first = undefined;
    this.#chunks = undefined;
    this.#settle(outcome);
  }
}
