/** The caches of all workers, as the main thread sees them: what they hold, and how all of it is removed. */
import {
  atRedis,
  type CacheName,
  type CacheOutcomes,
  type CacheSnapshot,
  type CacheStores,
  type MemoryStore,
  purgedCache,
  type StoreStats,
  sumOutcomes,
  sumStats,
} from '../cache/index.ts';
import type { CacheStoreConfig, ResolvedConfig } from '../config/index.ts';
import type { Signals } from '../signals/index.ts';

/** The topics of signals: a question with its number, and each worker’s answer. */
const statsQuestion = 'cache statistics';
const statsAnswer = 'statistics of a worker’s caches';

interface StatsAnswer extends CacheSnapshot {
  readonly question: number;
}

/** A worker that is busy, or ends, is not waited for. */
const answerMs = 2_000;
let lastQuestion = 0;

/** Has a worker answer for its stores and its caches. */
export function answerCacheStats(signals: Signals, stores: CacheStores, outcomes: CacheOutcomes): void {
  signals.subscribe(statsQuestion, async (question) => {
    const answer: StatsAnswer = {
      question: Number(question),
      stores: await stores.stats(),
      outcomes: outcomes.snapshot(),
    };
    signals.publish(statsAnswer, answer);
  });
}

export interface WorkerCaches {
  readonly signals: Signals;
  /** What workers share. */
  readonly memory: MemoryStore;
  /** How many workers answer. */
  readonly workers: number;
  readonly config: ResolvedConfig;
}

/** What all workers’ stores hold, and what they and the caches have counted since the workers were started. */
export async function statsOfWorkers(caches: WorkerCaches): Promise<CacheSnapshot> {
  const [ofWorkers, ofRedis] = await Promise.all([
    askWorkers(caches),
    Promise.all(
      remoteStores(caches.config).map(async ({ kind, url }) => {
        const stats = await atRedis(url, (store) => Promise.resolve(store.stats({ withSizes: true })));
        const label: StoreStats['kind'] = kind === 'redis' ? 'redis' : 'memory and redis';
        return { ...stats, kind: label };
      }),
    ),
  ]);
  return {
    stores: sumStats([caches.memory.stats(), ...ofWorkers.flatMap(({ stores }) => stores), ...ofRedis]),
    outcomes: sumOutcomes(ofWorkers.flatMap(({ outcomes }) => outcomes)),
  };
}

/** @returns false where a Redis could not be reached */
export async function purgeOfWorkers(
  { memory, signals, config }: WorkerCaches,
  cache: CacheName | undefined,
): Promise<boolean> {
  memory.purge(cache);
  signals.publish(purgedCache, cache);
  const purge = ({ url }: { readonly url: string }) => atRedis(url, (store) => Promise.resolve(store.purge(cache)));
  const outcomes = await Promise.all(remoteStores(config).map(purge));
  return outcomes.every((isDone) => isDone);
}

/** The servers of the configuration, each once. */
export function remoteStores({
  ai,
  cache,
}: ResolvedConfig): readonly Exclude<CacheStoreConfig['store'], { readonly kind: 'memory' }>[] {
  const stores = [ai.cache.store, cache.store].flatMap((store) => (store.kind === 'memory' ? [] : [store]));
  return stores.filter(({ url }, index) => stores.findIndex((store) => store.url === url) === index);
}

async function askWorkers({ signals, workers }: WorkerCaches): Promise<readonly CacheSnapshot[]> {
  const question = ++lastQuestion;
  const answers: CacheSnapshot[] = [];
  let count = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const unsubscribe = signals.subscribe(statsAnswer, (message) => {
    const answer = message as StatsAnswer;
    if (answer.question !== question) return;
    answers.push(answer);
    if (++count === workers) resolve();
  });
  const timer = setTimeout(resolve, answerMs);
  signals.publish(statsQuestion, question);
  if (workers > 0) await promise;
  clearTimeout(timer);
  unsubscribe();
  return answers;
}
