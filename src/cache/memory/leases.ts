/** Who fills which missing key, in this process: a holder loses a key that it has not released in time. */
import type { Claim } from '../cache-store.ts';

interface Lease {
  readonly until: number;
  /** A waiter may begin to wait after that. */
  isEnded: boolean;
  /** Once somebody waits. */
  ended: PromiseWithResolvers<void> | undefined;
}

export class Leases {
  /** By key, those that end first before the others while all have the same time. */
  readonly #leases = new Map<string, Lease>();

  claim(key: string, ttlMs: number): Claim {
    this.#removeOverdue();
    const current = this.#leases.get(key);
    if (current !== undefined && current.until > performance.now())
      return { kind: 'waiter', ended: () => this.#ended(current) };
    const lease: Lease = { until: performance.now() + ttlMs, isEnded: false, ended: undefined };
    if (current !== undefined) this.#end(key, current);
    this.#leases.set(key, lease);
    return { kind: 'holder', release: () => this.#end(key, lease) };
  }

  /** Resolves when nobody holds the key, who holds it now. */
  async ended(key: string): Promise<void> {
    const lease = this.#leases.get(key);
    if (lease !== undefined) await this.#ended(lease);
  }

  #end(key: string, lease: Lease): void {
    if (this.#leases.get(key) === lease) this.#leases.delete(key);
    lease.isEnded = true;
    lease.ended?.resolve();
  }

  async #ended(lease: Lease): Promise<void> {
    const leftMs = lease.until - performance.now();
    if (lease.isEnded || leftMs <= 0) return;
    lease.ended ??= Promise.withResolvers<void>();
    const timer = setTimeout(lease.ended.resolve, leftMs).unref();
    await lease.ended.promise;
    clearTimeout(timer);
  }

  #removeOverdue(): void {
    const now = performance.now();
    for (const [key, lease] of this.#leases) {
      if (lease.until > now) return;
      this.#end(key, lease);
    }
  }
}
