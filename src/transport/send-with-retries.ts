/**
 * Sends one body to a subgraph: chooses the URL, keeps its breaker informed, and tries queries again where that may
 * help, within the budget. A mutation is sent exactly once, whatever happens to its connection (undici itself sends a
 * POST again only where HTTP/2 guarantees that it was not looked at: GOAWAY and REFUSED_STREAM).
 */
import { GatewayError, messageOf } from '../errors/index.ts';
import type { EndpointChooser } from './choose-endpoint.ts';
import type { Verdict } from './circuit-breaker.ts';
import type { Endpoint } from './endpoint.ts';
import { Exchange, type Outcome } from './exchange.ts';
import type { RetryBudget } from './retry-budget.ts';
import { isRetryable, pauseBeforeRetry } from './retry-policy.ts';
import type { SharedCall } from './shared-call.ts';

export type Answered = Extract<Outcome, { kind: 'answered' }>;

export interface SenderOptions {
  readonly service: string;
  readonly chooser: EndpointChooser;
  readonly budget: RetryBudget;
  readonly retries: number;
  readonly maxResponseBytes: number;
}

export interface Message {
  readonly kind: 'query' | 'mutation';
  readonly headers: string[];
  readonly body: string | Buffer;
}

/**
 * @throws GatewayError `SUBGRAPH_CIRCUIT_BREAKER_REJECTED` where every URL is shut, `SUBREQUEST_HTTP_ERROR` for broken
 *   connections, `SUBREQUEST_MALFORMED_RESPONSE` for an answer above the limit, `SUBGRAPH_REQUEST_TIMEOUT`
 */
export async function sendWithRetries(options: SenderOptions, call: SharedCall, message: Message): Promise<Answered> {
  const { chooser, budget } = options;
  let outcome: Outcome | undefined;
  let failed: Endpoint | undefined;
  for (let retry = 0; ; retry++) {
    // Everyone may have left while the body was compressed: nothing is sent for nobody, a mutation least of all.
    if (call.stopped !== undefined) throw call.timeoutError();
    const now = performance.now();
    const endpoint = chooser.choose(message.kind, failed, now);
    if (endpoint === undefined) return conclude(options, call, outcome);
    if (retry === 0) budget.countRequest(now);
    outcome = await exchange(endpoint, options.maxResponseBytes, call, message, now);
    if (outcome.kind === 'answered' && outcome.status < 400) return outcome;
    if (!(await pauseForRetry(options, call, message, outcome, retry + 1))) return conclude(options, call, outcome);
    failed = endpoint;
  }
}

async function exchange(
  endpoint: Endpoint,
  maxBytes: number,
  call: SharedCall,
  { headers, body }: Message,
  now: number,
): Promise<Outcome> {
  const probe = endpoint.begin(now);
  const outcome = await new Promise<Outcome>((resolve) => {
    const running = new Exchange(maxBytes, resolve);
    call.stopStep = (why) => running.stop(why);
    endpoint.pool.dispatch({ path: endpoint.path, method: 'POST', headers, body }, running);
  });
  call.stopStep = undefined;
  endpoint.end(verdictOn(outcome), probe, performance.now());
  return outcome;
}

/** What counts against a URL: broken connections, timeouts and 5xx. A client that left, or a local fault, does not. */
function verdictOn(outcome: Outcome): Verdict {
  if (outcome.kind === 'answered') return outcome.status >= 500 ? 'failure' : 'success';
  if (outcome.kind === 'too-large') return 'success';
  if (outcome.kind === 'unsendable') return 'neutral';
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
    call.stopStep = () => {
      clearTimeout(timer);
      resolve();
    };
  });
  call.stopStep = undefined;
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
    case 'unsendable':
      throw outcome.error;
    default:
      throw call.timeoutError();
  }
}
