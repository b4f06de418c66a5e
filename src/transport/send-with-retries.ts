/**
 * Sends one body to a subgraph: chooses the URL, keeps its breaker informed, and tries queries again where that may
 * help, within the budget. A mutation is sent exactly once, whatever happens to its connection (undici itself sends a
 * POST again only where HTTP/2 guarantees that it was not looked at: GOAWAY and REFUSED_STREAM).
 */
import { type ErrorCode, GatewayError, messageOf } from '../errors/index.ts';
import { unreachable } from '../lib/index.ts';
import type { FetchEvent } from '../observability/index.ts';
import type { EndpointChooser } from './choose-endpoint.ts';
import type { Verdict } from './circuit-breaker.ts';
import type { Endpoint } from './endpoint.ts';
import { type Answered, Exchange, type Outcome, ownedOutcome } from './exchange.ts';
import type { RetryBudget } from './retry-budget.ts';
import { isRetryable, pauseBeforeRetry } from './retry-policy.ts';
import type { SharedCall } from './shared-call.ts';

export interface SenderOptions {
  readonly service: string;
  readonly chooser: EndpointChooser;
  readonly budget: RetryBudget;
  readonly retries: number;
  readonly maxResponseBytes: number;
}

export interface Message {
  readonly kind: 'query' | 'mutation';
  /** The same array for many requests. */
  readonly fixedHeaders: readonly string[];
  readonly headers: string[];
  readonly body: string | Buffer;
}

/** How a try ended, and where; nothing where no URL may be asked. */
export interface Tried {
  readonly endpoint: Endpoint | undefined;
  readonly outcome: Outcome | undefined;
}

/** For whoever reads it later. */
export function ownedTry({ endpoint, outcome }: Tried): Tried {
  return { endpoint, outcome: outcome && ownedOutcome(outcome) };
}

const notTried: Tried = { endpoint: undefined, outcome: undefined };

/**
 * The first try, which is nearly always the last: told by a call and not by a promise, so that an answer goes straight
 * from the socket to who waits for it (four promises less: about a tenth of a small request's CPU).
 */
export function sendFirst(
  options: SenderOptions,
  call: SharedCall,
  message: Message,
  ended: (tried: Tried) => void,
): void {
  // Everyone may have left while the body was compressed: nothing is sent for nobody, a mutation least of all.
  const now = performance.now();
  const endpoint = call.stopped === undefined ? options.chooser.choose(message.kind, undefined, now) : undefined;
  if (endpoint === undefined) {
    ended(notTried);
    return;
  }
  options.budget.countRequest(now);
  exchange(endpoint, options.maxResponseBytes, call, message, now, (outcome) => ended({ endpoint, outcome }));
}

export async function sendWithRetries(options: SenderOptions, call: SharedCall, message: Message): Promise<Answered> {
  const first = await new Promise<Tried>((resolve) => {
    sendFirst(options, call, message, (tried) => resolve(ownedTry(tried)));
  });
  return sendAgain(options, call, message, first);
}

/**
 * What becomes of a first try: itself where it was answered well, else as many more as the budget allows.
 *
 * @throws GatewayError `SUBGRAPH_CIRCUIT_BREAKER_REJECTED` where the breaker of every URL is open, `SUBREQUEST_HTTP_ERROR` for broken
 *   connections or too many requests that wait for one, `SUBREQUEST_MALFORMED_RESPONSE` for an answer above the limit,
 *   `SUBGRAPH_REQUEST_TIMEOUT`
 */
export async function sendAgain(
  options: SenderOptions,
  call: SharedCall,
  message: Message,
  first: Tried,
): Promise<Answered> {
  let { endpoint, outcome } = first;
  for (let retry = 1; ; retry++) {
    if (outcome === undefined) return conclude(options, call, outcome);
    if (outcome.kind === 'answered' && outcome.status < 400) return outcome;
    // Nobody has read what went out on a stale connection: sent again at once, it adds no load.
    const isUnread = retry === 1 && outcome.kind === 'broken' && outcome.isStale && message.kind === 'query';
    const isSentAgain = isUnread && options.retries > 0 && call.stopped === undefined;
    if (!isSentAgain && !(await pauseForRetry(options, call, message, outcome, retry)))
      return conclude(options, call, outcome);
    const now = performance.now();
    const next = options.chooser.choose(message.kind, endpoint, now);
    if (next === undefined) return conclude(options, call, outcome);
    outcome = await new Promise<Outcome>((resolve) => {
      exchange(next, options.maxResponseBytes, call, message, now, (ended) => resolve(ownedOutcome(ended)));
    });
    endpoint = next;
  }
}

