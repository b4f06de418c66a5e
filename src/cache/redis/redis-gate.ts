/**
 * What stands between the cache and Redis, so that whatever state Redis is in, a call is answered or a miss within its time limit. Without a
 * connection calls do not wait at all; after five consecutive failures of a slot no call is made to it for a while, so that
 * not every request pays the timeout; a server that refuses everything is tried at intervals.
 */
import { messageOf } from '../../errors/index.ts';
import { inTime, type RedisConnection } from '../../redis/index.ts';
import type { StoreCounts } from '../store-counts.ts';
import type { StoreState } from '../store-stats.ts';
import { Breaker } from './breaker.ts';

type Connection = Pick<RedisConnection<unknown>, 'isReady' | 'reconnect' | 'isRefusal'>;

export interface RedisGateOptions {
  /** How many parts of a cluster fail by themselves. */
  readonly slots: number;
  readonly commandTimeoutMs: number;
  readonly breakerSleepMs: number;
  readonly maxPending: number;
  readonly counts: StoreCounts;
  readonly onStateChange: ((state: StoreState, reason: string | undefined) => void) | undefined;
}

const maxFailures = 5;
/**
 * The number of consecutive refusals without a success that count as refusing everything: a full or read-only server
 * still permits reads.
 */
const maxConsecutiveRefusals = 10;

export class RedisGate {
  readonly #connection: Connection;
  readonly #options: RedisGateOptions;
  readonly #breakers: readonly Breaker[];
  #state: StoreState | undefined;
  #pending = 0;
  #isClosed = false;
  #refusals = 0;
  /** The error, while Redis refuses every command. */
  #refusal: string | undefined;
  #refusedAt = 0;

  constructor(connection: Connection, options: RedisGateOptions) {
    this.#connection = connection;
    this.#options = options;
    const { slots, breakerSleepMs } = options;
    const onChange = (isOpen: boolean): void => {
      // The connection may be half-open: a new one shows whether Redis is reachable.
      if (isOpen) connection.reconnect();
      this.report(undefined);
    };
    this.#breakers = Array.from(
      { length: slots },
      () => new Breaker({ failures: maxFailures, breakerSleepMs, onChange }),
    );
  }

  get state(): StoreState {
    if (this.#breakers.some(({ open }) => open)) return 'breaker_open';
    if (!this.#connection.isReady) return 'disconnected';
    return this.#refusal === undefined ? 'ready' : 'refusing';
  }

  report(reason: string | undefined): void {
    const { state } = this;
    if (this.#isClosed || state === this.#state) return;
    this.#state = state;
    this.#options.onStateChange?.(state, reason);
  }

  /** There is a connection. That does not prove permission to read: a read does. */
  async probe(read: () => Promise<unknown>): Promise<void> {
    this.#refusal = undefined;
    this.#refusals = maxConsecutiveRefusals;
    await this.send(0, read);
    this.report(this.#refusal);
  }

  /** @returns undefined where the slot does not answer, or not in time; at once where it is not asked */
  send<Reply>(slot: number, command: () => Promise<Reply>): Promise<Reply | undefined> | undefined {
    const breaker = this.#breakers[slot] as Breaker;
    if (this.#canSend() && breaker.admit()) return this.#send(breaker, command);
    this.#options.counts.failures++;
    return undefined;
  }

  close(): void {
    this.#isClosed = true;
  }

  #canSend(): boolean {
    if (this.#isClosed || !this.#connection.isReady || this.#pending >= this.#options.maxPending) return false;
    if (this.#refusal === undefined) return true;
    if (performance.now() < this.#refusedAt + this.#options.breakerSleepMs) return false;
    this.#refusedAt = performance.now();
    return true;
  }

  async #send<Reply>(breaker: Breaker, command: () => Promise<Reply>): Promise<Reply | undefined> {
    this.#pending++;
    try {
      const reply = await inTime(command(), this.#options.commandTimeoutMs);
      breaker.succeeded();
      this.#refusals = 0;
      if (this.#refusal !== undefined) {
        this.#refusal = undefined;
        this.report(undefined);
      }
      return reply;
    } catch (error) {
      this.#options.counts.failures++;
      // A server that answers with an error (full, read-only, loading) costs a round trip, and may still permit reads.
      if (this.#connection.isRefusal(error)) {
        breaker.succeeded();
        this.#refuse(messageOf(error));
      } else breaker.failed();
      return undefined;
    } finally {
      this.#pending--;
    }
  }

  #refuse(reason: string): void {
    this.#refusals++;
    if (this.#refusals <= maxConsecutiveRefusals) return;
    this.#refusedAt = performance.now();
    if (this.#refusal !== undefined) return;
    this.#refusal = reason;
    this.report(reason);
  }
}
