/**
 * Sums of operations, AI fields and model calls by who and what, in bounded memory: beyond so many groups, operations and
 * clients are `other`, and beyond more of them tenants too, so that nobody makes groups by making up names.
 */
import { addBuckets, type DurationBuckets } from './duration-buckets.ts';

/** What is summed: operations, the AI fields of their fetches, or the calls of models. */
export type SummedKind = 'operation' | 'field' | 'model';

export const sumDimensions = ['operation', 'client', 'tenant', 'field', 'model'] as const;
export type SumDimension = (typeof sumDimensions)[number];

export interface SumNames {
  readonly kind: SummedKind;
  readonly operation: string | undefined;
  readonly client: string | undefined;
  readonly tenant: string | undefined;
  readonly field: string | undefined;
  readonly model: string | undefined;
}

export interface RecordSum extends SumNames {
  count: number;
  errors: number;
  nanoUsd: number;
  inputTokens: number;
  outputTokens: number;
  readonly durations: DurationBuckets;
}

/** Of an hour, or between two messages. */
const maxGroups = 2_000;

/** What the names are that have no group of their own. */
export const otherName = 'other';

export class RecordSums {
  readonly #groups = new Map<string, RecordSum>();

  get size(): number {
    return this.#groups.size;
  }

  values(): Iterable<RecordSum> {
    return this.#groups.values();
  }

  /** The group of some names, which may be one of others. */
  of(names: SumNames): RecordSum {
    return this.#find(names) ?? this.#make(names);
  }

  #find({ kind, operation, client, tenant, field, model }: SumNames): RecordSum | undefined {
    return this.#groups.get(keyOf(kind, operation, client, tenant, field, model));
  }

  #make(names: SumNames): RecordSum {
    let group = names;
    if (this.#groups.size >= maxGroups) {
      group = { ...names, operation: toOther(names.operation), client: toOther(names.client) };
      // Tenants are those of credentials, and there is room for a fourth more of them.
      if (this.#groups.size >= maxGroups * 1.25) group = { ...group, tenant: toOther(names.tenant) };
      const sum = this.#find(group);
      if (sum !== undefined) return sum;
    }
    const { kind, operation, client, tenant, field, model } = group;
    const sum = { kind, operation, client, tenant, field, model, ...nothing(), durations: new Map() };
    this.#groups.set(keyOf(kind, operation, client, tenant, field, model), sum);
    return sum;
  }
}

export function nothing() {
  return { count: 0, errors: 0, nanoUsd: 0, inputTokens: 0, outputTokens: 0 };
}

export function addSum(to: RecordSum, from: Omit<RecordSum, keyof SumNames>): void {
  to.count += from.count;
  to.errors += from.errors;
  to.nanoUsd += from.nanoUsd;
  to.inputTokens += from.inputTokens;
  to.outputTokens += from.outputTokens;
  addBuckets(to.durations, from.durations);
}

const toOther = (name: string | undefined): string | undefined => (name === undefined ? undefined : otherName);

/** Names have no control characters. */
function keyOf(
  kind: SummedKind,
  operation: string | undefined,
  client: string | undefined,
  tenant: string | undefined,
  field: string | undefined,
  model: string | undefined,
): string {
  return `${kind}\n${operation ?? '\t'}\n${client ?? '\t'}\n${tenant ?? '\t'}\n${field ?? '\t'}\n${model ?? '\t'}`;
}