function exchange(
  endpoint: Endpoint,
  maxBytes: number,
  call: SharedCall,
  { kind, fixedHeaders, headers, body }: Message,
  now: number,
  ended: (outcome: Outcome) => void,
): void {
  if (endpoint.inFlight >= endpoint.maxInFlight) {
    ended({ kind: 'crowded', waiting: endpoint.inFlight });
    return;
  }
  const probe = endpoint.begin(now);
  const running = new Exchange(maxBytes, (outcome) => {
    call.step = undefined;
    const end = performance.now();
    endpoint.end(verdictOn(outcome), probe, end);
    if (call.event !== undefined) noteAttempt(call.event, endpoint, outcome, now, end);
    ended(outcome);
  });
  call.step = running;
  endpoint.pool.dispatch(
    { path: endpoint.path, method: 'POST', fixedHeaders, headers, body, isIdempotent: kind === 'query' },
    running,
  );
}

/** Whoever began the call may have left since, and its event has been handed on. */
function noteAttempt(event: FetchEvent, { server }: Endpoint, outcome: Outcome, began: number, ended: number): void {
  if (event.ended !== 0) return;
  const status = outcome.kind === 'answered' ? outcome.status : undefined;
  event.addAttempt({ began, ended, outcome: attemptOutcome(outcome), status, server });
}

function attemptOutcome(outcome: Outcome): ErrorCode | 'ok' {
  switch (outcome.kind) {
    case 'answered':
      return outcome.status < 400 ? 'ok' : 'SUBREQUEST_HTTP_ERROR';
    case 'broken':
    case 'crowded':
      return 'SUBREQUEST_HTTP_ERROR';
    case 'too-large':
      return 'SUBREQUEST_MALFORMED_RESPONSE';
    case 'unsendable':
      return 'INTERNAL_SERVER_ERROR';
    case 'stopped':
      return outcome.why === 'left' ? 'CLIENT_CLOSED_REQUEST' : 'SUBGRAPH_REQUEST_TIMEOUT';
    default:
      return unreachable(outcome);
  }
}

/** What counts against a URL: broken connections, timeouts and 5xx. A client that left, or a local fault, does not. */
function verdictOn(outcome: Outcome): Verdict {
  if (outcome.kind === 'answered') return outcome.status >= 500 ? 'failure' : 'success';
  if (outcome.kind === 'too-large') return 'success';
  if (outcome.kind === 'unsendable' || outcome.kind === 'crowded') return 'neutral';
  return outcome.kind === 'stopped' && outcome.why === 'left' ? 'neutral' : 'failure';
}

/** @returns whether to send again, once the pause is over */
async function pauseForRetry(
  { budget, retries }: SenderOptions,
  call: SharedCall,
  { kind }: Message,
  outcome: Outcome,
  retry: number,
): Promise<boolean> {
  if (kind !== 'query' || retry > retries || call.stopped !== undefined || !isRetryable(outcome)) return false;
  const now = performance.now();
  const pause = pauseBeforeRetry(outcome, retry, call.remainingMs(now), Math.random());
  if (pause === undefined || !budget.take(now)) return false;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, pause);
    call.step = {
      stop() {
        clearTimeout(timer);
        resolve();
      },
    };
  });
  call.step = undefined;
  return call.stopped === undefined;
}

function conclude(
  { service, maxResponseBytes }: SenderOptions,
  call: SharedCall,
  outcome: Outcome | undefined,
): Answered {
  if (call.stopped !== undefined) throw call.timeoutError();
  if (outcome === undefined) throw new GatewayError('SUBGRAPH_CIRCUIT_BREAKER_REJECTED', { service });
  switch (outcome.kind) {
    case 'answered':
      return outcome;
    case 'broken':
      throw new GatewayError('SUBREQUEST_HTTP_ERROR', {
        service,
        detail: messageOf(outcome.error),
        cause: outcome.error,
      });
    case 'too-large':
      throw new GatewayError('SUBREQUEST_MALFORMED_RESPONSE', {
        service,
        detail: `the answer exceeds ${maxResponseBytes} bytes`,
      });
    case 'crowded':
      throw new GatewayError('SUBREQUEST_HTTP_ERROR', {
        service,
        detail: `${outcome.waiting} requests are in flight or waiting for a connection; raise max_connections`,
      });
    case 'unsendable':
      throw outcome.error;
    case 'stopped':
      throw call.timeoutError();
    default:
      return unreachable(outcome);
  }
}
