/**
 * Counters in Redis, for several gateways: one script and one round trip for a step, whatever it changes. Whatever state
 * Redis is in, a step ends within `commandTimeoutMs`, and at once while there is no connection; a lost one is made again by
 * itself. A step whose answer comes too late is taken back then; one whose answer is lost with the connection may have been
 * counted: what is counted is too much then, never too little.
 *
 * What is leased belongs to a holder, which says that it is alive as long as it has leased anything. Of one that is silent for
 * `leaseMs`, as a process that was killed is, the next step that finds no room gives it back.
 *
 * Keys are hashed. In a cluster all are in one slot, so that a step is one there, too.
 */
import { hash } from 'node:crypto';
import { GatewayError, messageOf } from '../../errors/index.ts';
import { invariant, newId } from '../../lib/index.ts';
import { connectRedis, inTime, type RedisConnection } from '../../redis/index.ts';
import type { BucketTake, TakeOutcome } from '../buckets/token-buckets.ts';
import { checkChanges } from '../check-changes.ts';
import type { CounterChange, Counters, CounterWindow } from '../counters.ts';
import { bucketScript, readTaken, takeValues } from './bucket-script.ts';
import { addScript, aliveScript } from './redis-script.ts';

export interface RedisCountersOptions {
  /** In a form of `parseRedisUrl`. */
  readonly url: string;
  /** The prefix of all keys, so that several applications can share a server. @default 'isthmus:' */
  readonly prefix?: string;
  /** The time limit of a step. @default 1000 */
  readonly commandTimeoutMs?: number;
  /** How long what is leased outlives the last word of its holder. @default 5000 */
  readonly leaseMs?: number;
  /** Milliseconds of the clock that windows are measured with. @default Redis's */
  readonly now?: () => number;
  /** Called at every change, with the reason if there is one. */
  readonly onStateChange?: (isAvailable: boolean, reason: string | undefined) => void;
}

/** A change of counters elsewhere. Nothing is leased of counters with a window. */
export type RemoteChange = CounterChange;

export type RemoteOutcome =
  | {
      readonly kind: 'added';
      /** On Redis's clock. */
      readonly atMs: number;
      /** What each counter has come to, with the one beside it. */
      readonly amounts: readonly number[];
      /** What was leased is leased under this name. */
      readonly lease: string;
    }
  | {
      readonly kind: 'refused';
      readonly index: number;
      readonly roomInMs: number;
      /** Of the counter that has no room, with the one beside it. */
      readonly amount: number;
    };

/** The command that `scripts` adds to the client. */
interface Scripts {
  isthmusAdd(keys: number, ...keysAndArguments: readonly string[]): Promise<unknown>;
  isthmusTake(keys: number, ...keysAndArguments: readonly string[]): Promise<unknown>;
  isthmusAlive(keys: number, ...keysAndArguments: readonly string[]): Promise<unknown>;
}

/** So many steps without an answer, one after another, break the connection off: it may be half-open. */
const maxTimeouts = 3;

/** Says so this often while it lives. */
const wordsPerLease = 4;

