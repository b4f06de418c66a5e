/**
 * Tries the targets of a call until one answers: limits, keys, retries, fallbacks.
 *
 * Everything ends at the caller's deadline, backoff and queueing included, and at once when the caller's signal aborts. A
 * target that was given up is not tried again, and no alias is entered twice, so every call terminates.
 */
import type { ModelAlias } from '../../../config/index.ts';
import { GatewayError } from '../../../errors/index.ts';
import { pause } from '../../../lib/index.ts';
import { BudgetExceeded, type Charge, type ModelProvider, ProviderFailure } from '../../model-call/index.ts';
import { chooseTargets, type Route } from '../routing/choose-targets.ts';
import type { Target } from '../targets/target.ts';
import type { Ticket } from '../targets/target-limits.ts';
import type { TargetPrices } from '../targets/target-prices.ts';
import { unsupportedMessage } from '../unsupported-message.ts';
import { Attempt } from './attempt.ts';
import { backoffMs } from './backoff.ts';
import type { CallRun } from './call-run.ts';
import { endFailed, timeoutError, unconfigured } from './end-failed.ts';
import { callError, isTransient, type NextStep, stepAfter } from './fallback.ts';

/** The log for the operator; a pino logger fits. */
export interface ModelLog {
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Sends one request to the target's provider. What it throws is classified by `Attempt.failureOf`. */
export type SendRequest<Result> = (provider: ModelProvider, target: Target, attempt: Attempt) => Promise<Result>;

/** The attempt is still open: the caller ends it once it has read the result. */
export interface AttemptResult<Result> {
  readonly attempt: Attempt;
  readonly result: Result;
}

/** How long a refused key cools down. */
const refusedKeyCoolDownMs = 60_000;
/** The cool-down after a 429 without `retry-after`. */
const defaultCoolDownMs = 1_000;
/** With a longer `retry-after`, the next target is preferred to waiting. */
const maxRetryAfterMs = 1_000;
const warnEveryMs = 60_000;

const noKeys: ReadonlySet<number> = new Set();

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

