/**
 * Sends bodies to a collector (OTLP over HTTP, https://opentelemetry.io/docs/specs/otlp/#otlphttp). Each has a deadline that
 * covers its further tries; what an answer holds is bounded and never followed elsewhere; the log is told once when
 * sending begins to fail, and once when it works again.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { OtlpConfig } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { pause, readBounded } from '../../lib/index.ts';
import type { Logger } from '../logger.ts';
import type { OtlpSignal } from './otlp-counts.ts';

export interface OtlpSenderOptions {
  readonly signal: OtlpSignal;
  readonly url: string;
  readonly config: Pick<OtlpConfig, 'headers' | 'timeoutMs' | 'compression'>;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** Statuses after which the protocol lets a body be sent again. */
const retryable: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const firstPauseMs = 500;
const maxPauseMs = 5_000;
const maxAnswerBytes = 65_536;
const tooLong = (): Error => new Error(`the collector’s answer exceeds ${maxAnswerBytes} bytes`);
const compress = promisify(gzip);

type Attempt =
  | { readonly kind: 'taken'; readonly body: Uint8Array }
  | { readonly kind: 'refused'; readonly reason: string; readonly mayRetry: boolean; readonly pauseMs?: number };

export class OtlpSender {
  readonly #options: OtlpSenderOptions;
  readonly #closing = new AbortController();
  #isFailing = false;

  constructor(options: OtlpSenderOptions) {
    this.#options = options;
  }

  /** @returns what the collector answered; undefined where it did not take the body. Never rejects. */
  async send(body: Uint8Array): Promise<Uint8Array | undefined> {
    const { timeoutMs, compression } = this.#options.config;
    const signal = AbortSignal.any([AbortSignal.timeout(timeoutMs), this.#closing.signal]);
    const endsAt = performance.now() + timeoutMs;
    const encoded = compression === 'gzip' ? await compress(body) : body;
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(maxPauseMs, pauseMs * 2)) {
      const attempt = await this.#try(encoded, signal);
      if (attempt.kind === 'taken') {
        this.#report(undefined);
        return attempt.body;
      }
      this.#report(attempt.reason);
      // Spread, so that gateways do not come back together.
      const waits = (attempt.pauseMs ?? pauseMs) * (0.8 + Math.random() * 0.4);
      if (!attempt.mayRetry || signal.aborted || performance.now() + waits >= endsAt) return undefined;
      await pause(waits, signal).catch(() => undefined);
    }
  }

  /** Ends what is being sent. */
  close(): void {
    this.#closing.abort(new Error('the gateway is closing'));
  }

  async #try(body: Uint8Array, signal: AbortSignal): Promise<Attempt> {
    const { url, config } = this.#options;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          ...config.headers,
          'content-type': 'application/x-protobuf',
          ...(config.compression === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
        },
        body: body as Uint8Array<ArrayBuffer>,
        redirect: 'manual',
        signal,
      });
      const answer = await readBounded(response.body, maxAnswerBytes, tooLong);
      if (response.ok) return { kind: 'taken', body: answer };
      const mayRetry = retryable.has(response.status);
      const pauseMs = pauseIn(response.headers.get('retry-after'));
      const reason = `status ${response.status}`;
      return pauseMs === undefined
        ? { kind: 'refused', reason, mayRetry }
        : { kind: 'refused', reason, mayRetry, pauseMs };
    } catch (error) {
      const cause = error instanceof TypeError && error.cause !== undefined ? error.cause : error;
      return { kind: 'refused', reason: messageOf(cause), mayRetry: true };
    }
  }

  /** @param reason why it fails; undefined where it works */
  #report(reason: string | undefined): void {
    const isFailing = reason !== undefined;
    if (isFailing === this.#isFailing || this.#closing.signal.aborted) return;
    this.#isFailing = isFailing;
    const { log, url, signal } = this.#options;
    const fields = { signal, collector: new URL(url).origin };
    if (isFailing)
      log.warn(
        { ...fields, reason },
        'the collector does not take what it is sent; it is tried again, and what has no room is dropped',
      );
    else log.info(fields, 'the collector takes what it is sent again');
  }
}

/** Seconds alone: a date needs clocks that agree. */
function pauseIn(header: string | null): number | undefined {
  return header !== null && /^\d{1,4}$/.test(header) ? Number(header) * 1_000 : undefined;
}
