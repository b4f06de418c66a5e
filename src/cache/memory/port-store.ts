/**
 * The memory of several threads as one cache: what a thread stores or reads is in its own memory, where a hit is answered
 * at once, and in the main thread's, where all others find it. So that the answer of a model is paid once, not once in each
 * thread. What none of them has is a miss at once (stored-keys.ts). An invalidation reaches all of them at once, and what
 * replaces something fresh a moment later.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Signals } from '../../signals/index.ts';
import { answerPortCalls, createPortCaller } from '../../threads/index.ts';
import { Batched } from '../batched.ts';
import type { CacheEntry, CacheStore, Claim, NewEntry } from '../cache-store.ts';
import { StoreCounts } from '../store-counts.ts';
import { type CacheName, cacheOfKey } from '../store-stats.ts';
import { type CopiedEntry, createMemoryStore, type MemoryStore } from './memory-store.ts';
import type { StoredKeys } from './stored-keys.ts';
import type { TagStamps } from './tag-stamps.ts';

type StoredCopy = CopiedEntry & { readonly key: string };

type StoreCall =
  | { readonly kind: 'get'; readonly keys: readonly string[] }
  | { readonly kind: 'claim'; readonly keys: readonly string[]; readonly ttlMs: number }
  | { readonly kind: 'wait'; readonly key: string };

/** What needs no answer. */
type StoreNotice =
  /**
   * @param entries each has been added to the stored keys by the thread
   * @param replaced keys of them of which the thread had a fresh copy
   */
  | { readonly kind: 'set'; readonly entries: readonly StoredCopy[]; readonly replaced: readonly string[] }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'release'; readonly leases: readonly number[] }
  | { readonly kind: 'free'; readonly cache: CacheName | undefined };

type StoreAnswer =
  | { readonly kind: 'entries'; readonly entries: readonly (CopiedEntry | undefined)[] }
  /** The number of each lease by which it is released, 0 where another holds the key. */
  | { readonly kind: 'leases'; readonly leases: readonly number[] }
  | { readonly kind: 'done' };

const done: StoreAnswer = { kind: 'done' };

/** The topic of signals that carry the name of a cache whose memory is to be freed, or nothing for all. */
export const purgedCache = 'cache purged';

/** The topic of signals that carry keys of which what is fresh has been read anew: copies of it are old. */
const replacedKeys = 'cache replaced';

const isFresh = (entry: CacheEntry | undefined): boolean => entry !== undefined && entry.freshMs > 0;

export interface ServedStore {
  /** The store that serves at the time; it adds its keys to `storedKeys`. */
  readonly currentStore: () => MemoryStore;
  readonly storedKeys: StoredKeys;
  /** Tell all threads what one of them has replaced. */
  readonly signals: Signals;
}

/** Answers the store calls of another thread. What the thread has claimed ends with it. */
export function serveStore(port: MessagePort, { currentStore, storedKeys, signals }: ServedStore): void {
  const releases = new Map<number, () => void>();
  let lastLease = 0;
  const hold = (claim: Claim): number => {
    if (claim.kind === 'waiter') return 0;
    releases.set(++lastLease, claim.release);
    return lastLease;
  };
  port.on('close', () => {
    for (const release of releases.values()) release();
    releases.clear();
  });
  const answer = (call: StoreCall): StoreAnswer | Promise<StoreAnswer> => {
    const store = currentStore();
    switch (call.kind) {
      case 'get':
        return { kind: 'entries', entries: call.keys.map((key) => store.peek(key)) };
      case 'claim':
        return { kind: 'leases', leases: store.claim(call.keys, call.ttlMs).map(hold) };
      case 'wait':
        return store.unclaimed(call.key).then(() => done);
    }
  };
  const receive = (notice: StoreNotice): void => {
    const store = currentStore();
    switch (notice.kind) {
      case 'set': {
        const replaced = new Set(notice.replaced);
        for (const { key, ...entry } of notice.entries) {
          if (isFresh(store.peek(key))) replaced.add(key);
          store.put(key, { ...entry, value: asBuffer(entry.value) });
          storedKeys.remove(key);
        }
        if (replaced.size > 0) signals.publish(replacedKeys, [...replaced]);
        return;
      }
      case 'delete':
        store.delete(notice.key);
        return;
      case 'release':
        for (const lease of notice.leases) {
          releases.get(lease)?.();
          releases.delete(lease);
        }
        return;
      case 'free':
        store.free(notice.cache);
    }
  };
  answerPortCalls<StoreCall, StoreAnswer, StoreNotice>(port, answer, receive);
}

/** What came over a port: a `Buffer` arrives as its bytes. */
const asBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

export interface PortStoreOptions {
  /** To the main thread's store. */
  readonly port: MessagePort;
  readonly signals: Signals;
  /** Of the main thread’s store: what one thread invalidates, is so in all of them at once. */
  readonly stamps: TagStamps;
  /** Of that store and of what is on its way there. */
  readonly storedKeys: StoredKeys;
}

