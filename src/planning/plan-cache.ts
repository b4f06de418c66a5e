/**
 * Plans by normalised operation, for one supergraph: planned once however many ask at the same time, and bounded by
 * memory. What cannot be planned is remembered too, so that the same bad operation costs once.
 */
import { LRUCache } from 'lru-cache';
import { GatewayError } from '../errors/index.ts';
import { SingleFlight } from '../lib/index.ts';
import type { OperationPlan } from './operation-plan.ts';
import type { Planner } from './planner-pool.ts';

export interface PlanCacheOptions<Compiled> {
  readonly planner: Planner;
  /** Turns a plan into what is cached and run. */
  readonly compile: (plan: OperationPlan) => Compiled;
  readonly deadlineMs: number;
  /** What the plans may take, by the size of their text. @default 50_000_000 */
  readonly maxBytes?: number;
}

type Entry<Compiled> =
  | { readonly kind: 'planned'; readonly plan: Compiled }
  | { readonly kind: 'refused'; readonly error: GatewayError };

/** How long an operation that missed its planning deadline is refused without trying again. */
const refusedForMs = 300_000;

export class PlanCache<Compiled> {
  readonly #entries: LRUCache<string, Entry<Compiled>>;
  readonly #running = new SingleFlight<Entry<Compiled>>();
  readonly #options: PlanCacheOptions<Compiled>;

  constructor(options: PlanCacheOptions<Compiled>) {
    this.#options = options;
    this.#entries = new LRUCache({ maxSize: options.maxBytes ?? 50_000_000 });
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @throws GatewayError `PLAN_DEADLINE_EXCEEDED`, `PLAN_UNSOUND`, `INTERNAL_SERVER_ERROR` or `OVERLOADED` */
  async plan(operation: string, activeLabels: readonly string[], client?: string): Promise<Compiled> {
    const key = activeLabels.length === 0 ? operation : `${activeLabels.join(',')}\n${operation}`;
    const entry =
      this.#entries.get(key) ?? (await this.#running.run(key, () => this.#make(key, operation, activeLabels, client)));
    if (entry.kind === 'refused') throw entry.error;
    return entry.plan;
  }

  async #make(
    key: string,
    operation: string,
    activeLabels: readonly string[],
    client: string | undefined,
  ): Promise<Entry<Compiled>> {
    const { planner, compile, deadlineMs } = this.#options;
    let entry: Entry<Compiled>;
    // A plan repeats its operation a few times over, in fetches and paths; compiled functions are of its order.
    let bytes = key.length * 2;
    try {
      const plan = await planner.plan(operation, activeLabels, deadlineMs, client);
      bytes += JSON.stringify(plan).length * 4;
      entry = { kind: 'planned', plan: compile(plan) };
    } catch (error) {
      // Waiting too long for a process is not the operation's fault: only what planning itself came to is kept.
      if (!(error instanceof GatewayError) || error.code === 'OVERLOADED') throw error;
      entry = { kind: 'refused', error };
    }
    // A deadline may have been missed by a busy machine, so that verdict is not for ever; the others are.
    const late = entry.kind === 'refused' && entry.error.code === 'PLAN_DEADLINE_EXCEEDED';
    this.#entries.set(key, entry, { size: bytes, ...(late ? { ttl: refusedForMs } : {}) });
    return entry;
  }
}
