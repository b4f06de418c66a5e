/** Weighs what a change breaks by real traffic: what nobody uses breaks nobody. */
import type { FindingUsage } from './check-report.ts';
import type { ClientUsage, CoordinateUsage, UsageReader, UsageWindow } from './usage-reader.ts';

/** How much use counts: what is used less is as good as unused. Of several, each has to be reached. */
export interface Thresholds {
  /** @default 1 */
  readonly requests?: number | undefined;
  /** Of all requests of the window. @default 0 */
  readonly percent?: number | undefined;
}

export type Weight =
  /** Of its uses nothing is known: there are no requests in the window, or uses of such a thing are not counted. */
  { readonly kind: 'unknown' } | { readonly kind: 'unused' | 'below threshold' | 'used'; readonly usage: FindingUsage };

export interface Traffic {
  readonly window: UsageWindow;
  readonly requests: number;
  readonly reader: UsageReader;
}

/** Undefined where nothing is known of the window. */
export async function readTraffic(reader: UsageReader | undefined, window: UsageWindow): Promise<Traffic | undefined> {
  const requests = (await reader?.requests(window)) ?? 0;
  return reader === undefined || requests === 0 ? undefined : { window, requests, reader };
}

const shownClients = 10;
const unknown: Weight = { kind: 'unknown' };

/**
 * @param uses of each change: the coordinates that operations use which it breaks; undefined: uses of it are not counted
 * @returns a weight for each
 */
export async function weigh(
  uses: readonly (readonly string[] | undefined)[],
  traffic: Traffic | undefined,
  thresholds: Thresholds,
): Promise<readonly Weight[]> {
  if (traffic === undefined) return uses.map(() => unknown);
  const all = [...new Set(uses.flatMap((coordinates) => coordinates ?? []))];
  const used =
    all.length === 0 ? new Map<string, CoordinateUsage>() : await traffic.reader.coordinates(all, traffic.window);
  return uses.map((coordinates) => {
    if (coordinates === undefined) return unknown;
    const usages = coordinates.flatMap((coordinate) => used.get(coordinate) ?? []);
    const usage = usageOf(usages, traffic.requests);
    if (usage.requests === 0) return { kind: 'unused', usage };
    const { requests = 1, percent = 0 } = thresholds;
    return { kind: usage.requests < requests || usage.percent < percent ? 'below threshold' : 'used', usage };
  });
}

/** A request that uses several of the coordinates counts for each, up to all requests: rather too many than too few. */
function usageOf(used: readonly CoordinateUsage[], all: number): FindingUsage {
  const requests = Math.min(all, sum(used.map((usage) => usage.requests)));
  const lastUsed = Math.max(...used.map((usage) => usage.lastUsed));
  return {
    requests,
    percent: percentOf(requests, all),
    operations: Math.max(0, ...used.map(({ operations }) => operations)),
    clients: clientsOf(used.flatMap(({ clients }) => clients)),
    ...(used.length === 0 ? {} : { lastUsed }),
  };
}

/** With at most 3 digits. */
export function percentOf(requests: number, all: number): number {
  return all === 0 ? 0 : Number(((100 * requests) / all).toPrecision(3));
}

function clientsOf(clients: readonly ClientUsage[]): readonly ClientUsage[] {
  const merged = new Map<string, ClientUsage>();
  for (const client of clients) {
    const key = `${client.name ?? ''}\n${client.version ?? ''}`;
    merged.set(key, { ...client, requests: client.requests + (merged.get(key)?.requests ?? 0) });
  }
  return [...merged.values()].sort((a, b) => b.requests - a.requests).slice(0, shownClients);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
