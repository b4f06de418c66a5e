/**
 * Takes a call from target to target until one answers: places within limits, keys, retries, fallbacks.
 *
 * Everything ends at the caller's deadline, the waits between attempts and in queues included, and at once when the
 * caller's signal aborts. No target is asked again once it has been given up, and no alias is entered twice, so every
 * call ends.
 */
import type { ModelAlias } from '../../../config/index.ts';
import { GatewayError } from '../../../errors/index.ts';
import { type ModelProvider, ProviderFailure } from '../../model-call/index.ts';
import { chooseTargets, type Route } from '../routing/choose-targets.ts';
import type { Target } from '../targets/target.ts';
import type { Ticket } from '../targets/target-limits.ts';
import type { TargetPrices } from '../targets/target-prices.ts';
import { Attempt } from './attempt.ts';
import { backoffMs, pause } from './backoff.ts';
import type { CallRun } from './call-run.ts';
import { endFailed, timeoutError, unconfigured } from './end-failed.ts';
import { callError, isTransient, stepAfter, unsupportedSentence } from './fallback.ts';

/** Where the operator is told; a pino logger fits. */
export interface ModelLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** One request to the target's provider. Whatever it throws is read by `Attempt.failureOf`. */
export type SendRequest<Result> = (provider: ModelProvider, target: Target, attempt: Attempt) => Promise<Result>;

/** The attempt is still open: whoever reads the result ends it. */
export interface AttemptResult<Result> {
  readonly attempt: Attempt;
  readonly result: Result;
}

/** How long a refused key is used only where no other is left. */
const benchedMs = 60_000;
/** What a 429 that does not say how long is taken to mean. */
const usualLimitMs = 1_000;
/** A provider's `retry-after` longer than this is not waited for where another target could answer now. */
const patienceMs = 1_000;
const warnEveryMs = 60_000;

export class Router {
  readonly #routes: (alias: string) => Route | undefined;
  readonly #prices: TargetPrices;
  readonly #log: ModelLog;
  readonly #warnedAt = new Map<string, number>();

  constructor(routes: (alias: string) => Route | undefined, prices: TargetPrices, log: ModelLog) {
    this.#routes = routes;
    this.#prices = prices;
    this.#log = log;
  }

