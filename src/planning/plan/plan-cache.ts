/**
 * The plans of one supergraph by normalised operation. Concurrent requests for a plan are deduplicated, and the cache is
 * bounded by memory. A refusal is cached too, so that an operation without a plan is planned once.
 */
import { GatewayError } from '../../errors/index.ts';
import { type BudgetedCache, type SharedPart, SingleFlight } from '../../lib/index.ts';
import type { OperationEvent } from '../../observability/index.ts';
import type { OperationPlan } from './operation-plan.ts';
import type { Planner } from './planner.ts';

export interface PlanCacheOptions<Compiled> {
  readonly planner: Planner;
  /** Compiles a plan to the form that is cached and executed. */
  readonly compile: (plan: OperationPlan, operation: string) => Compiled;
  readonly deadlineMs: number;
  readonly cache: BudgetedCache<PlanCacheEntry<Compiled>>;
}

export type PlanCacheEntry<Compiled> =
  | { readonly kind: 'planned'; readonly plan: Compiled }
  | { readonly kind: 'refused'; readonly error: GatewayError; readonly until: number };

/** How long an operation that missed its planning deadline is refused without planning it again. */
const refusedForMs = 300_000;

/** The memory of a plan’s objects and compiled functions, its price included, per character of its JSON; measured by a regression test. */
const bytesPerPlanCharacter = 7;
const refusalBytes = 2_000;

export class PlanCache<Compiled extends object> {
  readonly #entries: BudgetedCache<PlanCacheEntry<Compiled>>;
  readonly #running = new SingleFlight<PlanCacheEntry<Compiled>>();
  readonly #options: PlanCacheOptions<Compiled>;
  readonly #parts = new WeakMap<Compiled, SharedPart>();

  constructor(options: PlanCacheOptions<Compiled>) {
    this.#options = options;
    this.#entries = options.cache;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The memory that a plan of this cache retains, for caches that hold it too. */
  partsOf(plan: Compiled): readonly SharedPart[] {
    const part = this.#parts.get(plan);
    return part === undefined ? [] : [part];
  }

  /** @throws GatewayError `PLAN_DEADLINE_EXCEEDED`, `PLAN_UNSOUND`, `INTERNAL_SERVER_ERROR` or `OVERLOADED` */
  async plan(
    operation: string,
    activeLabels: readonly string[],
    client?: string,
    event?: Pick<OperationEvent, 'planMs' | 'isPlanCached'>,
  ): Promise<Compiled> {
    const key = activeLabels.length === 0 ? operation : `${activeLabels.join(',')}\n${operation}`;
    const cached = this.#entries.get(key);
    const isCurrent = cached?.kind === 'planned' || (cached !== undefined && cached.until > performance.now());
    const began = performance.now();
    const entry = isCurrent
      ? cached
      : await this.#running.run(key, () => this.#make(key, operation, activeLabels, client));
    if (!isCurrent && event !== undefined) {
      event.isPlanCached = false;
      event.planMs += performance.now() - began;
    }
    if (entry.kind === 'refused') throw entry.error;
    return entry.plan;
  }

  async #make(
    key: string,
    operation: string,
    activeLabels: readonly string[],
    client: string | undefined,
  ): Promise<PlanCacheEntry<Compiled>> {
    const { planner, compile, deadlineMs } = this.#options;
    try {
      const plan = await planner.plan(operation, activeLabels, deadlineMs, client);
      const compiled = compile(plan, operation);
      const part = { object: compiled, bytes: JSON.stringify(plan).length * bytesPerPlanCharacter };
      this.#parts.set(compiled, part);
      const entry = { kind: 'planned', plan: compiled } as const;
      this.#entries.set(key, entry, 0, [part]);
      return entry;
    } catch (error) {
      // An overloaded planner is not caused by the operation: only the result of planning itself is cached.
      if (!(error instanceof GatewayError) || error.code === 'OVERLOADED') throw error;
      // A deadline may be missed for other reasons than the operation, so this refusal expires.
      const isPermanent = error.code !== 'PLAN_DEADLINE_EXCEEDED';
      const until = isPermanent ? Number.POSITIVE_INFINITY : performance.now() + refusedForMs;
      const entry = { kind: 'refused', error, until } as const;
      this.#entries.set(key, entry, refusalBytes);
      return entry;
    }
  }
}
