/**
 * Who fills which missing key, in this process: a holder loses a key that it has not released in time. The time in which this thread
 * was busy does not count: with ten thousand callers at once, the holder's answer waits to be read behind their requests.
 */
import { busyMsSince, TimerEntry, timerWheel } from '../../lib/index.ts';
import type { Claim } from '../cache-store.ts';

class Lease extends TimerEntry {
  /** A waiter may begin to wait after that. */
  isEnded = false;
  #ended: PromiseWithResolvers<void> | undefined;
  #until: number;
  readonly #onOverdue: () => void;

  constructor(ttlMs: number, onOverdue: () => void) {
    super();
    this.#onOverdue = onOverdue;
    const now = performance.now();
    this.#until = now + ttlMs;
    timerWheel.add(this, ttlMs, now);
  }

  onTimeout(): void {
    const now = performance.now();
    const busyMs = busyMsSince(this.#until, now);
    if (busyMs === 0) this.#onOverdue();
    else {
      this.#until = now + busyMs;
      timerWheel.add(this, busyMs, now);
    }
  }

  end(): void {
    timerWheel.remove(this);
    this.isEnded = true;
    this.#ended?.resolve();
  }

  async ended(): Promise<void> {
    if (this.isEnded) return;
    this.#ended ??= Promise.withResolvers<void>();
    await this.#ended.promise;
  }
}

export class Leases {
  readonly #leases = new Map<string, Lease>();

  claim(key: string, ttlMs: number): Claim {
    const current = this.#leases.get(key);
    if (current !== undefined) return { kind: 'waiter', ended: () => current.ended() };
    const lease: Lease = new Lease(ttlMs, () => this.#end(key, lease));
    this.#leases.set(key, lease);
    return { kind: 'holder', release: () => this.#end(key, lease) };
  }

  /** Resolves when nobody holds the key, who holds it now. */
  async ended(key: string): Promise<void> {
    await this.#leases.get(key)?.ended();
  }

  #end(key: string, lease: Lease): void {
    if (this.#leases.get(key) === lease) this.#leases.delete(key);
    lease.end();
  }
}