  /** The targets the call may ask, in order; never none. Throws where there is none. */
  candidates(route: Route, run: CallRun): Target[] {
    const { alias } = route;
    if (route.targets.length === 0) throw withoutTarget(route, `the alias "${alias}"`);
    const choice = chooseTargets(route, run, performance.now());
    if (choice.kind === 'incapable') {
      const detail = `${alias}: no target can do: ${choice.missing.join(', ')}`;
      throw new GatewayError('AI_REQUEST_UNSUPPORTED', {
        detail,
        message: unsupportedSentence(choice.missing.join(', ')),
      });
    }
    if (choice.kind === 'open') {
      const detail = `${alias}: every target's circuit breaker is open`;
      throw new GatewayError('AI_MODEL_UNAVAILABLE', { detail, retryAfterMs: Math.ceil(choice.retryAfterMs) });
    }
    const { targets } = choice;
    if (targets.length === 0) throw withoutTarget(route, `the rule of "${alias}"`);
    for (const target of targets) if (!this.#prices.isKnown(target)) return this.#priced(alias, targets);
    return targets;
  }

  #priced(alias: string, targets: readonly Target[]): Target[] {
    const priced = targets.filter((target) => this.#prices.isKnown(target));
    for (const target of targets) if (!priced.includes(target)) this.#warnUnpriced(alias, target.reference);
    if (priced.length > 0) return priced;
    const references = targets.map(({ reference }) => reference).join(', ');
    throw new GatewayError('AI_PRICE_UNKNOWN', { detail: `${alias}: no price is known for ${references}` });
  }

  #warnUnpriced(alias: string, model: string): void {
    const now = performance.now();
    if (now - (this.#warnedAt.get(model) ?? Number.NEGATIVE_INFINITY) < warnEveryMs) return;
    this.#warnedAt.set(model, now);
    this.#log.warn({ alias, model }, 'a model is skipped because no price is known for it');
  }

  async callTargets<Result>(
    run: CallRun,
    first: Route,
    candidates: readonly Target[],
    ask: SendRequest<Result>,
  ): Promise<AttemptResult<Result>> {
    let route = first;
    const remaining = [...candidates];
    const entered = new Set([first.alias]);
    const calledModels = new Set<string>();
    for (;;) {
      const { target, ticket } = this.#acquireNow(run, remaining) ?? (await this.#acquireInTurn(run, remaining));
      calledModels.add(target.reference);
      const outcome = await this.#callTarget(run, route.config, target, ticket, remaining.length > 0, ask);
      if (!(outcome instanceof ProviderFailure)) return outcome;
      const step = stepAfter(outcome.kind, route.config);
      if (step.kind === 'end' || (step.kind === 'next_target' && remaining.length === 0)) {
        throw callError(run.call.alias, run.misses, outcome);
      }
      if (step.kind === 'alias') {
        const next = entered.has(step.alias) ? undefined : this.#routes(step.alias);
        if (next === undefined) throw callError(run.call.alias, run.misses, outcome);
        entered.add(next.alias);
        route = next;
        const others = this.candidates(next, run).filter(({ reference }) => !calledModels.has(reference));
        if (others.length === 0) throw callError(run.call.alias, run.misses, outcome);
        remaining.splice(0, remaining.length, ...others);
      }
      const { alias } = run.call;
      this.#log.warn({ alias, model: target.reference, reason: outcome.detail }, 'a model failed; trying the next');
    }
  }

  /** The first target in order that has room now; it is taken out of `left`. */
  #acquireNow(run: CallRun, remaining: Target[]): Placed | undefined {
    const now = performance.now();
    for (let index = 0; index < remaining.length; index++) {
      const target = remaining[index];
      if (target === undefined || target.health.readiness(now) === 'open') continue;
      const ticket = target.limits?.tryAcquire(run.boundTokens(), now);
      if (target.limits !== undefined && ticket === undefined) continue;
      remaining.splice(index, 1);
      return { target, ticket };
    }
    return undefined;
  }

  /** Waits for the first target in order that takes the call into its queue. */
  async #acquireInTurn(run: CallRun, remaining: Target[]): Promise<Placed> {
    for (let target = remaining.shift(); target !== undefined; target = remaining.shift()) {
      const { reference, health, limits } = target;
      const now = performance.now();
      const isOpen = health.readiness(now) === 'open';
      const place = isOpen ? undefined : limits?.acquire(run.boundTokens(), run.bounds, () => timeoutError(run));
      if (place === undefined) {
        const retryAfterMs = health.openForMs(now);
        run.misses.push({ model: reference, kind: 'breaker_open', detail: 'not asked', retryAfterMs });
      } else if (place instanceof Promise) {
        return { target, ticket: await place };
      } else {
        const { retryAfterMs } = place;
        run.misses.push({ model: reference, kind: 'at_limit', detail: 'its limits are reached', retryAfterMs });
      }
    }
    throw callError(run.call.alias, run.misses, undefined);
  }

