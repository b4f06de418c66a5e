/**
 * Plans by normalised operation, for one supergraph: planned once however many ask at the same time, and bounded by
 * memory. What cannot be planned is remembered too, so that the same bad operation costs once.
 */
import { GatewayError } from '../../errors/index.ts';
import { type BudgetedCache, type SharedPart, SingleFlight } from '../../lib/index.ts';
import type { Planner } from '../apollo/planner-pool.ts';
import type { OperationPlan } from './operation-plan.ts';

export interface PlanCacheOptions<Compiled> {
  readonly planner: Planner;
  /** Turns a plan into what is cached and run. */
  readonly compile: (plan: OperationPlan) => Compiled;
  readonly deadlineMs: number;
  readonly cache: BudgetedCache<PlanCacheEntry<Compiled>>;
}

export type PlanCacheEntry<Compiled> =
  | { readonly kind: 'planned'; readonly plan: Compiled }
  | { readonly kind: 'refused'; readonly error: GatewayError; readonly until: number };

/** How long an operation that missed its planning deadline is refused without trying again. */
const refusedForMs = 300_000;

/** A plan's objects and compiled functions, in bytes for each character of its text; see the test of what is retained. */
const bytesPerPlanCharacter = 6;
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

  /** What a plan of this cache retains, for others that hold it too. */
  partsOf(plan: Compiled): readonly SharedPart[] {
    const part = this.#parts.get(plan);
    return part === undefined ? [] : [part];
  }

  /** @throws GatewayError `PLAN_DEADLINE_EXCEEDED`, `PLAN_UNSOUND`, `INTERNAL_SERVER_ERROR` or `OVERLOADED` */
  async plan(operation: string, activeLabels: readonly string[], client?: string): Promise<Compiled> {
    const key = activeLabels.length === 0 ? operation : `${activeLabels.join(',')}\n${operation}`;
    const cached = this.#entries.get(key);
    const isCurrent = cached?.kind === 'planned' || (cached !== undefined && cached.until > performance.now());
    const entry = isCurrent
      ? cached
      : await this.#running.run(key, () => this.#make(key, operation, activeLabels, client));
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
      const compiled = compile(plan);
      const part = { object: compiled, bytes: JSON.stringify(plan).length * bytesPerPlanCharacter };
      this.#parts.set(compiled, part);
      const entry = { kind: 'planned', plan: compiled } as const;
      this.#entries.set(key, entry, 0, [part]);
      return entry;
    } catch (error) {
      // Waiting too long for a process is not the operation's fault: only what planning itself came to is kept.
      if (!(error instanceof GatewayError) || error.code === 'OVERLOADED') throw error;
      // A deadline may have been missed for another reason than the operation, so that verdict is not for ever.
      const isForEver = error.code !== 'PLAN_DEADLINE_EXCEEDED';
      const until = isForEver ? Number.POSITIVE_INFINITY : performance.now() + refusedForMs;
      const entry = { kind: 'refused', error, until } as const;
      this.#entries.set(key, entry, refusalBytes);
      return entry;
    }
  }
}
