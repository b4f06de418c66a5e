/**
 * The memory of several threads as one cache: what a thread stores or reads is in its own memory, where a hit is answered
 * at once, and in the main thread's, where all others find it. So that the answer of a model is paid once, not once in each
 * thread. An invalidation reaches all of them.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Signals } from '../signals/index.ts';
import { answerPortCalls, createPortCaller } from '../threads/index.ts';
import type { CacheEntry, CacheStore, StoreOptions } from './cache-store.ts';
import { type CopiedEntry, createMemoryStore, type MemoryStore } from './memory-store.ts';

type StoreCall =
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'set'; readonly key: string; readonly value: Uint8Array | string; readonly options: StoreOptions }
  | { readonly kind: 'delete'; readonly key: string }
  | { readonly kind: 'invalidate'; readonly tag: string };

type StoreAnswer = CopiedEntry | undefined;

/** The topic of signals that carry a tag which has been invalidated. */
export const invalidatedTag = 'cache invalidated';

/** Answers the store calls of another thread with the store that serves at the time. */
export function serveStore(currentStore: () => MemoryStore, port: MessagePort): void {
  answerPortCalls<StoreCall, StoreAnswer>(port, (call) => {
    const store = currentStore();
    switch (call.kind) {
      case 'get':
        return store.copy(call.key);
      case 'set':
        store.set(call.key, call.value, call.options);
        return undefined;
      case 'delete':
        store.delete(call.key);
        return undefined;
      case 'invalidate':
        store.invalidate(call.tag);
        return undefined;
    }
  });
}

export interface PortStoreOptions {
  /** To the main thread's store. */
  readonly port: MessagePort;
  readonly signals: Signals;
}

/** Opens the stores of a thread, one for each configuration, over the main thread's. */
export function createPortStores({ port, signals }: PortStoreOptions): (maxBytes: number) => CacheStore {
  const caller = createPortCaller<StoreCall, StoreAnswer>(port);
  /** The main thread is ending: nothing is lost but what would have been cached. */
  const send = (call: StoreCall): void => void caller.call(call).catch(() => undefined);

  async function read(local: MemoryStore, key: string): Promise<CopiedEntry | undefined> {
    const began = performance.now();
    const entry = await caller.call({ kind: 'get', key }).catch(() => undefined);
    if (entry === undefined) return undefined;
    const { freshMs: ttlMs, staleMs, tags, ageMs } = entry;
    const value = Buffer.from(entry.value);
    local.set(key, value, { ttlMs, staleMs, tags, ageMs, readMsAgo: performance.now() - began });
    return { ...entry, value };
  }

  return (maxBytes) => {
    const local = createMemoryStore({ maxBytes });
    const unsubscribe = signals.subscribe(invalidatedTag, (tag) => local.invalidate(String(tag)));
    return {
      get(key) {
        const entry = local.get(key) as CacheEntry | undefined;
        if (entry === undefined) return read(local, key);
        // What is stale here, another thread may have renewed.
        return entry.freshMs > 0 ? entry : read(local, key).then((shared) => shared ?? entry);
      },
      set(key, value, options = {}) {
        local.set(key, value, options);
        send({ kind: 'set', key, value, options });
      },
      delete(key) {
        local.delete(key);
        send({ kind: 'delete', key });
      },
      invalidate(tag) {
        local.invalidate(tag);
        send({ kind: 'invalidate', tag });
        signals.publish(invalidatedTag, tag);
        return true;
      },
      async close() {
        unsubscribe();
        await local.close();
      },
    };
  };
}
