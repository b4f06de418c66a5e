/**
 * Who fills which missing key, among gateways: a lease is a key elsewhere that ends by itself. Callers of this process wait for
 * each other without asking; whether another gateway's lease has ended is asked for all keys together, every 5 to 50 ms.
 * Where it cannot be asked, each process has a holder of its own.
 */
import { randomBytes } from 'node:crypto';
import { Batched } from '../batched.ts';
import type { Claim, Soon } from '../cache-store.ts';
import { Leases } from '../memory/leases.ts';

/** Each is one round trip, and resolves with undefined for keys of which the other side does not answer. */
export interface LeaseCommands {
  /** @returns whether the token now holds each key */
  take(keys: readonly string[], token: string, ttlMs: number): Promise<readonly (boolean | undefined)[]>;
  /** Whether each key is held by anyone. */
  areTaken(keys: readonly string[]): Promise<readonly (boolean | undefined)[]>;
  release(keys: readonly string[], token: string): Promise<unknown>;
}

interface Wait {
  readonly until: number;
  readonly end: () => void;
}

const leastPauseMs = 5;
const longestPauseMs = 50;

export class RemoteLeases {
  readonly #commands: LeaseCommands;
  readonly #local = new Leases();
  /** Names this process. */
  readonly #token = randomBytes(12).toString('hex');
  readonly #waits = new Map<string, Wait>();
  readonly #releases: Batched<string>;
  #pauseMs = leastPauseMs;
  #isAsking = false;

  constructor(commands: LeaseCommands) {
    this.#commands = commands;
    this.#releases = new Batched((keys) => void commands.release(keys, this.#token));
  }

  claim(keys: readonly string[], ttlMs: number): Soon<readonly Claim[]> {
    const claims = keys.map((key) => this.#local.claim(key, ttlMs));
    const indexes = claims.flatMap(({ kind }, index) => (kind === 'holder' ? [index] : []));
    return indexes.length === 0 ? claims : this.#take(keys, claims, indexes, ttlMs);
  }

  /** Takes the keys elsewhere that nobody in this process holds. */
  async #take(
    keys: readonly string[],
    claims: Claim[],
    indexes: readonly number[],
    ttlMs: number,
  ): Promise<readonly Claim[]> {
    const until = performance.now() + ttlMs;
    const missing = indexes.map((index) => keys[index] as string);
    const outcomes = await this.#commands.take(missing, this.#token, ttlMs);
    for (const [position, index] of indexes.entries()) {
      const claim = claims[index] as Claim;
      const isHolder = outcomes[position];
      if (isHolder === undefined || claim.kind === 'waiter') continue;
      const key = keys[index] as string;
      const { release } = claim;
      claims[index] = isHolder
        ? { kind: 'holder', release: () => this.#release(key, release) }
        : this.#wait(key, until, release);
    }
    return claims;
  }

  #release(key: string, release: () => void): void {
    release();
    this.#releases.add(key);
  }

  #wait(key: string, until: number, release: () => void): Claim {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => {
      release();
      resolve();
    };
    this.#waits.set(key, { until, end });
    if (!this.#isAsking) void this.#askUntilEnded();
    return { kind: 'waiter', ended: () => promise };
  }

  async #askUntilEnded(): Promise<void> {
    this.#isAsking = true;
    this.#pauseMs = leastPauseMs;
    while (this.#waits.size > 0) {
      await new Promise<void>((resolve) => setTimeout(resolve, this.#pauseMs));
      this.#pauseMs = Math.min(this.#pauseMs * 1.5, longestPauseMs);
      const waits = [...this.#waits];
      const areTaken = await this.#commands.areTaken(waits.map(([key]) => key));
      const now = performance.now();
      for (const [index, [key, { until, end }]] of waits.entries()) {
        if (areTaken[index] === true && now < until) continue;
        this.#waits.delete(key);
        end();
      }
    }
    this.#isAsking = false;
  }
}
