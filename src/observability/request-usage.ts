/**
 * What the models cost each request that is under way, for its line in the log. Counted by the request's id, as the
 * records of model calls name it; two requests at once under one id (clients may choose it) share the count.
 */
export interface RequestUsage {
  readonly modelCalls: number;
  /** Decimal US dollars. */
  readonly costUsd: string;
}

interface Counted {
  modelCalls: number;
  /** The cost of the only call, as it was reported. */
  costUsd: string;
  /** The cost of several calls. */
  nanoUsd: number;
}

/** Made with a request's first model call: requests without any cost nothing here. */
const counted = new Map<string, Counted>();
/** Calls that outlive their request, or have none that ends, must not stay for ever. */
const maxCounted = 10_000;

export function countModelCall(requestId: string | undefined, costUsd: string): void {
  if (requestId === undefined) return;
  const usage = counted.get(requestId);
  if (usage === undefined) {
    if (counted.size >= maxCounted) forgetOldest();
    counted.set(requestId, { modelCalls: 1, costUsd, nanoUsd: 0 });
    return;
  }
  if (usage.modelCalls === 1) usage.nanoUsd = nanosOf(usage.costUsd);
  usage.modelCalls++;
  usage.nanoUsd += nanosOf(costUsd);
}

/** What the request has used; forgotten with that. */
export function takeRequestUsage(requestId: string): RequestUsage | undefined {
  if (counted.size === 0) return undefined;
  const usage = counted.get(requestId);
  if (usage === undefined) return undefined;
  counted.delete(requestId);
  const { modelCalls, costUsd, nanoUsd } = usage;
  return { modelCalls, costUsd: modelCalls === 1 ? costUsd : dollars(nanoUsd) };
}

function nanosOf(costUsd: string): number {
  return Math.round(Number(costUsd) * 1e9);
}

function dollars(nanoUsd: number): string {
  const text = (nanoUsd / 1e9).toFixed(9);
  return text.replace(/\.?0+$/, '');
}

function forgetOldest(): void {
  const [oldest] = counted.keys();
  if (oldest !== undefined) counted.delete(oldest);
}
