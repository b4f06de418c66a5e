/** `isthmus cache stats` and `isthmus cache purge`: what the caches of a running gateway hold, and all of it removed. */
import { Command, Option } from 'commander';
import { cacheNames, type StoreStats } from '../../cache/index.ts';
import { alignColumns } from '../align-columns.ts';
import { type AdminAddress, askAdminGraph, withAdminAddress } from './ask-admin.ts';

const statsQuery = /* GraphQL */ `
  {
    caches {
      kind
      state
      invalidations
      failures
      caches { cache hits misses stale sets evictions entries bytes }
    }
    cacheOutcomes { cache subgraph type hits stale misses stored refused { reason count } verified wrong }
  }
`;

interface AdminCacheStats {
  readonly cache: string;
  readonly hits: number;
  readonly misses: number;
  readonly stale: number;
  readonly sets: number;
  readonly evictions: number;
  readonly entries: number | null;
  readonly bytes: number | null;
}

interface AdminStoreStats extends Omit<StoreStats, 'caches'> {
  readonly caches: readonly AdminCacheStats[];
}

interface AdminOutcomes {
  readonly cache: string;
  readonly subgraph: string | null;
  readonly type: string | null;
  readonly hits: number;
  readonly stale: number;
  readonly misses: number;
  readonly stored: number;
  readonly refused: readonly { readonly reason: string; readonly count: number }[];
  readonly verified: number;
  readonly wrong: number;
}

/** Exits 1 if the gateway cannot be asked. */
export function statsCommand(): Command {
  const command = new Command('stats')
    .description('How full each cache of a running gateway is, and how often it was hit, over all workers.')
    .option('--json', 'as JSON');
  return withAdminAddress(command, 'admin:read').action(stats);
}

async function stats({ json, ...address }: AdminAddress & { readonly json?: boolean }): Promise<void> {
  const data = await askAdminGraph(statsQuery, {}, address);
  if (data === undefined) return;
  const stores = data.caches as readonly AdminStoreStats[];
  const outcomes = data.cacheOutcomes as readonly AdminOutcomes[];
  if (json === true) {
    process.stdout.write(`${JSON.stringify({ stores, outcomes }, undefined, 2)}\n`);
    return;
  }
  const head = ['cache', 'store', 'entries', 'bytes', 'hit rate', 'hits', 'stale', 'misses', 'stored', 'evicted'];
  const rows = stores.flatMap(({ kind, caches }) => caches.map((cache) => rowOf(kind, cache)));
  for (const line of alignColumns([head, ...rows])) process.stdout.write(`${line}\n`);
  for (const { kind, state, invalidations, failures } of stores)
    process.stdout.write(`${kind}: ${state}, ${invalidations} invalidations, ${failures} failures\n`);
  if (outcomes.length === 0) return;
  const outcomesHead = [
    'answers',
    'subgraph',
    'type',
    'hit rate',
    'hits',
    'stale',
    'misses',
    'stored',
    'wrong',
    'not stored',
  ];
  process.stdout.write('\n');
  for (const line of alignColumns([outcomesHead, ...outcomes.map(outcomesRow)])) process.stdout.write(`${line}\n`);
}

function outcomesRow(outcomes: AdminOutcomes): readonly string[] {
  const { cache, subgraph, type, hits, stale, misses, stored, refused, verified, wrong } = outcomes;
  const differing = verified === 0 ? '–' : `${wrong} of ${verified}`;
  const reasons = refused.map(({ reason, count }) => `${reason} ${count}`).join(', ');
  const counts = [hits, stale, misses, stored].map(String);
  return [
    cache.toLowerCase(),
    subgraph ?? '–',
    type ?? '–',
    rateOf(hits + stale, misses),
    ...counts,
    differing,
    reasons === '' ? '–' : reasons,
  ];
}

function rateOf(hits: number, misses: number): string {
  return hits + misses === 0 ? '–' : `${((hits / (hits + misses)) * 100).toFixed(1)} %`;
}

function rowOf(kind: string, stats: AdminCacheStats): readonly string[] {
  const { cache, entries, bytes, hits, misses, stale, sets, evictions } = stats;
  const size = (value: number | null) => (value === null ? '?' : String(value));
  const counts = [hits, stale, misses, sets, evictions].map(String);
  return [cache.toLowerCase(), kind, size(entries), size(bytes), rateOf(hits, misses), ...counts];
}

/** Exits 1 if nothing could be removed. */
export function purgeCommand(): Command {
  const command = new Command('purge')
    .description('Remove all cached answers of a running gateway, or those of one cache.')
    .addOption(new Option('--cache <name>', 'one cache alone').choices([...cacheNames]));
  return withAdminAddress(command, 'admin:write').action(purge);
}

async function purge({ cache, ...address }: AdminAddress & { readonly cache?: string }): Promise<void> {
  const query = 'mutation Purge($cache: CacheName) { purge(cache: $cache) }';
  const data = await askAdminGraph(query, { cache: cache?.toUpperCase() ?? null }, address);
  if (data !== undefined) process.stdout.write(`purged: ${cache ?? 'all caches'}\n`);
}
