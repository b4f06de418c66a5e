/**
 * Cached bytes in Redis, for many gateways: the door of `ioredis`.
 *
 * Whatever happens to Redis, it is a miss within `commandTimeoutMs`: down at the start or later, paused, slow, full,
 * read-only after a failover, or holding what is no entry (which is deleted). While there is no connection nothing
 * waits at all; after five failures in a row it is left alone for `restMs`, so that not every request pays the timeout.
 * A lost connection is made again within 5 s of Redis being back.
 *
 * Keys in Redis are hashes behind a prefix: nothing a user wrote is part of one.
 */
import { hash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Redis, ReplyError } from 'ioredis';
import { messageOf } from '../errors/index.ts';
import { Breaker } from './breaker.ts';
import type { CacheEntry, CacheStore, Soon, StoreOptions } from './cache-store.ts';
import { invalidateScript, readScript, writeScript } from './redis-scripts.ts';

/**
 * `away`: no connection · `resting`: it failed several times and is left alone · `refusing`: it answers every command
 * with an error (a password or a permission that is missing, a server that is none) · `ready`
 */
export type RedisState = 'away' | 'resting' | 'refusing' | 'ready';

export interface RedisStoreOptions {
  /** `redis://[user:password@]host:port[/database]`, or `rediss://` for TLS. */
  readonly url: string;
  /** What all keys begin with, so that several applications can share a server. @default 'isthmus:' */
  readonly prefix?: string;
  /** The longest a command may take. @default 100 */
  readonly commandTimeoutMs?: number;
  /** How long Redis is left alone after five failures in a row. @default 2_000 */
  readonly restMs?: number;
  /** The largest value that is stored or read. @default 8_000_000 */
  readonly maxValueBytes?: number;
  /** The longest an entry is kept, also where none is said. @default 7 days */
  readonly maxTtlMs?: number;
  /** How many commands may be waiting for Redis; one more is a miss. @default 1_000 */
  readonly maxPending?: number;
  /** Told of every change, with the reason where there is one: for the log and a metric. */
  readonly onStateChange?: (state: RedisState, reason: string | undefined) => void;
}

export interface RedisStore extends CacheStore {
  readonly state: RedisState;
}

/** What `scripts` adds to the client. */
interface Scripts {
  isthmusReadBuffer(key: string, tagPrefix: string, maxBytes: number): Promise<unknown>;
  isthmusWrite(keys: number, ...keysAndArguments: readonly (string | number | Buffer)[]): Promise<unknown>;
  isthmusInvalidate(key: string, token: string, rememberedMs: number): Promise<unknown>;
}

const failuresBeforeRest = 5;
/** As many refusals with nothing granted in between: a full or read-only server still lets us read. */
const refusalsInARow = 10;
/** The longest wait before connecting again; with the connection's own second it stays below 5. */
const maxReconnectMs = 2_000;
/** Longer than any value takes to be made. */
const invalidationRememberedMs = 600_000;
const maxTags = 60;
/** The longest line an entry may begin with, with that many tags. */
const maxLineBytes = 4_096;
/** How often a read-only server makes us connect again, to be led to the one that took over. */
const readOnlyReconnectMs = 5_000;

