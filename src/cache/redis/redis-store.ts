/**
 * A cache store in Redis, shared by several gateways: one server, one behind Sentinels, or a cluster (redis-keys.ts).
 *
 * Whatever state Redis is in, a call is a miss within `commandTimeoutMs`: down at the start or later, paused, slow,
 * full, read-only after a failover, or with an invalid value, which is deleted (redis-gate.ts). A wave of keys is one round
 * trip: one script for each slot that it needs, all sent at once, with what else is looked for in the same turn of the event loop:
 * ten thousand callers who look for one key ask once.
 */
import { randomBytes } from 'node:crypto';
import { connectRedis } from '../../redis/index.ts';
import { Batched } from '../batched.ts';
import type { CacheEntry, CacheStore, NewEntry, Soon } from '../cache-store.ts';
import { StoreCounts } from '../store-counts.ts';
import { type CacheName, cacheNames, cacheOfKey, type StoreState } from '../store-stats.ts';
import {
  EntryDecoder,
  type EntryWrite,
  encodePart,
  maxOverhead,
  packWrite,
  type RemoteEntry,
  tokenCharacters,
} from './entry-format.ts';
import { RedisGate } from './redis-gate.ts';
import { type EntryKey, purgeTag, RedisKeys, tagName } from './redis-keys.ts';
import { removeEntries, sizesOf } from './redis-scan.ts';
import {
  claimScript,
  followScript,
  heldScript,
  invalidateScript,
  journalScript,
  readScript,
  releaseScript,
  writeScript,
} from './redis-scripts.ts';
import { RemoteLeases } from './remote-leases.ts';

/**
 * `disconnected`: no connection · `breaker_open`: it failed several times and is not called for a while · `refusing`:
 * it answers every command with an error (a missing password or permission, not a Redis server) · `ready`
 */
export type RedisState = StoreState;

export interface RedisStoreOptions {
  /** In a form of `parseRedisUrl`. */
  readonly url: string;
  /** The prefix of all keys, so that several applications can share a server. @default 'isthmus:' */
  readonly prefix?: string;
  /** The time limit of a command. @default 100 */
  readonly commandTimeoutMs?: number;
  /** How long the breaker stays open after five consecutive failures. @default 2_000 */
  readonly breakerSleepMs?: number;
  /** The bound of a value that is stored or read. @default 8_000_000 */
  readonly maxValueBytes?: number;
  /** The maximum TTL of an entry, also the default. @default 7 days */
  readonly maxTtlMs?: number;
  /** The bound of pending calls; further ones are misses. @default 1_000 */
  readonly maxPending?: number;
  /** Called at every change of state, with the reason if there is one: for the log and a metric. */
  readonly onStateChange?: (state: RedisState, reason: string | undefined) => void;
}

/** What has been invalidated since it was last asked for. */
export interface JournalNews {
  readonly token: string;
  readonly length: number;
  /** The names of tags; undefined: any may have been. */
  readonly names: readonly string[] | undefined;
}

export interface RedisStore extends CacheStore {
  readonly state: RedisState;
  getMany(keys: readonly string[]): Promise<readonly (RemoteEntry | undefined)[]>;
  /** @returns undefined where Redis does not answer */
  follow(last: Pick<JournalNews, 'token' | 'length'>): Promise<JournalNews | undefined>;
}

type Argument = string | number | Buffer;

/** The commands that `scripts` adds to the client. */
interface Scripts {
  isthmusReadBuffer(keys: number, ...keysAndArguments: readonly Argument[]): Promise<unknown>;
  isthmusWrite(keys: number, ...keysAndArguments: readonly Argument[]): Promise<unknown>;
  isthmusInvalidate(tag: string, mark: string, token: string, rememberedMs: number): Promise<unknown>;
  isthmusClaim(keys: number, ...keysAndArguments: readonly Argument[]): Promise<unknown>;
  isthmusHeld(keys: number, ...names: readonly Argument[]): Promise<unknown>;
  isthmusRelease(keys: number, ...keysAndArguments: readonly Argument[]): Promise<unknown>;
  isthmusJournal(...keysAndArguments: readonly Argument[]): Promise<unknown>;
  isthmusFollow(...keysAndArguments: readonly Argument[]): Promise<unknown>;
}

