/**
 * Whether and when a failed request may be sent again. Connections that broke, 429 and the 5xx that may pass are worth
 * another try; timeouts have used up their time. A `Retry-After` is obeyed: where it ends after the deadline the request
 * fails now. One that cannot be read is ignored.
 */
import type { Outcome } from './exchange.ts';

const basePauseMs = 50;
const longestPauseMs = 1_000;

export function isRetryable(outcome: Outcome): boolean {
  if (outcome.kind === 'broken') return true;
  if (outcome.kind !== 'answered') return false;
  const { status } = outcome;
  return status === 429 || (status >= 500 && status !== 501 && status !== 505);
}

/**
 * @param retry which retry it would be, from 1
 * @param remainingMs what is left of the request's time
 * @param random from 0 to below 1
 * @returns milliseconds to wait, or `undefined` where that ends after the deadline
 */
export function pauseBeforeRetry(
  outcome: Outcome,
  retry: number,
  remainingMs: number,
  random: number,
): number | undefined {
  const requestedMs =
    outcome.kind === 'answered' ? readRetryAfter(outcome.headers['retry-after'], Date.now()) : undefined;
  // Full jitter: clients that failed together do not come back together.
  const pause = requestedMs ?? random * Math.min(longestPauseMs, basePauseMs * 2 ** (retry - 1));
  return pause < remainingMs ? pause : undefined;
}

// RFC 9110, section 5.6.7. Date.parse alone would read "garbage 1" as the year 2001.
const httpDate = /^(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? [\w :-]{14,24}(?: GMT)?$/;

/** Milliseconds from `now` that a `Retry-After` asks for (RFC 9110, section 10.2.3); `undefined` where it is none. */
export function readRetryAfter(value: string | readonly string[] | undefined, now: number): number | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{1,15}$/.test(text)) return Number(text) * 1_000;
  if (!httpDate.test(text)) return undefined;
  const date = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
