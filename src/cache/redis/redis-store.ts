/**
 * A cache store in Redis, shared by several gateways.
 *
 * Whatever state Redis is in, a call is a miss within `commandTimeoutMs`: down at the start or later, paused, slow,
 * full, read-only after a failover, or with an invalid value (which is deleted). Without a connection calls do not wait
 * at all; after five consecutive failures the breaker opens for `breakerSleepMs`, so that not every request pays the timeout. A
 * lost connection is re-established within 5 s of Redis being available.
 *
 * Keys in Redis are hashes with a prefix: they contain no user input.
 */
import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type * as IoRedis from 'ioredis';
import type { Redis } from 'ioredis';
import { messageOf } from '../../errors/index.ts';
import { packageOnDemand } from '../../lib/index.ts';
import type { CacheEntry, CacheStore, NewEntry, Soon, StoreOptions } from '../cache-store.ts';
import { StoreCounts } from '../store-counts.ts';
import { type CacheName, cacheNames, cacheOfKey, type StoreState } from '../store-stats.ts';
import { Breaker } from './breaker.ts';
import { invalidateScript, readScript, releaseScript, writeScript } from './redis-scripts.ts';
import { RemoteLeases } from './remote-leases.ts';

const ioredis = packageOnDemand<typeof IoRedis>('ioredis');

/**
 * `disconnected`: no connection · `breaker_open`: it failed several times and is not called for a while · `refusing`:
 * it answers every command with an error (a missing password or permission, not a Redis server) · `ready`
 */
export type RedisState = StoreState;

export interface RedisStoreOptions {
  /** `redis://[user:password@]host:port[/database]`, or `rediss://` for TLS. */
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
  /** The bound of pending commands; further ones are misses. @default 1_000 */
  readonly maxPending?: number;
  /** Called at every change of state, with the reason if there is one: for the log and a metric. */
  readonly onStateChange?: (state: RedisState, reason: string | undefined) => void;
}

export interface RedisStore extends CacheStore {
  readonly state: RedisState;
}

/** The commands that `scripts` adds to the client. */
interface Scripts {
  isthmusReadBuffer(key: string, tagPrefix: string, maxBytes: number): Promise<unknown>;
  isthmusWrite(keys: number, ...keysAndArguments: readonly (string | number | Buffer)[]): Promise<unknown>;
  isthmusInvalidate(key: string, token: string, rememberedMs: number): Promise<unknown>;
  isthmusRelease(key: string, token: string): Promise<unknown>;
}

const maxFailures = 5;
/**
 * The number of consecutive refusals without a success that count as refusing everything: a full or read-only server
 * still permits reads.
 */
const maxConsecutiveRefusals = 10;
/** The maximum delay before reconnecting; with the connect timeout of a second it stays below 5. */
const maxReconnectMs = 2_000;
/** Longer than computing any value takes. */
const invalidationTtlMs = 600_000;
const maxTags = 60;
/** The maximum length of an entry's first line, with that many tags. */
const maxLineBytes = 4_096;
/** How often a read-only server causes a reconnect, to reach the new primary. */
const readOnlyReconnectMs = 5_000;

