/**
 * Runs whose every answer came from caches, kept so that they can be repeated. An operation with the same variables sends the same
 * requests as long as it is answered alike; so where each of them is answered with the same entries as before, its answer is the
 * one of before, and nothing of it is put together anew. The requests pass the caches each time, which say what is still
 * good, for whom, and count it. Where one is answered otherwise, the plan is run with the answers that are there.
 *
 * Of the benchmark’s operation with all entities cached, that saves two thirds of the CPU. Kept from the second time on that an
 * operation was answered from caches alone, in the memory of the caches of operations.
 */
import type { BudgetedCache, CacheGroup, SharedPart } from '../../lib/index.ts';
import type { SubgraphRequest, SubgraphResponse } from '../../transport/index.ts';
import type { CompiledPlan } from '../compile/compile-plan.ts';
import type { JsonText } from '../json-text.ts';
import type { Variant } from '../prepare/prepared-operation.ts';
import type { RequestValues } from './request-variables.ts';
import { runInOrder } from './run-in-order.ts';
import type { RunRequests } from './run-requests.ts';

type Fetch = CompiledPlan['fetches'][number];

/** A request of a run, and what it was answered with. */
export interface RepeatableRequest {
  readonly request: SubgraphRequest;
  readonly entities: number;
  readonly versions: readonly number[];
}

export interface RepeatableRun {
  readonly plan: CompiledPlan;
  readonly requests: ReadonlyMap<Fetch, RepeatableRequest>;
  /** How many entities are asked for. */
  readonly entityCount: number;
  /** The text of the answer. */
  readonly answer: Buffer | string;
}

/** What a run is found by. */
export interface RunIdentity {
  readonly variant: Variant;
  readonly values: RequestValues;
}

/** What the requests of a run that was not the same were answered with, for the run that takes its place. */
export type EarlyAnswers = ReadonlyMap<Fetch, Promise<SubgraphResponse>>;

/** Of the values of variables that tell runs of an operation apart. */
const longestKey = 4_000;
/** Of a run, of a request, and of each representation and each version in it. */
const runBytes = 200;
const requestBytes = 500;
const versionBytes = 8;

export class RepeatableRuns {
  readonly #runs: BudgetedCache<RepeatableRun | 'once'>;
  readonly #variants = new WeakMap<Variant, number>();
  #variantCount = 0;

  constructor(caches: CacheGroup) {
    this.#runs = caches.cache<RepeatableRun | 'once'>();
  }

  /** @returns undefined for a run that cannot be repeated */
  #keyOf(variant: Variant, plan: CompiledPlan, values: RequestValues): string | undefined {
    if (plan.hasRows || plan.placeMatters || plan.fetches.length === 0) return undefined;
    let number = this.#variants.get(variant);
    if (number === undefined) {
      number = ++this.#variantCount;
      this.#variants.set(variant, number);
    }
    let key = `${number}`;
    for (const fetch of plan.fetches) {
      if (fetch.kind === 'root' && fetch.operationType !== 'query') return undefined;
      // A text of JSON has no line break.
      for (const name of fetch.variables) key += `\n${values.json(name) ?? ''}`;
    }
    return key.length > longestKey ? undefined : key;
  }

  find(variant: Variant, plan: CompiledPlan, values: RequestValues): RepeatableRun | undefined {
    if (this.#runs.size === 0) return undefined;
    const key = this.#keyOf(variant, plan, values);
    if (key === undefined) return undefined;
    const run = this.#runs.get(key);
    return run === undefined || run === 'once' || run.plan !== plan ? undefined : run;
  }

  /**
   * @param planParts what the run’s plan takes, which is kept with the run after its own cache has given it up
   * @param data of an answer that has nothing else
   */
  add(
    { variant, values }: RunIdentity,
    run: Omit<RepeatableRun, 'answer'>,
    planParts: readonly SharedPart[],
    data: JsonText,
  ): void {
    const key = this.#keyOf(variant, run.plan, values);
    if (key === undefined || data.long !== undefined) return;
    if (this.#runs.get(key) === undefined) {
      this.#runs.set(key, 'once', 0);
      return;
    }
    const repeatable = { ...run, answer: copyOf(data.whole) };
    this.#runs.set(key, repeatable, sizeOf(repeatable), planParts);
  }
}

/** @returns undefined where it was the same; otherwise what was answered */
export async function repeatRun(
  { plan, requests }: RepeatableRun,
  sender: RunRequests,
): Promise<EarlyAnswers | undefined> {
  const early = new Map<Fetch, Promise<SubgraphResponse>>();
  let isSame = true;
  const differs = Promise.withResolvers<void>();
  const differ = (): void => {
    isSame = false;
    differs.resolve();
  };
  const repeating = runInOrder(plan, async (fetch) => {
    const earlier = requests.get(fetch);
    // What depends on an answer that differs may ask otherwise.
    if (earlier === undefined || !isSame) return;
    const answering = sender.send(fetch, earlier.request, earlier.entities);
    early.set(fetch, answering);
    try {
      const { versions } = await answering;
      if (!areSame(versions, earlier.versions)) differ();
    } catch {
      // Whoever takes the answer is told.
      differ();
    }
  });
  // The run waits for what is under way, each fetch for its own: one that is slow holds up no other.
  await Promise.race([repeating, differs.promise]);
  return isSame ? undefined : early;
}

function areSame(versions: readonly number[] | undefined, earlier: readonly number[]): boolean {
  if (versions?.length !== earlier.length) return false;
  for (let index = 0; index < earlier.length; index++) if (versions[index] !== earlier[index]) return false;
  return true;
}

function sizeOf(run: RepeatableRun): number {
  let bytes = runBytes + run.answer.length;
  for (const { request, versions } of run.requests.values()) {
    bytes += requestBytes + versions.length * versionBytes + (request.variablesJson?.length ?? 0);
    for (const text of request.representationsJson ?? []) bytes += text.length + versionBytes;
  }
  return bytes;
}

/** Bytes of an answer are lent: these are sent many times. */
function copyOf(whole: Buffer | string): Buffer | string {
  if (typeof whole === 'string') return whole;
  const copy = Buffer.allocUnsafeSlow(whole.length);
  whole.copy(copy);
  return copy;
}