  /** The targets that the call may use, in order, at least one. @throws GatewayError if there is none */
  candidates(route: Route, run: CallRun): Target[] {
    const { alias } = route;
    if (route.targets.length === 0) throw noTargetError(route, `the alias "${alias}"`);
    const choice = chooseTargets(route, run, performance.now());
    if (choice.kind === 'incapable') {
      const detail = `${alias}: no target can do: ${choice.missing.join(', ')}`;
      throw new GatewayError('AI_REQUEST_UNSUPPORTED', {
        detail,
        message: unsupportedMessage(choice.missing.join(', ')),
      });
    }
    if (choice.kind === 'open') {
      const detail = `${alias}: every target's circuit breaker is open`;
      throw new GatewayError('AI_MODEL_UNAVAILABLE', { detail, retryAfterMs: Math.ceil(choice.retryAfterMs) });
    }
    const { targets } = choice;
    if (targets.length === 0) throw noTargetError(route, `the rule of "${alias}"`);
    for (const target of targets) if (!this.#prices.isKnown(target)) return this.#pricedTargets(alias, targets);
    return targets;
  }

  #pricedTargets(alias: string, targets: readonly Target[]): Target[] {
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
    send: SendRequest<Result>,
  ): Promise<AttemptResult<Result>> {
    let route = first;
    const remaining = [...candidates];
    // Of a call that falls back: most need neither.
    let entered: Set<string> | undefined;
    const calledModels: string[] = [];
    for (;;) {
      const { target, ticket } = this.#acquireNow(run, remaining) ?? (await this.#acquireQueued(run, remaining));
      calledModels.push(target.reference);
      const outcome = await this.#callTarget(run, route.config, target, ticket, remaining.length > 0, send).catch(
        asBudgetExceeded,
      );
      const isRefused = outcome instanceof BudgetExceeded;
      if (!isRefused && !(outcome instanceof ProviderFailure)) return outcome;
      const step = isRefused ? stepWithinBudget(outcome) : stepAfter(outcome.kind, route.config);
      // What is free may answer where nothing else may.
      if (isRefused && outcome.allowsFree)
        remaining.splice(0, remaining.length, ...remaining.filter((target) => run.upperBound(target) === 0n));
      const end = (): GatewayError => (isRefused ? outcome : callError(run.call.alias, run.failures, outcome));
      if (step.kind === 'end' || (step.kind === 'next_target' && remaining.length === 0)) throw end();
      if (step.kind === 'alias') {
        entered ??= new Set([first.alias]);
        const next = entered.has(step.alias) ? undefined : this.#routes(step.alias);
        if (next === undefined) throw end();
        entered.add(next.alias);
        route = next;
        run.alias = next.alias;
        const others = this.candidates(next, run).filter(({ reference }) => !calledModels.includes(reference));
        if (others.length === 0) throw end();
        remaining.splice(0, remaining.length, ...others);
      }
      const { alias } = run.call;
      const { detail: reason } = outcome;
      const happened = isRefused ? 'a budget does not allow a model' : 'a model failed';
      this.#log.warn({ alias, model: target.reference, reason }, `${happened}; trying the next`);
    }
  }

  /** The first target in order that admits the call now; it is removed from `remaining`. */
  #acquireNow(run: CallRun, remaining: Target[]): Admission | undefined {
    const now = performance.now();
    for (let index = 0; index < remaining.length; index++) {
      const target = remaining[index];
      if (target === undefined || target.health.readiness(now) === 'open') continue;
      const ticket = target.limits?.tryAcquire(run.boundTokens());
      if (target.limits !== undefined && ticket === undefined) continue;
      remaining.splice(index, 1);
      return { target, ticket };
    }
    return undefined;
  }

  /** Waits in the queue of the first target in order whose queue has room. */
  async #acquireQueued(run: CallRun, remaining: Target[]): Promise<Admission> {
    for (let target = remaining.shift(); target !== undefined; target = remaining.shift()) {
      const { reference, health, limits } = target;
      const now = performance.now();
      const isOpen = health.readiness(now) === 'open';
      const acquired = isOpen ? undefined : limits?.acquire(run.boundTokens(), run.bounds, () => timeoutError(run));
      if (acquired === undefined) {
        const retryAfterMs = health.openForMs(now);
        run.failures.push({ model: reference, kind: 'breaker_open', detail: 'not called', retryAfterMs });
      } else if (acquired instanceof Promise) {
        return { target, ticket: await acquired };
      } else {
        const { retryAfterMs } = acquired;
        run.failures.push({ model: reference, kind: 'at_limit', detail: 'its limits are reached', retryAfterMs });
      }
    }
    throw callError(run.call.alias, run.failures, undefined);
  }

  /** Calls one target, with every key of its provider and with the retries of the alias. */
  async #callTarget<Result>(
    run: CallRun,
    alias: ModelAlias,
    target: Target,
    firstTicket: Ticket | undefined,
    hasOthers: boolean,
    send: SendRequest<Result>,
  ): Promise<AttemptResult<Result> | ProviderFailure> {
    let limitedKeys = noKeys;
    let ticket = firstTicket;
    let retries = 0;
    let last: ProviderFailure | undefined;
    for (;;) {
      const key = target.keys.choose(unusable(run.excludedKeys(target), limitedKeys), performance.now());
      if (key === undefined) {
        ticket?.release(0);
        return last ?? noUsableKey(run, target);
      }
      const charged = chargeAttempt(run, target, ticket);
      const charge = charged instanceof Promise ? await charged : charged;
      const { bounds, traceHeaders: headers } = run;
      const attempt = new Attempt({ target, key, ticket, charge, bounds, timeoutMs: alias.targetTimeoutMs, headers });
      run.model = target.reference;
      run.server = target.provider.server;
      const operation = run.call.events?.operation;
      operation?.wait(performance.now());
      try {
        if (target.provider.announcesSends !== true) attempt.onSend();
        return { attempt, result: await attempt.race(send(target.provider, target, attempt)) };
      } catch (error) {
        last = endFailed(run, attempt, error, 0);
      } finally {
        operation?.resume(performance.now());
      }
      if (last.kind === 'unauthorized' || last.kind === 'quota_exhausted') {
        run.excludeKey(target, key);
        target.keys.coolDown(key, refusedKeyCoolDownMs);
      } else if (last.kind === 'rate_limited') {
        limitedKeys = new Set([...limitedKeys, key]);
        target.keys.coolDown(key, last.retryAfterMs ?? defaultCoolDownMs);
      }
      const pauseMs = this.#pauseBefore(run, alias, target, last, limitedKeys, retries, hasOthers);
      if (pauseMs === undefined) return last;
      if (pauseMs > 0) {
        limitedKeys = noKeys;
        retries++;
        await pause(pauseMs, run.bounds.signal);
        if (target.health.readiness(performance.now()) === 'open') return last;
      }
      const next = await this.#acquireAgain(run, target);
      if (next === 'none') return last;
      ticket = next;
    }
  }

  /** The delay before the target is retried, in milliseconds; 0: at once, with another key; `undefined`: no retry. */
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
    const isKeyFailure = kind === 'unauthorized' || kind === 'quota_exhausted';
    if (isKeyFailure || kind === 'rate_limited') {
      if (unusable(run.excludedKeys(target), limitedKeys).size < target.keys.size) return 0;
      if (isKeyFailure) return undefined;
      target.health.coolDown(retryAfterMs ?? defaultCoolDownMs);
    } else if (!isTransient(kind)) return undefined;
    if (retries >= alias.retries) return undefined;
    const pauseMs = Math.max(0.01, backoffMs(retries + 1, retryAfterMs, run.random()));
    if (pauseMs >= run.bounds.deadline.remainingMs) return undefined;
    const hasFallback = hasOthers && stepAfter(kind, alias).kind === 'next_target';
    return hasFallback && retryAfterMs !== undefined && retryAfterMs > maxRetryAfterMs ? undefined : pauseMs;
  }

  async #acquireAgain(run: CallRun, { limits }: Target): Promise<Ticket | undefined | 'none'> {
    if (limits === undefined) return undefined;
    const ticket = limits.tryAcquire(run.boundTokens());
    if (ticket !== undefined) return ticket;
    const acquired = limits.acquire(run.boundTokens(), run.bounds, () => timeoutError(run));
    return acquired instanceof Promise ? await acquired : 'none';
  }
}

