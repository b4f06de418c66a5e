/**
 * The schema generations a gateway serves: one at a time, swapped by one assignment. A request leases the current one
 * and keeps it to its end, so it sees one generation only; a generation that is no longer current is closed when its
 * last lease ends.
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

interface Held<G> {
  readonly generation: G;
  leases: number;
  retired: boolean;
}

export class Generations<G extends Generation> {
  #current: Held<G> | undefined;
  readonly #closing = new Set<Promise<void>>();

  get current(): G | undefined {
    return this.#current?.generation;
  }

  /** Leases the current generation, or gives `undefined` where none has been loaded. Release it exactly once. */
  acquire(): Lease<G> | undefined {
    const held = this.#current;
    if (held === undefined) return undefined;
    held.leases++;
    let released = false;
    return {
      generation: held.generation,
      release: () => {
        invariant(!released, 'a lease is released once');
        released = true;
        held.leases--;
        this.#closeIfDone(held);
      },
    };
  }

  /** Makes `generation` the current one. Requests in flight keep theirs. */
  swap(generation: G): void {
    const previous = this.#current;
    this.#current = { generation, leases: 0, retired: false };
    if (previous !== undefined) this.#retire(previous);
  }

  /** Serves nothing any more; resolves when the last leased generation has been closed. */
  async close(): Promise<void> {
    const previous = this.#current;
    this.#current = undefined;
    if (previous !== undefined) this.#retire(previous);
    await Promise.all(this.#closing);
  }

  #retire(held: Held<G>): void {
    held.retired = true;
    this.#closeIfDone(held);
  }

  #closeIfDone(held: Held<G>): void {
    if (!held.retired || held.leases > 0) return;
    const closing = held.generation.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
