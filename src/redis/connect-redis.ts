/**
 * A connection to Redis or Valkey: one server, the primary that Sentinels name, or a cluster. The only import of `ioredis`.
 *
 * Nothing waits for a connection: while there is none, commands are rejected at once. A lost connection is made again within 5 s
 * of the server being available; so is one whose server has become read-only after a failover, or answers nothing for a second.
 */
import type * as IoRedis from 'ioredis';
import type { Cluster, Redis, RedisOptions, SentinelConnectionOptions } from 'ioredis';
import { invariant, packageOnDemand, parseRedisUrl, type RedisAddress } from '../lib/index.ts';
import { endSilentConnection } from './silent-connection.ts';

const ioredis = packageOnDemand<typeof IoRedis>('ioredis');

export interface RedisConnectionOptions {
  /** In a form of `parseRedisUrl`. */
  readonly url: string;
  /** Lua scripts, by the name of the command that they become. */
  readonly scripts: Readonly<Record<string, { readonly lua: string; readonly numberOfKeys?: number }>>;
  /** Called when commands can be sent. */
  readonly onReady: () => void;
  /** Called when the connection is lost or was not made, with the reason if there is one. */
  readonly onClose: (reason: string | undefined) => void;
}

/** What callers use of a client, beside their scripts. */
type RedisCommands = Pick<Redis, 'unlink' | 'exists' | 'get' | 'strlen' | 'dbsize' | 'scan'>;

export interface RedisConnection<Scripts> {
  readonly client: RedisCommands & Scripts;
  /** Whether the keys of a script must be in one slot. */
  readonly isCluster: boolean;
  readonly isReady: boolean;
  readonly lastError: string | undefined;
  /** The servers that keys are spread over. */
  primaries(): readonly RedisCommands[];
  /** Breaks the connection off, which may be half-open, and makes another. Not of a cluster: the other nodes answer. */
  reconnect(): void;
  /** Whether the server answered, with an error: it is full, read-only, loading or denies access. */
  isRefusal(error: unknown): boolean;
  close(): void;
}

/** The maximum delay before reconnecting; with the connect timeout of a second it stays below 5. */
const maxReconnectMs = 2_000;
const connectMs = 1_000;
/** How often a read-only server causes a reconnect, to reach the new primary. */
const readOnlyReconnectMs = 5_000;

export function connectRedis<Scripts>(options: RedisConnectionOptions): RedisConnection<Scripts> {
  const address = parseRedisUrl(options.url);
  invariant(address !== undefined, 'the URL of Redis has been checked');
  const { ReplyError } = ioredis();
  const client = address.kind === 'cluster' ? openCluster(address, options) : openServer(address, options);
  if ('nodes' in client) client.on('+node', endSilentConnection);
  else endSilentConnection(client);
  let lastError: string | undefined;
  let isClosed = false;
  client.on('error', ({ message }: Error) => {
    lastError = message;
  });
  client.on('ready', () => isClosed || options.onReady());
  client.on('close', () => isClosed || options.onClose(lastError));
  return {
    client: client as unknown as RedisCommands & Scripts,
    isCluster: address.kind === 'cluster',
    get isReady() {
      return client.status === 'ready';
    },
    get lastError() {
      return lastError;
    },
    primaries: () => ('nodes' in client ? client.nodes('master') : [client]),
    reconnect() {
      if (!('nodes' in client) && client.status === 'ready') client.disconnect(true);
    },
    isRefusal: (error) => error instanceof ReplyError,
    close() {
      isClosed = true;
      client.disconnect();
    },
  };
}

const retryDelay = (times: number): number =>
  Math.min(50 * 2 ** Math.min(times, 10), maxReconnectMs) * (0.8 + Math.random() / 5);

function commonOptions({ isTls, username, password }: RedisAddress) {
  return {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(isTls ? { tls: {} } : {}),
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: connectMs,
    // A paused server does not close its end: then the connection is destroyed.
    disconnectTimeout: 200,
    maxLoadingRetryTime: 1_000,
    disableClientInfo: true,
  } satisfies RedisOptions & SentinelConnectionOptions & { disconnectTimeout: number };
}

function openServer(address: RedisAddress, { url, scripts }: RedisConnectionOptions): Redis {
  const { Redis } = ioredis();
  const { kind, database, isTls } = address;
  let readOnlyAt = Number.NEGATIVE_INFINITY;
  const common = {
    ...commonOptions(address),
    scripts: { ...scripts },
    enableOfflineQueue: false,
    retryStrategy: retryDelay,
    reconnectOnError: ({ message }: Error) => {
      if (!message.startsWith('READONLY') || performance.now() < readOnlyAt + readOnlyReconnectMs) return false;
      readOnlyAt = performance.now();
      return true;
    },
  };
  if (kind === 'server') return new Redis(url, common);
  const { sentinelUsername, sentinelPassword } = address;
  const sentinel = {
    sentinels: [...address.nodes],
    name: address.primary,
    db: database,
    sentinelRetryStrategy: retryDelay,
    sentinelCommandTimeout: connectMs,
    enableTLSForSentinelMode: isTls,
    ...(isTls ? { sentinelTLS: {} } : {}),
    ...(sentinelUsername === undefined ? {} : { sentinelUsername }),
    ...(sentinelPassword === undefined ? {} : { sentinelPassword }),
    // Told by the Sentinels of a new primary, also where the old one is silent.
    failoverDetector: true,
  } satisfies RedisOptions & SentinelConnectionOptions;
  return new Redis({ ...common, ...sentinel });
}

function openCluster(address: RedisAddress, { scripts }: RedisConnectionOptions): Cluster {
  const { Cluster } = ioredis();
  return new Cluster([...address.nodes], {
    redisOptions: commonOptions(address),
    scripts: { ...scripts },
    enableOfflineQueue: false,
    clusterRetryStrategy: retryDelay,
    // Who waits for an answer does not wait longer than this.
    maxRedirections: 3,
    retryDelayOnFailover: 50,
    retryDelayOnClusterDown: 50,
    retryDelayOnTryAgain: 20,
    slotsRefreshTimeout: connectMs,
    slotsRefreshInterval: 2_000,
  });
}