/** Longer than computing any value takes. */
const invalidationTtlMs = 600_000;
/** An answer’s, with that of its cache. */
const maxTags = 61;
/** Of one script: Redis does nothing else meanwhile. */
const maxKeys = 1_000;
/** Of a wave that one server answers: smaller parts overlap no better. */
const keysOfPart = 128;
const maxReplyBytes = 32_000_000;
const maxWriteBytes = 4_000_000;
const maxJournal = 10_000;
const journalTtlMs = 86_400_000;

/** Of keys, in their order. */
type Entries = readonly (RemoteEntry | undefined)[];

interface Read {
  readonly keys: readonly string[];
  readonly resolve: (entries: Entries) => void;
}

interface Write extends EntryWrite {
  readonly key: EntryKey;
}

export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const { url, prefix = 'isthmus:', commandTimeoutMs = 100, breakerSleepMs = 2_000, maxPending = 1_000 } = options;
  const { maxValueBytes = 8_000_000, maxTtlMs = 7 * 86_400_000, onStateChange } = options;
  const counts = new StoreCounts();
  const connection = connectRedis<Scripts>({
    url,
    scripts: {
      isthmusRead: { lua: readScript },
      isthmusWrite: { lua: writeScript },
      isthmusInvalidate: { lua: invalidateScript, numberOfKeys: 2 },
      isthmusClaim: { lua: claimScript },
      isthmusHeld: { lua: heldScript },
      isthmusRelease: { lua: releaseScript },
      isthmusJournal: { lua: journalScript, numberOfKeys: 2 },
      isthmusFollow: { lua: followScript, numberOfKeys: 2 },
    },
    onReady: () => void gate.probe(() => read(0, [keys.entry('').name])),
    onClose: (reason) => gate.report(reason),
  });
  const { client } = connection;
  const keys = new RedisKeys(prefix, connection.isCluster);
  const slots = keys.slots.length;
  const gate: RedisGate = new RedisGate(connection, {
    slots,
    commandTimeoutMs,
    breakerSleepMs,
    maxPending,
    counts,
    onStateChange,
  });
  const journalKeys = [keys.journal, `${keys.journal}:names`];
  const leases = new RemoteLeases({
    take: (names, holder, ttlMs) =>
      ofLeases(names, (chunk) => client.isthmusClaim(chunk.length, ...chunk, holder, Math.ceil(ttlMs))),
    areTaken: (names) => ofLeases(names, (chunk) => client.isthmusHeld(chunk.length, ...chunk)),
    release: (names, holder) => ofLeases(names, (chunk) => client.isthmusRelease(chunk.length, ...chunk, holder)),
  });

  /** Runs a script for the leases of each slot. @returns undefined for those whose slot does not answer */
  async function ofLeases(
    names: readonly string[],
    script: (chunk: readonly string[]) => Promise<unknown>,
  ): Promise<readonly (boolean | undefined)[]> {
    const leaseKeys = names.map((name) => keys.lease(name));
    const outcomes: (boolean | undefined)[] = names.map(() => undefined);
    const ask = async (slot: number, indexes: readonly number[]): Promise<void> => {
      const reply = await gate.send(slot, () => script(indexes.map((index) => nameAt(leaseKeys, index))));
      for (const [position, index] of indexes.entries())
        if (Array.isArray(reply)) outcomes[index] = reply[position] === 1;
    };
    await Promise.all(chunksBySlot(leaseKeys).map(([slot, indexes]) => ask(slot, indexes)));
    return outcomes;
  }

  function read(slot: number, names: readonly string[]): Promise<unknown> {
    const bounds = [keys.tagPrefix(slot), maxValueBytes + maxOverhead, maxReplyBytes];
    return client.isthmusReadBuffer(names.length, ...names, ...bounds);
  }

  const reads = new Batched<Read>((list) => void readAll(list), setImmediate);

  async function readAll(list: readonly Read[]): Promise<void> {
    const [first] = list;
    if (first !== undefined && list.length === 1) {
      first.resolve(await readEntries(first.keys));
      return;
    }
    const all = [...new Set(list.flatMap((read) => read.keys))];
    const entries = await readEntries(all);
    const byKey = new Map(all.map((key, index) => [key, entries[index]]));
    for (const { keys: ofRead, resolve } of list) resolve(ofRead.map((key) => byKey.get(key)));
  }

  /**
   * In parts, none of which waits for another: Redis looks for the first while the keys of the next are made, and for these
   * while its answers are decoded. Of a cluster, that has a part for each slot anyway, all at once.
   */
  const partLength = connection.isCluster ? maxKeys : keysOfPart;

  async function readEntries(list: readonly string[]): Promise<Entries> {
    const entries: (RemoteEntry | undefined)[] = list.map(() => undefined);
    const parts: Promise<unknown>[] = [];
    for (let from = 0; from < list.length; from += partLength) {
      const entryKeys = list.slice(from, from + partLength).map((key) => keys.entry(key));
      for (const [slot, indexes] of chunksBySlot(entryKeys))
        parts.push(
          readChunk(
            slot,
            indexes.map((index) => [from + index, nameAt(entryKeys, index)]),
          ),
        );
    }
    async function readChunk(slot: number, places: readonly (readonly [index: number, name: string])[]): Promise<void> {
      const reply = await gate.send(slot, () =>
        read(
          slot,
          places.map(([, name]) => name),
        ),
      );
      if (!Array.isArray(reply)) return;
      const [now, ...values] = reply as readonly unknown[];
      const decoder = new EntryDecoder(Number(now), maxValueBytes);
      for (const [position, [index, name]] of places.entries()) {
        const bytes = values[position];
        if (!Buffer.isBuffer(bytes)) continue;
        const entry = decoder.decode(bytes);
        entries[index] = entry;
        if (entry === undefined) void gate.send(slot, () => client.unlink(name));
      }
    }
    await Promise.all(parts);
    return entries;
  }

  async function getMany(list: readonly string[]): Promise<readonly (RemoteEntry | undefined)[]> {
    const entries = await new Promise<Entries>((resolve) => reads.add({ keys: list, resolve }));
    for (const [index, key] of list.entries()) counts.lookup(key, entries[index]);
    return entries;
  }

  async function get(key: string): Promise<CacheEntry | undefined> {
    const [entry] = await getMany([key]);
    return entry;
  }

  function writeOf({
    key,
    value,
    ttlMs = maxTtlMs,
    staleMs = 0,
    tags = [],
    readMsAgo = 0,
  }: NewEntry): Write | undefined {
    const bytes = asBuffer(value);
    const freshMs = Math.ceil(Math.min(ttlMs, maxTtlMs));
    const staleTtlMs = Math.ceil(Math.min(staleMs, maxTtlMs));
    const fits = bytes.byteLength <= maxValueBytes && tags.length < maxTags && freshMs + staleTtlMs > 0;
    if (!fits) return undefined;
    counts.of(key).sets++;
    const tagNames = [...new Set([purgeTag(cacheOfKey(key)), ...tags])].map(tagName);
    const part = encodePart(bytes, tagNames);
    return {
      key: keys.entry(key),
      part,
      ttlMs: freshMs,
      staleMs: staleTtlMs,
      readMsAgo: Math.ceil(readMsAgo),
      tagNames,
    };
  }

  async function setMany(list: readonly NewEntry[]): Promise<void> {
    const writes: Write[] = [];
    const calls: unknown[] = [];
    for (const entry of list) {
      const write = writeOf(entry);
      if (write !== undefined) writes.push(write);
      // A value that cannot be stored still invalidates the previous one.
      else calls.push(remove(entry.key));
    }
    for (const [slot, indexes] of chunksBySlot(writes.map(({ key }) => key))) {
      let chunk: Write[] = [];
      let bytes = 0;
      for (const index of indexes) {
        const write = writes[index] as Write;
        if (chunk.length > 0 && bytes + write.part.length > maxWriteBytes) {
          calls.push(writeChunk(slot, chunk));
          chunk = [];
          bytes = 0;
        }
        chunk.push(write);
        bytes += write.part.length;
      }
      calls.push(writeChunk(slot, chunk));
    }
    await Promise.all(calls);
  }

  function writeChunk(slot: number, writes: readonly Write[]): Promise<unknown> | undefined {
    const tagPrefix = keys.tagPrefix(slot);
    const numbers = new Map<string, number>();
    const entries = writes.map((write) => {
      for (const name of write.tagNames) if (!numbers.has(name)) numbers.set(name, numbers.size + 1);
      return packWrite(write, numbers);
    });
    const names = [...numbers.keys()];
    const scriptKeys = [
      keys.mark(slot),
      ...writes.map(({ key }) => key.name),
      ...names.map((name) => tagPrefix + name),
    ];
    return gate.send(slot, () =>
      client.isthmusWrite(scriptKeys.length, ...scriptKeys, writes.length, token(), Buffer.concat(entries), ...names),
    );
  }

  function remove(key: string): Soon<void> {
    const { slot, name } = keys.entry(key);
    return gate.send(slot, () => client.unlink(name))?.then(() => undefined);
  }

  async function invalidate(tag: string): Promise<boolean> {
    const name = tagName(tag);
    const writes = keys.slots.map((_, slot) =>
      gate.send(slot, () =>
        client.isthmusInvalidate(keys.tagPrefix(slot) + name, keys.mark(slot), token(), invalidationTtlMs),
      ),
    );
    const outcomes = await Promise.all(writes);
    // After the tag: who follows the journal must not read an entry of before again.
    const journal = [...journalKeys, token(), name, maxJournal, journalTtlMs];
    const isListed = await gate.send(0, () => client.isthmusJournal(...journal));
    return isListed === 1 && outcomes.every((outcome) => outcome === 1);
  }

  async function purge(cache: CacheName | undefined): Promise<boolean> {
    const tags = (cache === undefined ? cacheNames : [cache]).map(purgeTag);
    const outcomes = await Promise.all(tags.map(invalidate));
    // Nobody reads it any more: what is left of it is removed for its memory.
    return outcomes.every((isDone) => isDone) && removeEntries(connection, keys.entryPattern(cache));
  }

  return {
    get state() {
      return gate.state;
    },
    get,
    getMany,
    set: (key, value, stored) => setMany([{ key, value, ...stored }]),
    setMany,
    delete: remove,
    invalidate(tag) {
      counts.invalidations++;
      return invalidate(tag);
    },
    claim: (list, ttlMs) => leases.claim(list, ttlMs),
    async follow({ token: last, length }) {
      const parameters = [...journalKeys, last, length, token(), journalTtlMs];
      const reply = await gate.send(0, () => client.isthmusFollow(...parameters));
      if (!Array.isArray(reply)) return undefined;
      const [current, total, isWhole, ...names] = reply as readonly unknown[];
      return { token: String(current), length: Number(total), names: isWhole === 1 ? names.map(String) : undefined };
    },
    async stats({ withSizes = false } = {}) {
      const sizes = withSizes && gate.state === 'ready' ? await sizesOf(connection, keys.entryPattern(undefined)) : {};
      return counts.stats('redis', gate.state, sizes);
    },
    purge,
    async close() {
      gate.close();
      connection.close();
    },
  };
}

/** The indexes of the keys of each slot, up to so many together. */
function chunksBySlot(entryKeys: readonly EntryKey[]): readonly (readonly [number, readonly number[]])[] {
  const chunks: [number, number[]][] = [];
  const open = new Map<number, number[]>();
  for (const [index, { slot }] of entryKeys.entries()) {
    let indexes = open.get(slot);
    if (indexes === undefined || indexes.length >= maxKeys) {
      indexes = [];
      open.set(slot, indexes);
      chunks.push([slot, indexes]);
    }
    indexes.push(index);
  }
  return chunks;
}

function nameAt(entryKeys: readonly EntryKey[], index: number): string {
  return entryKeys[index]?.name ?? '';
}

function asBuffer(value: Uint8Array | string): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

function token(): string {
  return randomBytes(6).toString('base64url').slice(0, tokenCharacters);
}