export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const {
    url,
    prefix = 'isthmus:',
    commandTimeoutMs = 100,
    breakerSleepMs = 2_000,
    maxValueBytes = 8_000_000,
  } = options;
  const { maxTtlMs = 7 * 86_400_000, maxPending = 1_000, onStateChange } = options;
  const tagPrefix = `${prefix}t:`;
  let reportedState: RedisState | undefined;
  let pending = 0;
  let closed = false;
  let readOnlyAt = Number.NEGATIVE_INFINITY;
  let refusals = 0;
  /** The error, while Redis refuses every command. */
  let refusal: string | undefined;
  let refusedAt = 0;
  const counts = new StoreCounts();
  const leases = new RemoteLeases({
    take: (keys, holder, ttlMs) =>
      together(keys, async (key) => (await redis.set(leaseKey(key), holder, 'PX', Math.ceil(ttlMs), 'NX')) === 'OK'),
    areTaken: (keys) => together(keys, async (key) => (await redis.exists(leaseKey(key))) === 1),
    release: (keys, holder) => together(keys, (key) => redis.isthmusRelease(leaseKey(key), holder)),
  });

  /** Sends a command for each key at once. @returns undefined unless all are answered */
  async function together<Reply>(
    keys: readonly string[],
    command: (key: string) => Promise<Reply>,
  ): Promise<readonly Reply[] | undefined> {
    if (!canSend()) return undefined;
    return send(() => Promise.all(keys.map(command)));
  }

  const { Redis, ReplyError } = ioredis();
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 1_000,
    // A paused server does not close its end: then the connection is destroyed.
    disconnectTimeout: 200,
    maxLoadingRetryTime: 1_000,
    disableClientInfo: true,
    retryStrategy: (times: number) =>
      Math.min(50 * 2 ** Math.min(times, 10), maxReconnectMs) * (0.8 + Math.random() / 5),
    reconnectOnError: ({ message }: Error) => {
      if (!message.startsWith('READONLY') || performance.now() < readOnlyAt + readOnlyReconnectMs) return false;
      readOnlyAt = performance.now();
      return true;
    },
    scripts: {
      isthmusRead: { lua: readScript, numberOfKeys: 1 },
      isthmusWrite: { lua: writeScript },
      isthmusInvalidate: { lua: invalidateScript, numberOfKeys: 1 },
      isthmusRelease: { lua: releaseScript, numberOfKeys: 1 },
    },
  }) as Redis & Scripts;

  const breaker = new Breaker({
    failures: maxFailures,
    breakerSleepMs,
    onChange: (open) => {
      // The connection may be half-open: a new one shows whether Redis is canSend.
      if (open && redis.status === 'ready') redis.disconnect(true);
      report(undefined);
    },
  });

  function currentState(): RedisState {
    if (breaker.open) return 'breaker_open';
    if (redis.status !== 'ready') return 'disconnected';
    return refusal === undefined ? 'ready' : 'refusing';
  }

  function report(reason: string | undefined): void {
    const state = currentState();
    if (closed || state === reportedState) return;
    reportedState = state;
    onStateChange?.(state, reason);
  }

  // A connection does not prove permission to read: a read does.
  redis.on('ready', () => {
    refusal = undefined;
    refusals = maxConsecutiveRefusals;
    void read(entryKey('')).then(() => report(refusal));
  });
  let lastError: string | undefined;
  redis.on('error', ({ message }: Error) => {
    lastError = message;
  });
  redis.on('close', () => report(lastError));

  /** Whether a command can be sent; otherwise a miss costs nothing. */
  function canSend(): boolean {
    if (closed || redis.status !== 'ready' || pending >= maxPending) return false;
    if (refusal === undefined) return breaker.admit();
    if (performance.now() < refusedAt + breakerSleepMs) return false;
    refusedAt = performance.now();
    return breaker.admit();
  }

  function succeed(): void {
    refusals = 0;
    if (refusal === undefined) return;
    refusal = undefined;
    report(undefined);
  }

  function refuse(reason: string): void {
    refusals++;
    if (refusals <= maxConsecutiveRefusals) return;
    refusedAt = performance.now();
    if (refusal !== undefined) return;
    refusal = reason;
    report(reason);
  }

  async function send<Reply>(command: () => Promise<Reply>): Promise<Reply | undefined> {
    pending++;
    try {
      const reply = await command();
      breaker.succeeded();
      succeed();
      return reply;
    } catch (error) {
      counts.failures++;
      // A server that answers with an error (full, read-only, loading) costs a round trip, and may still permit reads.
      if (error instanceof ReplyError) {
        breaker.succeeded();
        refuse(messageOf(error));
      } else breaker.failed();
      return undefined;
    } finally {
      pending--;
    }
  }

  const entryKey = (key: string): string => `${prefix}e:${cacheOfKey(key)}:${hash('sha256', key, 'hex')}`;
  const leaseKey = (key: string): string => `${prefix}l:${hash('sha256', key, 'hex')}`;
  const tagName = (tag: string): string => hash('sha256', tag, 'hex').slice(0, 32);

  async function read(key: string): Promise<CacheEntry | undefined> {
    const reply = await send(() => redis.isthmusReadBuffer(key, tagPrefix, maxValueBytes + maxLineBytes));
    if (reply === undefined || reply === null) return undefined;
    const entry = readEntry(reply);
    if (entry === 'bad') void send(() => redis.unlink(key));
    return entry === 'bad' ? undefined : entry;
  }

  async function write(
    cache: CacheName,
    key: string,
    value: Buffer,
    ttlMs: number,
    staleMs: number,
    stored: StoreOptions,
  ): Promise<void> {
    const names = [...(stored.tags ?? []), purgeTag(cache)].map(tagName);
    const readMsAgo = Math.ceil(stored.readMsAgo ?? 0);
    const line = [value, ttlMs, staleMs, readMsAgo, crc32(value).toString(16), token(), ...names];
    await send(() => redis.isthmusWrite(1 + names.length, key, ...names.map((name) => tagPrefix + name), ...line));
  }

  function remove(key: string): Soon<void> {
    if (canSend()) return send(() => redis.unlink(key)).then(() => undefined);
  }

  function get(key: string): Soon<CacheEntry | undefined> {
    if (canSend()) return read(entryKey(key)).then((entry) => counts.lookup(key, entry));
    counts.failures++;
    return counts.lookup(key, undefined);
  }

  function set(key: string, value: Uint8Array | string, stored: StoreOptions = {}): Soon<void> {
    const bytes = asBuffer(value);
    const ttlMs = Math.ceil(Math.min(stored.ttlMs ?? maxTtlMs, maxTtlMs));
    const staleMs = Math.ceil(Math.min(stored.staleMs ?? 0, maxTtlMs));
    const fits = bytes.byteLength <= maxValueBytes && (stored.tags?.length ?? 0) <= maxTags && ttlMs + staleMs > 0;
    // A value that cannot be stored still invalidates the previous one.
    if (!fits) return remove(entryKey(key));
    counts.of(key).sets++;
    if (canSend()) return write(cacheOfKey(key), entryKey(key), bytes, ttlMs, staleMs, stored);
  }

  async function setMany(entries: readonly NewEntry[]): Promise<void> {
    await Promise.all(entries.map(({ key, value, ...stored }) => set(key, value, stored)));
  }

  async function invalidate(tag: string): Promise<boolean> {
    if (!canSend()) return false;
    const write = () => redis.isthmusInvalidate(tagPrefix + tagName(tag), token(), invalidationTtlMs);
    return (await send(write)) === 1;
  }

  async function purge(cache: CacheName | undefined): Promise<boolean> {
    const tags = (cache === undefined ? cacheNames : [cache]).map(purgeTag);
    const outcomes = await Promise.all(tags.map(invalidate));
    if (outcomes.includes(false)) return false;
    // What nobody may read any more is removed, too.
    let cursor = '0';
    do {
      const scan = () => redis.scan(cursor, 'MATCH', `${prefix}e:${cache ?? '*'}:*`, 'COUNT', 1_000);
      const page = canSend() ? await send(scan) : undefined;
      if (page === undefined) return false;
      const [next, keys] = page;
      if (keys.length > 0 && (await send(() => redis.unlink(...keys))) === undefined) return false;
      cursor = next;
    } while (cursor !== '0');
    return true;
  }

  return {
    get state() {
      return currentState();
    },
    get,
    getMany: (keys) => Promise.all(keys.map(get)),
    set,
    setMany,
    claim: (keys, ttlMs) => leases.claim(keys, ttlMs),
    stats: () => counts.stats('redis', currentState(), {}),
    purge,
    delete: (key) => remove(entryKey(key)),
    invalidate(tag) {
      counts.invalidations++;
      return invalidate(tag);
    },
    async close() {
      closed = true;
      redis.disconnect();
    },
  };
}

function asBuffer(value: Uint8Array | string): Buffer {
  return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

/** Every entry of a cache has it. */
function purgeTag(cache: CacheName): string {
  return `cache ${cache}`;
}

function token(): string {
  return randomBytes(12).toString('hex');
}

/** Redis's values are untrusted: anyone with access to the server may have written them. */
function readEntry(reply: unknown): CacheEntry | 'bad' {
  const [now, bytes] = Array.isArray(reply) ? (reply as readonly unknown[]) : [];
  if (typeof now !== 'number' || !Buffer.isBuffer(bytes)) return 'bad';
  const end = bytes.indexOf(10);
  const line = /^i1 (\d{1,15}) (\d{1,15}) ([0-9a-f]{1,8})(?: |$)/.exec(bytes.toString('latin1', 0, Math.max(end, 0)));
  if (line === null) return 'bad';
  const value = bytes.subarray(end + 1);
  if (crc32(value) !== Number.parseInt(line[3] ?? '', 16)) return 'bad';
  return { value, ageMs: Math.max(0, now - Number(line[1])), freshMs: Number(line[2]) - now };
}