export interface PortStoreBounds {
  /** Of what this thread has of its own. */
  readonly maxBytes: number;
  /** Of one value, here and in the main thread. */
  readonly maxValueBytes: number;
}

/** Opens the stores of a thread, one for each configuration, over the main thread's. */
export function createPortStores(options: PortStoreOptions): (bounds: PortStoreBounds) => CacheStore {
  const { port, signals, stamps, storedKeys } = options;
  const caller = createPortCaller<StoreCall, StoreAnswer, StoreNotice>(port);
  /** The main thread is ending: nothing is lost but what would have been cached. */
  const call = (request: StoreCall): Promise<StoreAnswer> => caller.call(request).catch(() => done);
  /** How often this thread was told of what is replaced: signals and answers overtake each other. */
  let replacements = 0;

  async function read(local: MemoryStore, keys: readonly string[]): Promise<readonly (CacheEntry | undefined)[]> {
    const before = replacements;
    const answer = await call({ kind: 'get', keys });
    if (answer.kind !== 'entries') return keys.map(() => undefined);
    return answer.entries.map((entry, index) => {
      if (entry === undefined) return undefined;
      const key = keys[index] as string;
      const copy = { ...entry, value: asBuffer(entry.value) };
      // It may have been invalidated on the way.
      if (!stamps.isCurrent(copy.stamp, cacheOfKey(key))) return undefined;
      if (replacements === before) local.put(key, copy);
      return copy;
    });
  }

  return (bounds) => {
    const local = createMemoryStore({ ...bounds, stamps });
    const counts = new StoreCounts();
    const subscriptions = [
      signals.subscribe(purgedCache, (cache) => local.free(cache as CacheName | undefined)),
      signals.subscribe(replacedKeys, (keys) => {
        replacements++;
        for (const key of keys as readonly string[]) local.delete(key);
      }),
    ];
    const releases = new Batched<number>((leases) => caller.send({ kind: 'release', leases }));

    function get(key: string): CacheEntry | undefined | Promise<CacheEntry | undefined> {
      const entry = local.peek(key);
      // What is stale here, another thread may have renewed.
      if (isFresh(entry) || !storedKeys.mayHave(key)) return counts.lookup(key, entry);
      return read(local, [key]).then(([shared]) => counts.lookup(key, shared ?? entry));
    }

    function setMany(list: readonly NewEntry[]): void {
      const entries: StoredCopy[] = [];
      const replaced: string[] = [];
      for (const entry of list) {
        const { key } = entry;
        counts.of(key).sets++;
        if (isFresh(local.peek(key))) replaced.push(key);
        const copy = local.store(entry);
        if (copy === undefined) caller.send({ kind: 'delete', key });
        else {
          entries.push({ key, ...copy });
          storedKeys.add(key);
        }
      }
      if (entries.length > 0) caller.send({ kind: 'set', entries, replaced });
    }

    return {
      get,
      getMany(keys) {
        const entries: (CacheEntry | undefined)[] = keys.map((key) => local.peek(key));
        const missing = entries.flatMap((entry, index) =>
          isFresh(entry) || !storedKeys.mayHave(keys[index] as string) ? [] : [index],
        );
        const count = () => entries.map((entry, index) => counts.lookup(keys[index] as string, entry));
        if (missing.length === 0) return count();
        const missingKeys = missing.map((index) => keys[index] as string);
        return read(local, missingKeys).then((shared) => {
          for (const [position, index] of missing.entries()) entries[index] = shared[position] ?? entries[index];
          return count();
        });
      },
      set: (key, value, options = {}) => setMany([{ key, value, ...options }]),
      setMany,
      delete(key) {
        local.delete(key);
        caller.send({ kind: 'delete', key });
      },
      invalidate(tag) {
        counts.invalidations++;
        return local.invalidate(tag);
      },
      async claim(keys, ttlMs) {
        const answer = await call({ kind: 'claim', keys, ttlMs });
        return keys.map((key, index): Claim => {
          // Without the main thread, each caller fills what it misses.
          const lease = answer.kind === 'leases' ? answer.leases[index] : undefined;
          if (lease === 0) return { kind: 'waiter', ended: () => call({ kind: 'wait', key }).then(() => undefined) };
          return { kind: 'holder', release: () => lease !== undefined && releases.add(lease) };
        });
      },
      stats: () => counts.stats('memory', 'ready', local.sizes),
      purge(cache) {
        local.purge(cache);
        caller.send({ kind: 'free', cache });
        signals.publish(purgedCache, cache);
        return true;
      },
      async close() {
        for (const unsubscribe of subscriptions) unsubscribe();
        await local.close();
      },
    };
  };
}
