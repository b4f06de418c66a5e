/**
 * Shadow traffic: copies of live calls to other models, whose answers are discarded, so that a model can be observed
 * before it serves. A copy is sent after the live call has chosen its target, in a later turn of the event loop: it never
 * delays or fails that call, and is not cached. It is one request with its own deadline, within the target's limits, and
 * is recorded as a shadow. Above the concurrency bound, copies are dropped.
 */

import { Deadline } from '../../../lib/index.ts';
import type { ModelCallSink } from '../../../observability/index.ts';
import type { Charge, ModelRequest } from '../../model-call/index.ts';
import type { ModelCall } from '../model-call.ts';
import type { Route } from '../routing/choose-targets.ts';
import type { Target } from '../targets/target.ts';
import type { TargetPrices } from '../targets/target-prices.ts';
import { Attempt } from './attempt.ts';
import { chatDemand } from './call-demand.ts';
import { CallRun } from './call-run.ts';
import { endFailed, timeoutError } from './end-failed.ts';

const maxInFlight = 32;
const deadlineMs = 120_000;
const noKeys: ReadonlySet<number> = new Set();

export interface ShadowCallsOptions {
  readonly prices: TargetPrices;
  readonly sink: ModelCallSink;
  readonly random: () => number;
}

export class ShadowCalls {
  readonly #options: ShadowCallsOptions;
  readonly #controller = new AbortController();
  #inFlight = 0;

  constructor(options: ShadowCallsOptions) {
    this.#options = options;
  }

  launch(route: Route, call: ModelCall, request: ModelRequest): void {
    const { shadows } = route;
    for (let index = 0; index < shadows.length; index++) {
      const shadow = shadows[index];
      if (shadow === undefined || this.#options.random() * 100 >= shadow.percent) continue;
      if (this.#inFlight >= maxInFlight || this.#controller.signal.aborted) return;
      this.#inFlight++;
      setImmediate(() => {
        void this.#send(shadow.target, call, withoutStreaming(request)).finally(() => this.#inFlight--);
      });
    }
  }

  close(): void {
    this.#controller.abort();
  }

  async #send(target: Target, call: ModelCall, request: ModelRequest): Promise<void> {
    const { prices, sink, random } = this.#options;
    const bounds = { signal: this.#controller.signal, deadline: Deadline.in(deadlineMs) };
    const options = { prices, sink, random, streamed: false, shadow: true };
    const run = new CallRun({ ...options, call: { ...call, ...bounds }, demand: chatDemand(request) });
    const now = performance.now();
    if (bounds.signal.aborted || target.health.readiness(now) === 'open' || !prices.isKnown(target)) return;
    const key = target.keys.choose(noKeys, now);
    if (key === undefined) return;
    const ticket = target.limits?.tryAcquire(run.boundTokens());
    if (target.limits !== undefined && ticket === undefined) return;
    const charge = await chargeShadow(run, target);
    if (charge === 'refused') {
      ticket?.release(0);
      return;
    }
    const { traceHeaders: headers } = run;
    const attempt = new Attempt({ target, key, ticket, charge, bounds, timeoutMs: undefined, headers });
    run.model = target.reference;
    try {
      if (target.provider.announcesSends !== true) attempt.onSend();
      const answer = await attempt.race(target.provider.complete(target.config.model, request, attempt.call));
      target.health.observeLatency(attempt.durationMs);
      run.settle(attempt, answer);
      run.record(answer.finishReason);
    } catch (error) {
      try {
        run.record(endFailed(run, attempt, error, 0).kind);
      } catch {
        run.record(bounds.signal.aborted ? 'aborted' : timeoutError(run).code);
      }
    }
  }
}

/** A copy that no budget allows is not sent. */
async function chargeShadow(run: CallRun, target: Target): Promise<Charge | undefined | 'refused'> {
  try {
    return await run.charge(target);
  } catch {
    return 'refused';
  }
}

/** A copy is not streamed, even if the live call is. */
function withoutStreaming(request: ModelRequest): ModelRequest {
  if (request.wire === undefined) return request;
  const { stream: _, stream_options: __, ...body } = request.wire.body;
  return { ...request, wire: { ...request.wire, body } };
}
