/**
 * Sums of operations by client, in bounded memory. Beyond so many, versions of clients are `other`, then clients, and at
 * last operations; those have one sum, in which each coordinate is counted by itself: no bound makes anything seem unused.
 * The coordinates are a schema's, so nobody can make more of them.
 */
import { otherName } from '../observability/records/index.ts';

/** An operation as it is counted: documents that differ in literals alone are one. */
export interface UsedOperation {
  /** Of the signature and the coordinates: 22 characters. */
  readonly id: string;
  readonly signature: string;
  readonly kind: 'query' | 'mutation' | 'subscription';
  readonly name: string | undefined;
  /** Without values; undefined where it is too long to be kept. */
  readonly document: string | undefined;
  /** All that its documents name, under one schema. */
  readonly coordinates: readonly string[];
}

/** What a client calls itself: outside data, bounded. */
export interface UsageClient {
  readonly client: string | undefined;
  readonly clientVersion: string | undefined;
}

export interface UsageSum extends UsageClient {
  /** Undefined: all that have no sum of their own. */
  readonly operation: UsedOperation | undefined;
  count: number;
  errors: number;
  durationMs: number;
  maxMs: number;
  /** In how many operations each was found beside the coordinates of `operation`: in variables, and in literals. */
  readonly inputs: Map<string, number>;
}

/** Of an hour, or between two messages. */
const maxSums = 2_000;

export class UsageSums {
  readonly #sums = new Map<string, UsageSum>();

  get size(): number {
    return this.#sums.size;
  }

  values(): Iterable<UsageSum> {
    return this.#sums.values();
  }

  /** The sum to count in; where it is that of others, the operation's own coordinates are counted in its inputs. */
  of(operation: UsedOperation | undefined, { client, clientVersion }: UsageClient): UsageSum {
    const key = operation === undefined ? '' : keyOf(operation.id, client, clientVersion);
    return this.#sums.get(key) ?? this.#make(key, operation, client, clientVersion);
  }

  /** @returns where it was added */
  add(sum: UsageSum): UsageSum {
    const to = this.of(sum.operation, sum);
    to.count += sum.count;
    to.errors += sum.errors;
    to.durationMs += sum.durationMs;
    to.maxMs = Math.max(to.maxMs, sum.maxMs);
    // In the sum of others, what a document names is counted with its inputs, once for each request.
    const inDocument = new Set(to.operation === undefined ? sum.operation?.coordinates : []);
    for (const coordinate of inDocument) addTo(to.inputs, coordinate, sum.count);
    for (const [coordinate, count] of sum.inputs) if (!inDocument.has(coordinate)) addTo(to.inputs, coordinate, count);
    return to;
  }

  #make(
    key: string,
    operation: UsedOperation | undefined,
    client: string | undefined,
    clientVersion: string | undefined,
  ): UsageSum {
    const { size } = this.#sums;
    if (operation !== undefined && size >= maxSums) {
      if (clientVersion !== undefined && clientVersion !== otherName)
        return this.of(operation, { client, clientVersion: otherName });
      if (size >= maxSums * 1.25 && client !== undefined && client !== otherName)
        return this.of(operation, { client: otherName, clientVersion: otherName });
      if (size >= maxSums * 1.5) return this.of(undefined, { client: undefined, clientVersion: undefined });
    }
    const inputs = new Map<string, number>();
    const sum = { operation, client, clientVersion, count: 0, errors: 0, durationMs: 0, maxMs: 0, inputs };
    this.#sums.set(key, sum);
    return sum;
  }
}

export function addTo(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}

/** What is told apart. Names have no control characters. */
function keyOf(id: string, client: string | undefined, clientVersion: string | undefined): string {
  return `${id}\n${client ?? '\t'}\n${clientVersion ?? '\t'}`;
}
