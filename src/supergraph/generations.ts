/**
 * The schema generations of a gateway: one is current at a time, swapped by one assignment. A request leases the current
 * generation until it ends, so it uses one generation only. A generation that is no longer current is closed when its
 * last lease is released.
 *
 * Beside it a canary may serve a share of the callers: the same ones, as long as it is there.
 *
 * Where several threads swap together, each stages the next generation, and it becomes current in all of them at one
 * point in time: at the next look at the current generation after that.
 */
import { hash } from 'node:crypto';
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

interface CanaryGeneration<G> {
  readonly leased: LeasedGeneration<G>;
  readonly share: number;
}

interface StagedGeneration<G> {
  readonly generation: G;
  readonly isDue: () => boolean;
}

/** One for each request: a class, for which fewer objects are made than for a literal with a closure. */
class RequestLease<G> implements Lease<G> {
  readonly generation: G;
  readonly #leased: LeasedGeneration<G>;
  readonly #release: (leased: LeasedGeneration<G>) => void;
  #isReleased = false;

  constructor(leased: LeasedGeneration<G>, release: (leased: LeasedGeneration<G>) => void) {
    this.generation = leased.generation;
    this.#leased = leased;
    this.#release = release;
  }

  release(): void {
    invariant(!this.#isReleased, 'a lease is released once');
    this.#isReleased = true;
    this.#release(this.#leased);
  }
}

export class Generations<G extends Generation> {
  #current: LeasedGeneration<G> | undefined;
  #staged: StagedGeneration<G> | undefined;
  #canary: CanaryGeneration<G> | undefined;
  readonly #closing = new Set<Promise<void>>();
  readonly #release = (leased: LeasedGeneration<G>): void => {
    leased.leases--;
    this.#closeIfDone(leased);
  };

  get current(): G | undefined {
    if (this.#staged !== undefined) this.#swapStaged(this.#staged);
    return this.#current?.generation;
  }

  /** The generation that a share of the callers has instead of the current one. */
  get canary(): G | undefined {
    return this.#canary?.leased.generation;
  }

  /**
   * Leases the current generation, or where there is a canary and the caller is of its share, that one. Release the lease exactly once.
   * @param callerKey tells callers apart; one without a key has the current generation
   * @returns `undefined` if none has been loaded
   */
  acquire(callerKey?: string): Lease<G> | undefined {
    if (this.#staged !== undefined) this.#swapStaged(this.#staged);
    const leased =
      this.#canary !== undefined && callerKey !== undefined && isOfShare(this.#canary, callerKey)
        ? this.#canary.leased
        : this.#current;
    if (leased === undefined) return undefined;
    leased.leases++;
    return new RequestLease(leased, this.#release);
  }

  /** Makes `generation` the current one. Requests in flight keep theirs. */
  swap(generation: G): void {
    const previous = this.#current;
    this.#current = { generation, leases: 0, retired: false };
    if (previous !== undefined) this.#retire(previous);
  }

  /** Serves `generation` to a share of the callers, from 0 to 1, instead of another canary. */
  startCanary(generation: G, share: number): void {
    this.endCanary();
    this.#canary = { leased: { generation, leases: 0, retired: false }, share };
  }

  /** All callers have the current generation from now on. */
  endCanary(): void {
    const canary = this.#canary;
    this.#canary = undefined;
    if (canary !== undefined) this.#retire(canary.leased);
  }

  /** Makes `generation` the current one as soon as `isDue` returns true; it is called before each use of the current one. */
  stage(generation: G, isDue: () => boolean): void {
    invariant(this.#staged === undefined, 'one generation is staged at a time');
    this.#staged = { generation, isDue };
  }

  /** Closes the staged generation, if it has not become current. */
  async unstage(): Promise<void> {
    const staged = this.#staged;
    this.#staged = undefined;
    await staged?.generation.close();
  }

  /** Stops leasing; resolves when the last leased generation has been closed. */
  async close(): Promise<void> {
    const previous = this.#current;
    this.#current = undefined;
    if (previous !== undefined) this.#retire(previous);
    this.endCanary();
    await this.unstage();
    await Promise.all(this.#closing);
  }

  #swapStaged({ generation, isDue }: StagedGeneration<G>): void {
    if (!isDue()) return;
    this.#staged = undefined;
    this.swap(generation);
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

/** Each canary has other callers: the generation's id is hashed with them. */
function isOfShare<G extends Generation>({ leased, share }: CanaryGeneration<G>, callerKey: string): boolean {
  const digest = hash('sha256', `${leased.generation.id} ${callerKey}`, 'buffer');
  return digest.readUInt32BE(0) < share * 2 ** 32;
}