  /** Asks one target, with every key it has and as often as the alias says. */
  async #callTarget<Result>(
    run: CallRun,
    alias: ModelAlias,
    target: Target,
    ticket: Ticket | undefined,
    hasOthers: boolean,
    ask: SendRequest<Result>,
  ): Promise<AttemptResult<Result> | ProviderFailure> {
    const limitedKeys = new Set<number>();
    let place = ticket;
    let retries = 0;
    let last: ProviderFailure | undefined;
    for (;;) {
      const key = target.keys.choose(unusable(run.deadKeys(target), limitedKeys), performance.now());
      if (key === undefined) {
        place?.release(0);
        return last ?? noKeyLeft(run, target);
      }
      const attempt = new Attempt({ target, key, ticket: place, bounds: run.bounds, timeoutMs: alias.targetTimeoutMs });
      run.model = target.reference;
      try {
        return { attempt, result: await attempt.race(ask(target.provider, target, attempt)) };
      } catch (error) {
        last = endFailed(run, attempt, error, 0);
      }
      if (last.kind === 'unauthorized' || last.kind === 'quota_exhausted') {
        run.excludeKey(target, key);
        target.keys.coolDown(key, performance.now() + benchedMs);
      } else if (last.kind === 'rate_limited') {
        limitedKeys.add(key);
        target.keys.coolDown(key, performance.now() + (last.retryAfterMs ?? usualLimitMs));
      }
      const pauseMs = this.#pauseBefore(run, alias, target, last, limitedKeys, retries, hasOthers);
      if (pauseMs === undefined) return last;
      if (pauseMs > 0) {
        limitedKeys.clear();
        retries++;
        await pause(pauseMs, run.bounds);
        if (target.health.readiness(performance.now()) === 'open') return last;
      }
      const next = await this.#acquireAgain(run, target);
      if (next === 'none') return last;
      place = next;
    }
  }

  /** Milliseconds until the target is asked again; 0: at once, with another key; `undefined`: no more. */
  #pauseBefore(
    run: CallRun,
    alias: ModelAlias,
    target: Target,
    failure: ProviderFailure,
    limitedKeys: ReadonlySet<number>,
    retries: number,
    hasOthers: boolean,
  ): number | undefined {
    const { kind, retryAfterMs } = failure;
    const isKeys = kind === 'unauthorized' || kind === 'quota_exhausted';
    if (isKeys || kind === 'rate_limited') {
      if (unusable(run.deadKeys(target), limitedKeys).size < target.keys.size) return 0;
      if (isKeys) return undefined;
      target.health.coolDown(performance.now() + (retryAfterMs ?? usualLimitMs));
    } else if (!isTransient(kind)) return undefined;
    if (retries >= alias.retries) return undefined;
    const pauseMs = Math.max(0.01, backoffMs(retries + 1, retryAfterMs, run.random()));
    if (pauseMs >= run.bounds.deadline.remainingMs) return undefined;
    const hasBetter = hasOthers && stepAfter(kind, alias).kind === 'next_target';
    return hasBetter && retryAfterMs !== undefined && retryAfterMs > patienceMs ? undefined : pauseMs;
  }

  async #acquireAgain(run: CallRun, { limits }: Target): Promise<Ticket | undefined | 'none'> {
    if (limits === undefined) return undefined;
    const ticket = limits.tryAcquire(run.boundTokens(), performance.now());
    if (ticket !== undefined) return ticket;
    const place = limits.acquire(run.boundTokens(), run.bounds, () => timeoutError(run));
    return place instanceof Promise ? await place : 'none';
  }
}

interface Placed {
  readonly target: Target;
  readonly ticket: Ticket | undefined;
}

/** Another target of this call has used up the provider's keys already. */
function noKeyLeft(run: CallRun, { reference }: Target): ProviderFailure {
  const failure = new ProviderFailure({ kind: 'unauthorized', detail: 'no key of the provider is left' });
  run.misses.push({ model: reference, kind: failure.kind, detail: failure.detail, retryAfterMs: undefined });
  return failure;
}

/** Targets of providers without a key are left out of the configuration; those of providers that cannot run, of the route. */
function withoutTarget({ config }: Route, place: string): GatewayError {
  if (config.targets.length === 0) {
    return unconfigured(`no target of ${place} has a key`, 'No key is configured for this model.');
  }
  return unconfigured(`no target of ${place} has a provider that is installed`, 'This model is not installed.');
}

function unusable(dead: ReadonlySet<number>, limited: ReadonlySet<number>): ReadonlySet<number> {
  if (limited.size === 0) return dead;
  return dead.size === 0 ? limited : dead.union(limited);
}