export class RedisCounters implements Pick<Counters, 'add' | 'amount'> {
  readonly #options: RedisCountersOptions;
  readonly #redis: RedisConnection<Scripts>;
  readonly #prefix: string;
  readonly #commandTimeoutMs: number;
  readonly #waiting: (() => void)[] = [];
  #isReported: boolean | undefined;
  #timeouts = 0;
  readonly #leaseMs: number;
  /** Names this holder; another one once Redis may have given back what was leased under it. */
  #lease = '';
  /** Until when Redis certainly has it, by `performance.now()`. */
  #leaseEndsAt = Number.NEGATIVE_INFINITY;
  #aliveTimer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: RedisCountersOptions) {
    const { url, prefix = 'isthmus:', commandTimeoutMs = 1_000 } = options;
    this.#options = options;
    this.#commandTimeoutMs = commandTimeoutMs;
    // A step that was sent before it ends has arrived by then, or is given up.
    this.#leaseMs = Math.max(options.leaseMs ?? 5_000, commandTimeoutMs * 2);
    this.#redis = connectRedis<Scripts>({
      url,
      scripts: {
        isthmusAdd: { lua: addScript },
        isthmusAlive: { lua: aliveScript },
        isthmusTake: { lua: bucketScript },
      },
      onReady: () => this.#becomeAvailable(),
      onClose: (reason) => this.#report(false, reason),
    });
    this.#prefix = this.#redis.isCluster ? `${prefix}{c}:` : `${prefix}c:`;
  }

  get isAvailable(): boolean {
    return this.#redis.isReady;
  }

  /** Resolves once there is a connection, or after that time. */
  async connected(timeoutMs: number): Promise<void> {
    if (this.isAvailable) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    this.#waiting.push(resolve);
    await promise;
    clearTimeout(timer);
  }

  #becomeAvailable(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.#report(true, undefined);
  }

  /** Whether what was leased under this name is still leased. */
  isLeased(lease: string): boolean {
    return lease === this.#lease && performance.now() < this.#leaseEndsAt;
  }

  /**
   * Changes all of the counters or none. It is written before this returns.
   * @param lease whose leases are made smaller. Default: those of now
   * @throws GatewayError OVERLOADED where Redis does not answer in time, or not as it should
   */
  async add(changes: readonly RemoteChange[], lease?: string): Promise<RemoteOutcome> {
    checkChanges(changes);
    if (!this.isAvailable) throw unavailable(this.#redis.lastError ?? 'there is no connection');
    const startedAt = performance.now();
    const isLeasing = changes.some(({ leased = 0 }) => leased > 0);
    const holder = lease ?? (isLeasing ? this.#currentLease(startedAt) : this.#lease);
    const keys = changes.flatMap(({ key, beside }) => [this.#keyOf(key), this.#keyOf(beside?.key ?? key)]);
    const values = changes.flatMap(({ amount, max, window, atMs, leased = 0, beside }) => {
      invariant(leased === 0 || window === undefined, 'nothing is leased of a counter with a window');
      return [
        String(amount),
        max === undefined ? '' : String(max),
        kindOf(window),
        String(window?.ms ?? 0),
        atMs === undefined ? '' : String(Math.floor(atMs)),
        String(leased),
        beside === undefined ? '' : kindOf(beside.window),
        String(beside?.window?.ms ?? 0),
      ];
    });
    keys.push(this.#holdersKey);
    const now = this.#options.now?.();
    const head = [now === undefined ? '' : String(now), holder, String(this.#leaseMs), this.#leasePrefix];
    const step = this.#redis.client.isthmusAdd(keys.length, ...keys, ...head, ...values);
    const reply = await this.#answered(step, (late) => this.#takeBack(changes, late, holder));
    const outcome = readReply(reply, changes.length, holder);
    if (isLeasing && outcome.kind === 'added') this.#holdLease(holder, startedAt);
    return outcome;
  }

  /**
   * Takes tokens of all of these buckets or of none.
   * @throws GatewayError OVERLOADED where Redis does not answer in time, or not as it should
   */
  async take(takes: readonly BucketTake[]): Promise<TakeOutcome> {
    const reply = await this.#answered(this.#takeFrom(takes, 1), () => this.putBack(takes));
    const outcome = readTaken(reply, takes);
    if (outcome === undefined) throw unavailable('it answered in another form');
    return outcome;
  }

  /** Puts back what was taken and not used. */
  async putBack(takes: readonly BucketTake[]): Promise<void> {
    await this.#answered(this.#takeFrom(takes, -1), async () => undefined);
  }

  async #takeFrom(takes: readonly BucketTake[], sign: 1 | -1): Promise<unknown> {
    if (!this.isAvailable) throw unavailable(this.#redis.lastError ?? 'there is no connection');
    const keys = takes.map(({ name }) => `${this.#prefix}b:${hash('sha256', name, 'base64url')}`);
    const now = this.#options.now?.();
    const values = takes.flatMap((take) => takeValues(take, sign));
    return this.#redis.client.isthmusTake(keys.length, ...keys, now === undefined ? '' : String(now), ...values);
  }

  /** @param takeBack undoes a step whose answer comes too late: the caller has been told that it failed */
  async #answered(step: Promise<unknown>, takeBack: (late: unknown) => Promise<void>): Promise<unknown> {
    try {
      const reply = await inTime(step, this.#commandTimeoutMs);
      this.#timeouts = 0;
      return reply;
    } catch (error) {
      void step.then(takeBack).catch(() => undefined);
      this.#timeouts++;
      if (this.#timeouts >= maxTimeouts) this.#redis.reconnect();
      throw unavailable(messageOf(error));
    }
  }

  #currentLease(now: number): string {
    if (now >= this.#leaseEndsAt) {
      this.#lease = newId('');
      this.#leaseEndsAt = this.#endOfLease(now);
    }
    return this.#lease;
  }

  #endOfLease(wordAt: number): number {
    return wordAt + this.#leaseMs - this.#commandTimeoutMs;
  }

  #holdLease(lease: string, wordAt: number): void {
    if (lease === this.#lease) this.#leaseEndsAt = Math.max(this.#leaseEndsAt, this.#endOfLease(wordAt));
    this.#aliveTimer ??= setInterval(() => void this.#sayAlive(), this.#leaseMs / wordsPerLease).unref();
  }

  async #sayAlive(): Promise<void> {
    const [wordAt, lease] = [performance.now(), this.#lease];
    if (!this.isAvailable) return;
    const now = this.#options.now?.();
    const word = [now === undefined ? '' : String(now), lease, String(this.#leaseMs)];
    const keys = [this.#holdersKey, this.#leasePrefix + lease];
    const isLeased = await inTime(this.#redis.client.isthmusAlive(2, ...keys, ...word), this.#commandTimeoutMs).catch(
      () => undefined,
    );
    if (isLeased === 1 && lease === this.#lease && wordAt < this.#leaseEndsAt)
      this.#leaseEndsAt = this.#endOfLease(wordAt);
    if (isLeased !== 0) return;
    clearInterval(this.#aliveTimer);
    this.#aliveTimer = undefined;
  }

  get #holdersKey(): string {
    return `${this.#prefix}holders`;
  }

  get #leasePrefix(): string {
    return `${this.#prefix}lease:`;
  }

  #keyOf(key: string): string {
    return this.#prefix + hash('sha256', key, 'base64url');
  }

  /** The caller has been told that it is not counted. */
  async #takeBack(changes: readonly RemoteChange[], late: unknown, lease: string): Promise<void> {
    const outcome = readReply(late, changes.length, lease);
    if (outcome.kind === 'refused') return;
    const { atMs } = outcome;
    await this.add(
      changes.map(({ key, amount, window, leased = 0 }) => ({ key, amount: -amount, window, atMs, leased: -leased })),
      lease,
    );
  }

  async amount(key: string, window?: CounterWindow): Promise<number> {
    const outcome = await this.add([{ key, amount: 0, window }]);
    return outcome.kind === 'added' ? (outcome.amounts[0] ?? 0) : outcome.amount;
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#aliveTimer);
    this.#redis.close();
  }

  #report(isAvailable: boolean, reason: string | undefined): void {
    if (this.#isClosed || isAvailable === this.#isReported) return;
    this.#isReported = isAvailable;
    this.#options.onStateChange?.(isAvailable, reason);
  }
}

function kindOf(window: CounterWindow | undefined): 'p' | 'f' | 's' {
  if (window === undefined) return 'p';
  return window.kind === 'sliding' ? 's' : 'f';
}

/** Redis's values are outside data: anyone with access to the server may have written them. */
function readReply(reply: unknown, count: number, lease: string): RemoteOutcome {
  const numbers = Array.isArray(reply) ? reply.map(Number) : [];
  if (!numbers.every(Number.isSafeInteger)) throw unavailable('it answered with no numbers');
  const [isAdded, second = 0, third = 0, fourth = 0] = numbers;
  if (isAdded === 1 && numbers.length === count + 2)
    return { kind: 'added', atMs: second, amounts: numbers.slice(2), lease };
  if (isAdded === 0 && numbers.length === 4 && second < count)
    return { kind: 'refused', index: second, roomInMs: third, amount: fourth };
  throw unavailable('it answered in another form');
}

function unavailable(reason: string): GatewayError {
  return new GatewayError('OVERLOADED', { detail: `the counters in Redis cannot be used: ${reason}` });
}
