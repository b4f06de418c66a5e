/** `isthmus cache stats` and `isthmus cache purge`: what the caches of a running gateway hold, and all of it removed. */
import { type Command, Option } from 'commander';
import { cacheNames, type StoreStats } from '../../cache/index.ts';
import { alignColumns } from '../align-columns.ts';
import { type AdminAddress, askAdminGraph, withGateway } from '../frame/ask-admin.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { printResult } from '../frame/print-result.ts';

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

export function statsCommand(): Command {
  const command = cliCommand('stats', {
    description: 'How full each cache of a running gateway is, and how often it was hit, over all workers.',
    examples: ['isthmus cache stats', 'isthmus cache stats --gateway http://10.0.0.7:4400 --json'],
  });
  return withGateway(command, 'admin:read').action(stats);
}

async function stats({ json, ...address }: AdminAddress & { readonly json: boolean }): Promise<void> {
  const data = await askAdminGraph(address, statsQuery);
  const stores = data.caches as readonly AdminStoreStats[];
  const outcomes = data.cacheOutcomes as readonly AdminOutcomes[];
  printResult({ json }, { stores, outcomes }, () => tablesOf(stores, outcomes).join('\n'));
}

function tablesOf(stores: readonly AdminStoreStats[], outcomes: readonly AdminOutcomes[]): readonly string[] {
  const head = ['cache', 'store', 'entries', 'bytes', 'hit rate', 'hits', 'stale', 'misses', 'stored', 'evicted'];
  const rows = stores.flatMap(({ kind, caches }) => caches.map((cache) => rowOf(kind, cache)));
  const states = stores.map(
    ({ kind, state, invalidations, failures }) =>
      `${kind}: ${state}, ${invalidations} invalidations, ${failures} failures`,
  );
  const lines = [...alignColumns([head, ...rows]), ...states];
  if (outcomes.length === 0) return lines;
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
  return [...lines, '', ...alignColumns([outcomesHead, ...outcomes.map(outcomesRow)])];
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

export function purgeCommand(): Command {
  const command = cliCommand('purge', {
    description: 'Remove all cached answers of a running gateway, or those of one cache.',
    examples: ['isthmus cache purge', 'isthmus cache purge --cache response'],
  }).addOption(new Option('--cache <name>', 'one cache alone').choices([...cacheNames]));
  return withGateway(command, 'admin:write').action(purge);
}

interface PurgeOptions extends AdminAddress {
  readonly cache?: string;
  readonly json: boolean;
}

async function purge({ cache, json, ...address }: PurgeOptions): Promise<void> {
  const query = 'mutation Purge($cache: CacheName) { purge(cache: $cache) }';
  await askAdminGraph(address, query, { cache: cache?.toUpperCase() ?? null });
  printResult({ json }, { purged: cache ?? null }, () => `purged: ${cache ?? 'all caches'}`);
}
