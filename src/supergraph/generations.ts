/**
 * The schema generations of a gateway: one is current at a time, swapped by one assignment. A request leases the current
 * generation until it ends, so it uses one generation only. A generation that is no longer current is closed when its
 * last lease is released.
 */
import { invariant } from '../lib/index.ts';

export interface Generation {
  /** A hash of everything the generation was built from. */
  readonly id: string;
  close(): Promise<void>;
}

export interface Lease<G> {
  readonly generation: G;
  release(): void;
}

interface LeasedGeneration<G> {
  readonly generation: G;
  leases: number;
  retired: boolean;
}

export class Generations<G extends Generation> {
  #current: LeasedGeneration<G> | undefined;
  readonly #closing = new Set<Promise<void>>();

  get current(): G | undefined {
    return this.#current?.generation;
  }

  /** Leases the current generation; `undefined` if none has been loaded. Release the lease exactly once. */
  acquire(): Lease<G> | undefined {
    const leased = this.#current;
    if (leased === undefined) return undefined;
    leased.leases++;
    let released = false;
    return {
      generation: leased.generation,
      release: () => {
        invariant(!released, 'a lease is released once');
        released = true;
        leased.leases--;
        this.#closeIfDone(leased);
      },
    };
  }

  /** Makes `generation` the current one. Requests in flight keep theirs. */
  swap(generation: G): void {
    const previous = this.#current;
    this.#current = { generation, leases: 0, retired: false };
    if (previous !== undefined) this.#retire(previous);
  }

  /** Stops leasing; resolves when the last leased generation has been closed. */
  async close(): Promise<void> {
    const previous = this.#current;
    this.#current = undefined;
    if (previous !== undefined) this.#retire(previous);
    await Promise.all(this.#closing);
  }

  #retire(leased: LeasedGeneration<G>): void {
    leased.retired = true;
    this.#closeIfDone(leased);
  }

  #closeIfDone(leased: LeasedGeneration<G>): void {
    if (!leased.retired || leased.leases > 0) return;
    const closing = leased.generation.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
