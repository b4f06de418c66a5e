/**
 * Who waits for a place, by priority: of the places that become free interactive requests get four of five while both
 * wait, so that batches go on. Within a priority the first comes first. A full queue gives the place of the newest batch to
 * an interactive request.
 */
export type Priority = 'interactive' | 'batch';

export interface Waiter {
  readonly priority: Priority;
  /** Called with true once it is its turn, or with false where another took its place in the queue. */
  readonly onEnd: (isItsTurn: boolean) => void;
}

const shares: Readonly<Record<Priority, number>> = { interactive: 4, batch: 1 };

export class Turns {
  readonly #maxLength: number;
  readonly #waiting: Readonly<Record<Priority, Set<Waiter>>> = { interactive: new Set(), batch: new Set() };
  /** How much of its share each has had: the one that had least is next. */
  readonly #had: Record<Priority, number> = { interactive: 0, batch: 0 };

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  get length(): number {
    return this.#waiting.interactive.size + this.#waiting.batch.size;
  }

  /** @returns whether there was a place in the queue */
  add(waiter: Waiter): boolean {
    const { priority } = waiter;
    if (this.length >= this.#maxLength) {
      const newest = priority === 'batch' ? undefined : [...this.#waiting.batch].at(-1);
      if (newest === undefined) return false;
      this.#waiting.batch.delete(newest);
      newest.onEnd(false);
    }
    const queue = this.#waiting[priority];
    const opposite = priority === 'batch' ? 'interactive' : 'batch';
    // Nobody saves up turns while nobody of its kind waits.
    if (queue.size === 0) this.#had[priority] = Math.max(this.#had[priority], this.#had[opposite]);
    queue.add(waiter);
    return true;
  }

  remove(waiter: Waiter): void {
    this.#waiting[waiter.priority].delete(waiter);
  }

  /** Gives the next turn, where anyone waits. */
  next(): void {
    const { interactive, batch } = this.#waiting;
    if (interactive.size + batch.size === 0) return;
    const isBatch = interactive.size === 0 || (batch.size > 0 && this.#had.batch < this.#had.interactive);
    const priority = isBatch ? 'batch' : 'interactive';
    for (const waiter of this.#waiting[priority]) {
      this.#waiting[priority].delete(waiter);
      this.#had[priority] += 1 / shares[priority];
      waiter.onEnd(true);
      return;
    }
  }
}
