/**
 * The model client: every model call of the gateway goes through these steps, in this order.
 *
 *     alias       exists, or AI_MODEL_NOT_FOUND
 *     deadline    not passed, or GATEWAY_TIMEOUT; it bounds everything below
 *     candidates  rule, capabilities, strategy, split, breakers (routing/choose-targets.ts); targets without a price
 *                 are skipped: AI_PRICE_UNKNOWN if no target remains
 *     cache       exact: looked up under the first candidate, stored under the target that answered; the guardrails'
 *                 configuration is part of the key, so a cached request has passed them
 *     guardrails  on the input; blocked: AI_INPUT_BLOCKED, and no provider is called
 *     caches      an equal call in flight is shared; the semantic cache
 *     targets     limits, keys, retries, fallbacks (calling/router.ts)
 *     guardrails  on the output; blocked: an answer without content, `content_filter`
 *     record      one for each call, whatever its outcome; the usage of failed attempts is included
 *
 * A stream takes the same steps. Before its first output it may fall back to another target; after that it ends complete
 * or `failed`. It is read from the provider at the speed of its consumer.
 *
 * Longer than other files, so that the order of these steps can be read in one place.
 */
import { GatewayError } from '../../errors/index.ts';
import { invariant } from '../../lib/index.ts';
import { type ModelCallSink, waitFor } from '../../observability/index.ts';
import type { CacheOutcome, Completion, EmbeddingCompletion, ModerationCompletion } from '../model-call/index.ts';
import {
  type CallBounds,
  type Embeddings,
  type ModelAnswer,
  type ModelProvider,
  ProviderFailure,
  replayAnswer,
} from '../model-call/index.ts';
import type { CallCaches, CallKeys } from './caches/call-caches.ts';
import type { Attempt } from './calling/attempt.ts';
import { chatDemand, embeddingDemand } from './calling/call-demand.ts';
import { type CallDemand, CallRun } from './calling/call-run.ts';
import { recorded, withAdapted, withoutCost, withSummary } from './calling/call-summary.ts';
import { timeoutError, unavailable } from './calling/end-failed.ts';
import { abandonStream, endBlockedStream, failStream } from './calling/end-stream.ts';
import { asGatewayError, passedInput, recordFailure } from './calling/fail-call.ts';
import { openStream, type StreamReader } from './calling/open-stream.ts';
import { type ModelLog, Router } from './calling/router.ts';
import { ShadowCalls } from './calling/shadow-calls.ts';
import { type CallGuard, noGuard, type PassedInput } from './guarding/guard-call.ts';
import type {
  DescribedModel,
  EmbeddingCall,
  ListedModel,
  ModelCall,
  ModelClient,
  ModelStreamPart,
  ModerationCall,
  PricedCall,
} from './model-call.ts';
import type { Route } from './routing/choose-targets.ts';
import type { Routes } from './routing/create-routes.ts';
import { describeRoute } from './routing/describe-route.ts';
import { firstTargets } from './routing/first-targets.ts';
import { unboundedOutputTokens } from './targets/output-bound.ts';
import type { Target } from './targets/target.ts';
import type { TargetPrices } from './targets/target-prices.ts';

/** The parts of a model client. `createModelClient` creates them from the configuration. */
export interface ModelClientParts {
  readonly routes: Routes;
  /** Closed with the client. */
  readonly providers: ReadonlyMap<string, ModelProvider>;
  readonly prices: TargetPrices;
  readonly caches: CallCaches;
  readonly guard: CallGuard;
  readonly sink: ModelCallSink;
  readonly log: ModelLog;
  /** How long a provider's stream may be idle while it is read, in milliseconds. */
  readonly streamIdleTimeoutMs: number;
  /** From 0 to below 1. @default Math.random */
  readonly random?: () => number;
  /** Redacts texts for logs. @default unchanged */
  readonly redact?: ((text: string) => string) | undefined;
}

export function assembleModelClient(parts: ModelClientParts): ModelClient {
  return new RoutedModelClient(parts);
}