/** @throws BudgetExceeded; the ticket is released */
function chargeAttempt(
  run: CallRun,
  target: Target,
  ticket: Ticket | undefined,
): Charge | undefined | Promise<Charge | undefined> {
  try {
    const charge = run.charge(target);
    return charge instanceof Promise ? chargedInTime(run, charge, ticket) : charge;
  } catch (error) {
    ticket?.release(0);
    throw error;
  }
}

/** A call that ends while it waits for its budgets sends nothing. */
async function chargedInTime(
  { bounds }: CallRun,
  charging: Promise<Charge | undefined>,
  ticket: Ticket | undefined,
): Promise<Charge | undefined> {
  try {
    const charge = await charging;
    if (bounds.signal.aborted)
      charge?.settle({ nanoUsd: 0n, tokens: 0, isSent: false, outcome: 'aborted', usage: undefined, price: undefined });
    bounds.signal.throwIfAborted();
    return charge;
  } catch (error) {
    ticket?.release(0);
    throw error;
  }
}

function asBudgetExceeded(error: unknown): BudgetExceeded {
  if (error instanceof BudgetExceeded) return error;
  throw error;
}

function stepWithinBudget({ cheaperModel, allowsFree }: BudgetExceeded): NextStep {
  if (allowsFree) return { kind: 'next_target' };
  return cheaperModel === undefined ? { kind: 'end' } : { kind: 'alias', alias: cheaperModel };
}

interface Admission {
  readonly target: Target;
  readonly ticket: Ticket | undefined;
}

/** Earlier targets of this call have already excluded all keys of the provider. */
function noUsableKey(run: CallRun, { reference }: Target): ProviderFailure {
  const failure = new ProviderFailure({ kind: 'unauthorized', detail: 'the provider has no usable key' });
  run.failures.push({ model: reference, kind: failure.kind, detail: failure.detail, retryAfterMs: undefined });
  return failure;
}

/** Targets of providers without a key are removed from the configuration, targets of missing providers from the route. */
function noTargetError({ config }: Route, subject: string): GatewayError {
  if (config.targets.length === 0) {
    return unconfigured(`no target of ${subject} has a key`, 'No key is configured for this model.');
  }
  return unconfigured(`no target of ${subject} has a provider that is installed`, 'This model is not installed.');
}

function unusable(excluded: ReadonlySet<number>, limited: ReadonlySet<number>): ReadonlySet<number> {
  if (limited.size === 0) return excluded;
  return excluded.size === 0 ? limited : excluded.union(limited);
}
