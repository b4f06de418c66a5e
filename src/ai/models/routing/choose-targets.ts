/**
 * Which targets of an alias a call may use, and in which order: the first rule that matches selects a subset, targets
 * without a capability that the call needs are excluded, the strategy orders the others, and targets that are cooling
 * down come last. The client excludes targets without a price.
 *
 * A target whose breaker is open is excluded. If all breakers are open no target is called: an immediate error lets the
 * caller fail over, and each breaker lets its own probe through when its sleep has passed. A target that is due for its
 * probe is not moved: exactly one call probes it, and that call can fall back to the others.
 */
import type { Capability, ModelAlias, RoutingRule, Strategy } from '../../../config/index.ts';
import { unreachable } from '../../../lib/index.ts';
import type { Caller } from '../model-call.ts';
import type { Target } from '../targets/target.ts';
import { uniformOf, weightedOrder } from './weighted-order.ts';

/** An alias with its targets. */
export interface Route {
  readonly alias: string;
  readonly config: ModelAlias;
  readonly targets: readonly Target[];
  /** The targets of each rule of `config.rules`, in the same order. */
  readonly ruleTargets: readonly (readonly Target[])[];
  /** Whether targets restrict their capabilities, so that the call's needs must be computed. */
  readonly restrictsCapabilities: boolean;
  readonly shadows: readonly { readonly target: Target; readonly percent: number }[];
}

/** The inputs of a choice; those that are costly to compute are methods, called only if a rule or strategy needs them. */
export interface ChoiceContext {
  readonly caller: Caller;
  readonly stickyKey: string | undefined;
  inputTokens(): number;
  needs(): ReadonlySet<Capability>;
  /** The most a call may cost at a target, in nano-dollars; `undefined`: not known. */
  upperBound(target: Target): bigint | undefined;
  /** From 0 to below 1. */
  random(): number;
}

export type Choice =
  | { readonly kind: 'chosen'; readonly targets: Target[] }
  | { readonly kind: 'incapable'; readonly missing: readonly Capability[] }
  | { readonly kind: 'open'; readonly retryAfterMs: number };

/** How often another target than the fastest is tried, so that the latencies of the others stay current. */
const explorationShare = 0.05;

export function chooseTargets(route: Route, context: ChoiceContext, now: number): Choice {
  const capable = capableTargets(route, context);
  if (!Array.isArray(capable)) return capable;
  if (capable.length === 0) return { kind: 'chosen', targets: [] };
  const [only] = capable;
  if (capable.length === 1 && only !== undefined) {
    if (only.health.readiness(now) !== 'open') return { kind: 'chosen', targets: [only] };
    return { kind: 'open', retryAfterMs: only.health.openForMs(now) };
  }
  const ordered = orderTargets(route, capable, context, now);
  const ready: Target[] = [];
  const cooling: Target[] = [];
  for (const target of ordered) {
    if (target.health.readiness(now) === 'open') continue;
    (target.health.isCooling(now) ? cooling : ready).push(target);
  }
  for (const target of cooling) ready.push(target);
  if (ready.length > 0) return { kind: 'chosen', targets: ready };
  return { kind: 'open', retryAfterMs: Math.min(...capable.map(({ health }) => health.openForMs(now))) };
}

function capableTargets(route: Route, context: ChoiceContext): Target[] | Choice {
  const matching = targetsByRule(route, context);
  if (!route.restrictsCapabilities) return matching as Target[];
  const needs = context.needs();
  const capable = matching.filter(({ config }) => missingCapabilities(config.capabilities, needs).length === 0);
  if (capable.length > 0 || matching.length === 0) return capable;
  const [first] = matching;
  return { kind: 'incapable', missing: missingCapabilities(first?.config.capabilities, needs) };
}

function missingCapabilities(
  capabilities: readonly Capability[] | undefined,
  needs: ReadonlySet<Capability>,
): Capability[] {
  if (capabilities === undefined) return [];
  return [...needs].filter((need) => !capabilities.includes(need));
}

function targetsByRule(route: Route, context: ChoiceContext): readonly Target[] {
  const { rules } = route.config;
  for (let index = 0; index < rules.length; index++) {
    const rule = rules[index];
    if (rule !== undefined && matches(rule.when, context)) return route.ruleTargets[index] ?? [];
  }
  return route.targets;
}

function matches(when: RoutingRule['when'], context: ChoiceContext): boolean {
  const { caller } = context;
  if (when.tenants !== undefined && !when.tenants.includes(caller.tenant)) return false;
  if (when.callers !== undefined && !when.callers.includes(caller.id)) return false;
  if (when.minInputTokens !== undefined && context.inputTokens() < when.minInputTokens) return false;
  if (when.maxInputTokens !== undefined && context.inputTokens() >= when.maxInputTokens) return false;
  if (when.needs.length === 0) return true;
  const needs = context.needs();
  return when.needs.every((need) => needs.has(need));
}

function orderTargets(
  route: Route,
  targets: readonly Target[],
  context: ChoiceContext,
  now: number,
): readonly Target[] {
  const strategy: Strategy = route.config.strategy;
  switch (strategy) {
    case 'ordered':
      return targets;
    case 'weighted':
      return weightedOrder(targets, ({ config }) => config.weight, shareOf(route, context));
    case 'least_busy':
      // Ties are broken at random: by order, an idle gateway would call only the first.
      return sortedBy(targets, ({ health }) => health.inFlight + context.random() / 2);
    case 'lowest_latency':
      return byLatency(targets, context, now);
    case 'lowest_price':
      return sortedBy(targets, (target) => Number(context.upperBound(target) ?? Number.POSITIVE_INFINITY));
    default:
      return unreachable(strategy);
  }
}

function shareOf({ alias, config }: Route, context: ChoiceContext): (target: Target) => number {
  if (config.sticky === 'none') return () => 1 - context.random();
  // The alias's name makes the splits of different aliases independent.
  const key = `${alias}\0${stickyKeyOf(config.sticky, context)}\0`;
  return ({ reference }) => uniformOf(key + reference);
}

function stickyKeyOf(sticky: 'caller' | 'tenant' | 'key', { caller, stickyKey }: ChoiceContext): string {
  if (sticky === 'tenant') return caller.tenant;
  if (sticky === 'key' && stickyKey !== undefined) return stickyKey;
  return `${caller.tenant}\0${caller.id}`;
}

/** The fastest first; before it a target without a measurement, and at random another one, to measure it again. */
function byLatency(targets: readonly Target[], context: ChoiceContext, now: number): readonly Target[] {
  const ordered = sortedBy(targets, ({ health }) => health.latencyMs ?? -1);
  const explores = context.random() < explorationShare;
  const explored = explores ? ordered[1 + Math.floor(context.random() * (ordered.length - 1))] : undefined;
  if (explored === undefined || explored.health.readiness(now) !== 'ready') return ordered;
  return [explored, ...ordered.filter((target) => target !== explored)];
}

function sortedBy(targets: readonly Target[], scoreOf: (target: Target) => number): readonly Target[] {
  return targets
    .map((target) => ({ target, score: scoreOf(target) }))
    .sort((a, b) => (a.score === b.score ? 0 : a.score - b.score))
    .map(({ target }) => target);
}