export function createRedisStore(options: RedisStoreOptions): RedisStore {
  const { url, prefix = 'isthmus:', commandTimeoutMs = 100, restMs = 2_000, maxValueBytes = 8_000_000 } = options;
  const { maxTtlMs = 7 * 86_400_000, maxPending = 1_000, onStateChange } = options;
  const tagPrefix = `${prefix}t:`;
  let reportedState: RedisState | undefined;
  let pending = 0;
  let closed = false;
  let readOnlyAt = Number.NEGATIVE_INFINITY;
  let refusals = 0;
  /** What it says, while it refuses everything. */
  let refusal: string | undefined;
  let refusedAt = 0;

  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    commandTimeout: commandTimeoutMs,
    connectTimeout: 1_000,
    // A paused server does not close its end: then the connection is cut.
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
    },
  }) as Redis & Scripts;

  const breaker = new Breaker({
    failures: failuresBeforeRest,
    restMs,
    onChange: (open) => {
      // The connection may be a dead one that nobody has closed: a new one shows whether Redis is there.
      if (open && redis.status === 'ready') redis.disconnect(true);
      tell(undefined);
    },
  });

  function stateNow(): RedisState {
    if (breaker.open) return 'resting';
    if (redis.status !== 'ready') return 'away';
    return refusal === undefined ? 'ready' : 'refusing';
  }

  function tell(reason: string | undefined): void {
    const state = stateNow();
    if (closed || state === reportedState) return;
    reportedState = state;
    onStateChange?.(state, reason);
  }

  // A connection is no answer: whether we may read shows when we do.
  redis.on('ready', () => {
    refusal = undefined;
    refusals = refusalsInARow;
    void read(entryKey('')).then(() => tell(refusal));
  });
  let lastError: string | undefined;
  redis.on('error', ({ message }: Error) => {
    lastError = message;
  });
  redis.on('close', () => tell(lastError));

  /** Whether Redis can be asked at all; where not, a miss costs nothing. */
  function reachable(): boolean {
    if (closed || redis.status !== 'ready' || pending >= maxPending) return false;
    if (refusal === undefined) return breaker.admit();
    if (performance.now() < refusedAt + restMs) return false;
    refusedAt = performance.now();
    return breaker.admit();
  }

  function granted(): void {
    refusals = 0;
    if (refusal === undefined) return;
    refusal = undefined;
    tell(undefined);
  }

  function refused(reason: string): void {
    refusals++;
    if (refusals <= refusalsInARow) return;
    refusedAt = performance.now();
    if (refusal !== undefined) return;
    refusal = reason;
    tell(reason);
  }

  async function ask<Reply>(command: () => Promise<Reply>): Promise<Reply | undefined> {
    pending++;
    try {
      const reply = await command();
      breaker.succeeded();
      granted();
      return reply;
    } catch (error) {
      // A server that answers with an error (full, read-only, loading) costs a round trip, and may still be read.
      if (error instanceof ReplyError) {
        breaker.succeeded();
        refused(messageOf(error));
      } else breaker.failed();
      return undefined;
    } finally {
      pending--;
    }
  }

  const entryKey = (key: string): string => `${prefix}e:${hash('sha256', key, 'hex')}`;
  const tagName = (tag: string): string => hash('sha256', tag, 'hex').slice(0, 32);

  async function read(key: string): Promise<CacheEntry | undefined> {
    const reply = await ask(() => redis.isthmusReadBuffer(key, tagPrefix, maxValueBytes + maxLineBytes));
    if (reply === undefined || reply === null) return undefined;
    const entry = readEntry(reply);
    if (entry === 'bad') void ask(() => redis.unlink(key));
    return entry === 'bad' ? undefined : entry;
  }

  async function write(
    key: string,
    value: Buffer,
    ttlMs: number,
    staleMs: number,
    stored: StoreOptions,
  ): Promise<void> {
    const names = (stored.tags ?? []).map(tagName);
    const readMsAgo = Math.ceil(stored.readMsAgo ?? 0);
    const line = [value, ttlMs, staleMs, readMsAgo, crc32(value).toString(16), token(), ...names];
    await ask(() => redis.isthmusWrite(1 + names.length, key, ...names.map((name) => tagPrefix + name), ...line));
  }

  function remove(key: string): Soon<void> {
    if (reachable()) return ask(() => redis.unlink(key)).then(() => undefined);
  }

  return {
    get state() {
      return stateNow();
    },
    get: (key) => (reachable() ? read(entryKey(key)) : undefined),
    set(key, value, stored = {}) {
      const bytes = asBuffer(value);
      const ttlMs = Math.ceil(Math.min(stored.ttlMs ?? maxTtlMs, maxTtlMs));
      const staleMs = Math.ceil(Math.min(stored.staleMs ?? 0, maxTtlMs));
      const fits = bytes.byteLength <= maxValueBytes && (stored.tags?.length ?? 0) <= maxTags && ttlMs + staleMs > 0;
      // What cannot be stored takes the place of what was there all the same.
      if (!fits) return remove(entryKey(key));
      if (reachable()) return write(entryKey(key), bytes, ttlMs, staleMs, stored);
    },
    delete: (key) => remove(entryKey(key)),
    invalidate(tag) {
      if (!reachable()) return false;
      return ask(() => redis.isthmusInvalidate(tagPrefix + tagName(tag), token(), invalidationRememberedMs)).then(
        (reply) => reply === 1,
      );
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

function token(): string {
  return randomBytes(12).toString('hex');
}

/** Redis's values are outside data: anyone who reaches the server may have written them. */
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
