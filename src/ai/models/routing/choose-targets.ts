/**
 * Which targets of an alias a call may ask, and in which order: the first rule that fits narrows them, those that lack
 * a capability the call needs are left out, the strategy orders the rest, and those that asked to be left alone for a
 * while come last. Targets without a known price are the client's to refuse.
 *
 * A breaker that is open leaves its target out. Where all are open nobody is asked: an answer at once lets the caller
 * go elsewhere, and each breaker lets its own probe through when its time has come, so nothing is won by asking a
 * target that has just failed half its calls. A target that is due for its probe keeps its place: it is asked by
 * exactly one call, and that call has the others to fall back on.
 */
import type { Capability, ModelAlias, RoutingRule, Strategy } from '../../../config/index.ts';
import { unreachable } from '../../../lib/index.ts';
import type { Caller } from '../model-call.ts';
import type { Target } from '../targets/target.ts';
import { uniformOf, weightedOrder } from './weighted-order.ts';

/** An alias whose targets have been made. */
export interface Route {
  readonly alias: string;
  readonly config: ModelAlias;
  readonly targets: readonly Target[];
  /** The targets of each rule of `config.rules`, in the same order. */
  readonly ruleTargets: readonly (readonly Target[])[];
  /** Whether a rule or a target's capabilities ask what the call needs. */
  readonly asksNeeds: boolean;
  readonly shadows: readonly { readonly target: Target; readonly percent: number }[];
}

/** What a choice may depend on; what costs to find out is asked only where it matters. */
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
  | { readonly kind: 'shut'; readonly retryAfterMs: number };

/** How often the fastest target is passed over, so that the others' latencies stay known. */
const exploringShare = 0.05;

export function chooseTargets(route: Route, context: ChoiceContext, now: number): Choice {
  const capable = capableTargets(route, context);
  if (!Array.isArray(capable)) return capable;
  if (capable.length === 0) return { kind: 'chosen', targets: [] };
  const [only] = capable;
  if (capable.length === 1 && only !== undefined) {
    if (only.health.readiness(now) !== 'shut') return { kind: 'chosen', targets: [only] };
    return { kind: 'shut', retryAfterMs: only.health.shutForMs(now) };
  }
  const ordered = orderTargets(route, capable, context, now);
  const ready: Target[] = [];
  const cooling: Target[] = [];
  for (const target of ordered) {
    if (target.health.readiness(now) === 'shut') continue;
    (target.health.isCooling(now) ? cooling : ready).push(target);
  }
  for (const target of cooling) ready.push(target);
  if (ready.length > 0) return { kind: 'chosen', targets: ready };
  return { kind: 'shut', retryAfterMs: Math.min(...capable.map(({ health }) => health.shutForMs(now))) };
}

function capableTargets(route: Route, context: ChoiceContext): Target[] | Choice {
  const ruled = ruledTargets(route, context);
  if (!route.asksNeeds) return ruled as Target[];
  const needs = context.needs();
  const capable = ruled.filter(({ config }) => lacking(config.capabilities, needs).length === 0);
  if (capable.length > 0 || ruled.length === 0) return capable;
  const [first] = ruled;
  return { kind: 'incapable', missing: lacking(first?.config.capabilities, needs) };
}

function lacking(capabilities: readonly Capability[] | undefined, needs: ReadonlySet<Capability>): Capability[] {
  if (capabilities === undefined) return [];
  return [...needs].filter((need) => !capabilities.includes(need));
}

function ruledTargets(route: Route, context: ChoiceContext): readonly Target[] {
  const { rules } = route.config;
  for (let index = 0; index < rules.length; index++) {
    const rule = rules[index];
    if (rule !== undefined && fits(rule.when, context)) return route.ruleTargets[index] ?? [];
  }
  return route.targets;
}

function fits(when: RoutingRule['when'], context: ChoiceContext): boolean {
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
      // Ties go by chance: were they to go by order, an idle gateway would ask only the first.
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
  // The alias's name keeps one alias's split from deciding another's.
  const key = `${alias}\0${stickyKeyOf(config.sticky, context)}\0`;
  return ({ reference }) => uniformOf(key + reference);
}

function stickyKeyOf(sticky: 'caller' | 'tenant' | 'key', { caller, stickyKey }: ChoiceContext): string {
  if (sticky === 'tenant') return caller.tenant;
  if (sticky === 'key' && stickyKey !== undefined) return stickyKey;
  return `${caller.tenant}\0${caller.id}`;
}

/** The fastest first; one nobody has measured before that, and now and then another, so that it is measured again. */
function byLatency(targets: readonly Target[], context: ChoiceContext, now: number): readonly Target[] {
  const ordered = sortedBy(targets, ({ health }) => health.latencyMs ?? -1);
  const explores = context.random() < exploringShare;
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