class RoutedModelClient implements ModelClient {
  readonly #parts: ModelClientParts;
  readonly #random: () => number;
  readonly #router: Router;
  readonly #shadows: ShadowCalls;
  #closed = false;

  constructor(parts: ModelClientParts) {
    this.#parts = parts;
    this.#random = parts.random ?? Math.random;
    this.#router = new Router((alias) => parts.routes.find(alias), parts.prices, parts.log);
    this.#shadows = new ShadowCalls({ ...parts, random: this.#random });
  }

  async complete(call: ModelCall): Promise<Completion> {
    const { caches, guard } = this.#parts;
    const run = this.#begin(call, chatDemand(call.request), false);
    try {
      const route = this.#findRoute(run);
      const candidates = this.#router.candidates(route, run);
      const keys = caches.keysOf(call, route, firstOf(candidates), false);
      if (keys !== undefined) {
        run.cache = 'miss';
        const hit = await caches.read(keys);
        if (hit !== undefined) return this.#cachedCompletion(run, hit.answer, hit.model, 'exact');
      }
      const input = guard.checkInput(call.request, call);
      const guarded = passedInput(run, input instanceof Promise ? await input : input);
      if (keys === undefined)
        return recorded(run, await this.#complete(run, route, candidates, guarded, undefined, call));
      const { value, isOwner } = await caches.inFlight.run(keys.exact, call, async (bounds) => {
        run.beginWork(bounds);
        try {
          const similar = await caches.readSimilar(keys, bounds);
          if (similar !== undefined) return withSummary(run, similar.answer, similar.model, 'semantic');
          return await this.#complete(run, route, candidates, guarded, keys, bounds);
        } finally {
          run.endWork();
        }
      });
      return isOwner ? recorded(run, value) : this.#cachedCompletion(run, value, value.model, 'shared');
    } catch (error) {
      throw recordFailure(run, error);
    }
  }

  /** Calls the targets. Its first caller may leave while others wait for it: its usage is booked with the first caller. */
  async #complete(
    run: CallRun,
    route: Route,
    candidates: readonly Target[],
    guarded: PassedInput,
    keys: CallKeys | undefined,
    bounds: CallBounds,
  ): Promise<Completion> {
    const { caches, guard } = this.#parts;
    const call = run.call as ModelCall;
    run.beginWork(bounds);
    try {
      this.#shadows.launch(route, call, guarded.request);
      const { attempt, result } = await this.#router.callTargets(
        run,
        route,
        candidates,
        (provider, target, { call: providerCall }) =>
          provider.complete(target.config.model, guarded.request, providerCall),
      );
      attempt.target.health.observeLatency(attempt.durationMs);
      run.settle(attempt, result);
      const checked = guard.checkOutput(withAdapted(result, attempt), guarded, bounds);
      const { answer, findings } = checked instanceof Promise ? await checked : checked;
      run.guardrails = findings;
      if (keys !== undefined) caches.put(keys, attempt.target, answer);
      return withSummary(run, answer, attempt.target.reference, run.cache);
    } finally {
      run.endWork();
    }
  }

  async *stream(call: ModelCall): AsyncGenerator<ModelStreamPart, void, void> {
    const { caches, guard, streamIdleTimeoutMs } = this.#parts;
    const run = this.#begin(call, chatDemand(call.request), true);
    let open: { readonly attempt: Attempt; readonly reader: StreamReader } | undefined;
    let isOver = false;
    try {
      const route = this.#findRoute(run);
      const candidates = this.#router.candidates(route, run);
      const keys = caches.keysOf(call, route, firstOf(candidates), true);
      const exact = keys === undefined ? undefined : await caches.read(keys);
      const input = exact === undefined ? guard.checkInput(call.request, call) : noGuard.checkInput(call.request, call);
      const guarded = passedInput(run, input instanceof Promise ? await input : input);
      if (keys !== undefined) {
        run.cache = 'miss';
        const hit = exact ?? (await caches.readSimilar(keys, call));
        if (hit !== undefined) {
          const outcome = exact === undefined ? 'semantic' : 'exact';
          isOver = true;
          const completion = this.#cachedCompletion(run, hit.answer, hit.model, outcome);
          const { adapted } = hit.answer;
          yield { type: 'start', model: hit.model, cache: outcome, ...(adapted === undefined ? {} : { adapted }) };
          yield* replayAnswer(hit.answer);
          yield { type: 'end', answer: completion };
          return;
        }
      }
      this.#shadows.launch(route, call, guarded.request);
      const { attempt, result } = await this.#router.callTargets(run, route, candidates, (provider, target, begun) =>
        openStream(provider.stream(target.config.model, guarded.request, begun.call), begun, streamIdleTimeoutMs),
      );
      const { reader, buffered } = result;
      open = { attempt, reader };
      attempt.liftTargetTimeout();
      attempt.target.health.observeLatency(attempt.durationMs);
      run.timeToFirstTokenMs = run.durationMs;
      const operation = call.events?.operation;
      yield withAdapted({ type: 'start', model: attempt.target.reference, cache: run.cache } as const, attempt);

      const output = guard.outputStream(guarded);
      let { answer } = result;
      if (output === undefined) {
        for (const part of buffered) yield part;
        while (answer === undefined) {
          const part = await waitFor(operation, reader.next());
          if (part.type === 'end') answer = part.answer;
          else yield part;
        }
      } else {
        for (const part of buffered) yield* output.push(part);
        while (answer === undefined && !output.blocked) {
          const part = await waitFor(operation, reader.next());
          if (part.type === 'end') answer = part.answer;
          else yield* output.push(part);
        }
        yield* output.end();
      }
      if (answer === undefined || output?.blocked === true) {
        open = undefined;
        const blocked = endBlockedStream(run, attempt, reader, answer);
        run.guardrails = output?.findings() ?? run.guardrails;
        isOver = true;
        yield { type: 'end', answer: recorded(run, withSummary(run, blocked, attempt.target.reference, run.cache)) };
        return;
      }
      open = undefined;
      run.settle(attempt, answer);
      const checked = guard.checkOutput(withAdapted(answer, attempt), guarded, call);
      const { answer: served, findings } = checked instanceof Promise ? await checked : checked;
      run.guardrails = findings;
      if (keys !== undefined) caches.put(keys, attempt.target, served);
      if (output?.buffersAll === true) yield* replayAnswer(served);
      isOver = true;
      yield { type: 'end', answer: recorded(run, withSummary(run, served, attempt.target.reference, run.cache)) };
    } catch (error) {
      isOver = true;
      open?.reader.close();
      const thrown = recordFailure(run, open === undefined ? error : failStream(run, open.attempt, open.reader, error));
      if (thrown === call.signal.reason) throw thrown;
      yield { type: 'failed', error: asGatewayError(thrown) };
    } finally {
      if (!isOver) {
        if (open !== undefined) abandonStream(run, open.attempt, open.reader);
        run.record('aborted');
      }
    }
  }

  async embed(call: EmbeddingCall): Promise<EmbeddingCompletion> {
    const { caches, guard } = this.#parts;
    const run = this.#begin(call, embeddingDemand(call.request), false);
    try {
      const route = this.#findRoute(run);
      const input = guard.checkTexts(call.request, call);
      const guarded = passedInput(run, input instanceof Promise ? await input : input);
      const candidates = this.#router.candidates(route, run);
      const work = async (bounds: CallBounds): Promise<EmbeddingCompletion> => {
        run.beginWork(bounds);
        try {
          const { attempt, result } = await this.#router.callTargets(
            run,
            route,
            candidates,
            (provider, target, { call: providerCall }) =>
              provider.embed(target.config.model, guarded.request, providerCall),
          );
          attempt.target.health.observeLatency(attempt.durationMs);
          run.settle(attempt, result);
          return withSummary(run, withAdapted(result, attempt), attempt.target.reference, run.cache);
        } finally {
          run.endWork();
        }
      };
      run.cache = route.config.cache.exact ? 'miss' : 'off';
      const { value, model, cache } = await caches.embed(call, route, firstOf(candidates), work);
      const completion = isComputed(value, cache) ? value : withoutCost(run, value, model, cache);
      run.record('stop');
      return completion;
    } catch (error) {
      throw recordFailure(run, error);
    }
  }

  /** With a provider's own moderation model. */
  async moderate({ texts, alias = '', ...context }: ModerationCall): Promise<ModerationCompletion> {
    const run = this.#begin({ ...context, alias, request: { texts } }, embeddingDemand({ texts }), false);
    try {
      const route = this.#findRoute(run);
      const candidates = this.#router.candidates(route, run);
      const { attempt, result } = await this.#router.callTargets(
        run,
        route,
        candidates,
        (provider, target, { call: providerCall }) => {
          if (provider.moderate !== undefined) return provider.moderate(target.config.model, texts, providerCall);
          throw new ProviderFailure({ kind: 'unsupported', detail: 'moderation' });
        },
      );
      run.settle(attempt, result);
      const completion = withSummary(run, result, attempt.target.reference, run.cache);
      run.record('stop');
      return completion;
    } catch (error) {
      throw recordFailure(run, error);
    }
  }

  priceOf({ alias, caller, inputTokens, maxOutputTokens, choices = 1 }: PricedCall): bigint | undefined {
    const { routes, prices } = this.#parts;
    const route = routes.find(alias);
    if (route === undefined) return undefined;
    let most: bigint | undefined;
    for (const target of firstTargets(route, caller, (candidate) => prices.isKnown(candidate))) {
      const outputTokens = choices * (maxOutputTokens ?? unboundedOutputTokens(target));
      const nanoUsd = prices.upperBound(target, inputTokens, outputTokens) ?? 0n;
      if (most === undefined || nanoUsd > most) most = nanoUsd;
    }
    return most;
  }

  has(alias: string): boolean {
    return (this.#parts.routes.find(alias)?.targets.length ?? 0) > 0;
  }

  list(): readonly ListedModel[] {
    return this.#parts.routes.list();
  }

  describe(): readonly DescribedModel[] {
    const { routes, prices } = this.#parts;
    const facts = { isPriced: (target: Target) => prices.isKnown(target), now: performance.now() };
    return routes.all().map((route) => describeRoute(route, facts));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#shadows.close();
    const { providers } = this.#parts;
    await Promise.all(Array.from(providers.values(), (provider) => provider.close()));
  }

  #begin(call: ModelCall | EmbeddingCall, demand: CallDemand, streamed: boolean): CallRun {
    const { prices, sink, redact } = this.#parts;
    return new CallRun({
      call,
      demand,
      prices,
      sink,
      random: this.#random,
      streamed,
      shadow: false,
      redact,
    });
  }

  #findRoute(run: CallRun): Route {
    const { alias, signal, deadline } = run.call;
    signal.throwIfAborted();
    const route = this.#parts.routes.find(alias);
    if (route === undefined) {
      throw new GatewayError('AI_MODEL_NOT_FOUND', { detail: `there is no model alias "${alias}"` });
    }
    if (deadline.passed) throw timeoutError(run);
    if (this.#closed) throw unavailable('the model client is closed');
    return route;
  }

  /** An answer from a cache: no provider was called. */
  #cachedCompletion(run: CallRun, answer: ModelAnswer, model: string, cache: CacheOutcome): Completion {
    const completion = withoutCost(run, answer, model, cache);
    run.respondedModel = answer.respondedModel;
    return recorded(run, completion);
  }
}

function firstOf(candidates: readonly Target[]): Target {
  const [first] = candidates;
  invariant(first !== undefined, 'a call has candidates');
  return first;
}

/** Whether the value was computed by this call and carries its cost. */
function isComputed(_value: Embeddings, cache: CacheOutcome): _value is EmbeddingCompletion {
  return cache === 'miss' || cache === 'off';
}
