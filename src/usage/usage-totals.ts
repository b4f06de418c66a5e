/** Usage added up by coordinate and by operation: each request counts once for whatever it uses, however often it names that. */
import type { Usage, UsageGroup } from './usage.ts';
import type { UsedOperation } from './usage-sums.ts';

/** The requests of one client. */
export interface ClientTotal {
  /** Undefined: the client gives no name. */
  readonly name: string | undefined;
  readonly version: string | undefined;
  readonly requests: number;
}

interface UseTotal {
  readonly requests: number;
  /** Those with most requests first. */
  readonly clients: readonly ClientTotal[];
  /** When the last hour begins in which it was used, or the day. */
  readonly lastUsed: number;
}

export interface CoordinateTotal extends UseTotal {
  /** The number of different operations. */
  readonly operations: number;
}

export interface OperationTotal extends UseTotal {
  /** Undefined: all that have no sums of their own. */
  readonly signature: string | undefined;
  readonly kind: UsedOperation['kind'] | undefined;
  readonly operationName: string | undefined;
  /** Without values. */
  readonly document: string | undefined;
  readonly errors: number;
  readonly averageMs: number;
  readonly maxMs: number;
}

class Total {
  requests = 0;
  lastUsed = 0;
  readonly signatures = new Set<string>();
  readonly #clients = new Map<string, ClientTotal>();

  add({ operation, client, clientVersion, lastAt }: UsageGroup, requests: number): void {
    this.requests += requests;
    this.lastUsed = Math.max(this.lastUsed, lastAt);
    this.signatures.add(operation?.signature ?? '');
    const key = `${client ?? '\t'}\n${clientVersion ?? '\t'}`;
    const earlier = this.#clients.get(key)?.requests ?? 0;
    this.#clients.set(key, { name: client, version: clientVersion, requests: earlier + requests });
  }

  get clients(): readonly ClientTotal[] {
    return [...this.#clients.values()].sort((a, b) => b.requests - a.requests);
  }
}

/** @param isOf of which coordinates @default all */
export function coordinateTotals(
  usage: Usage,
  isOf: (coordinate: string) => boolean = () => true,
): ReadonlyMap<string, CoordinateTotal> {
  const totals = new Map<string, Total>();
  const add = (coordinate: string, group: UsageGroup, requests: number): void => {
    if (!isOf(coordinate)) return;
    const total = totals.get(coordinate) ?? new Total();
    totals.set(coordinate, total);
    total.add(group, requests);
  };
  for (const group of usage) {
    const inDocument = new Set(group.operation?.coordinates);
    for (const coordinate of inDocument) add(coordinate, group, group.count);
    for (const [coordinate, count] of group.inputs) if (!inDocument.has(coordinate)) add(coordinate, group, count);
  }
  return new Map(
    [...totals].map(([coordinate, { requests, signatures, clients, lastUsed }]) => [
      coordinate,
      { requests, operations: signatures.size, clients, lastUsed },
    ]),
  );
}

/** Those with most requests first. */
export function operationTotals(usage: Usage): readonly OperationTotal[] {
  const bySignature = new Map<string, { readonly total: Total; readonly groups: UsageGroup[] }>();
  for (const group of usage) {
    const signature = group.operation?.signature ?? '';
    const entry = bySignature.get(signature) ?? { total: new Total(), groups: [] };
    bySignature.set(signature, entry);
    entry.total.add(group, group.count);
    entry.groups.push(group);
  }
  const totals = [...bySignature.values()].map(({ total: { requests, clients, lastUsed }, groups }) => {
    const sum = (of: (group: UsageGroup) => number): number => groups.reduce((all, group) => all + of(group), 0);
    const operation = groups[0]?.operation;
    return {
      signature: operation?.signature,
      kind: operation?.kind,
      operationName: operation?.name,
      document: operation?.document,
      requests,
      errors: sum(({ errors }) => errors),
      averageMs: sum(({ durationMs }) => durationMs) / Math.max(1, requests),
      maxMs: Math.max(...groups.map(({ maxMs }) => maxMs)),
      clients,
      lastUsed,
    };
  });
  return totals.sort((a, b) => b.requests - a.requests);
}
