/**
 * Who waits for a place, by priority: of the places that become free interactive requests get four of five while both
 * wait, so that batches go on.
 *
 * Within a priority the first comes first, so that a burst is answered in its order. Once one has been refused the last comes
 * first, until nobody waits: of more than can be done, each would wait for as long as the longest wait otherwise, and be
 * late. For the same reason a full queue gives the place of who has waited longest to the newest.
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
  /** In the order in which they came. */
  readonly #waiting: Readonly<Record<Priority, Waiter[]>> = { interactive: [], batch: [] };
  /** How much of its share each has had: the one that had least is next. */
  readonly #had: Record<Priority, number> = { interactive: 0, batch: 0 };
  /** Whether any has been refused since nobody waited. */
  #isTooMuch = false;

  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  get length(): number {
    return this.#waiting.interactive.length + this.#waiting.batch.length;
  }

  /** @returns whether there was a place in the queue */
  add(waiter: Waiter): boolean {
    const { priority } = waiter;
    if (this.length >= this.#maxLength && !this.#makeRoomFor(priority)) return false;
    const queue = this.#waiting[priority];
    const opposite = priority === 'batch' ? 'interactive' : 'batch';
    // Nobody saves up turns while nobody of its kind waits.
    if (queue.length === 0) this.#had[priority] = Math.max(this.#had[priority], this.#had[opposite]);
    queue.push(waiter);
    return true;
  }

  /** It has left. */
  remove(waiter: Waiter): void {
    const queue = this.#waiting[waiter.priority];
    const index = queue.indexOf(waiter);
    if (index !== -1) queue.splice(index, 1);
    if (this.length === 0) this.#isTooMuch = false;
  }

  /** It has waited for too long. */
  expire(waiter: Waiter): void {
    this.#isTooMuch = true;
    this.remove(waiter);
  }

  /** Gives the next turn, where anyone waits. */
  next(): void {
    const { interactive, batch } = this.#waiting;
    const isBatch = interactive.length === 0 || (batch.length > 0 && this.#had.batch < this.#had.interactive);
    const priority = isBatch ? 'batch' : 'interactive';
    const queue = this.#waiting[priority];
    const waiter = this.#isTooMuch ? queue.pop() : queue.shift();
    if (this.length === 0) this.#isTooMuch = false;
    if (waiter === undefined) return;
    this.#had[priority] += 1 / shares[priority];
    waiter.onEnd(true);
  }

  #makeRoomFor(priority: Priority): boolean {
    const { interactive, batch } = this.#waiting;
    const oldest = batch.shift() ?? (priority === 'batch' ? undefined : interactive.shift());
    this.#isTooMuch = true;
    oldest?.onEnd(false);
    return oldest !== undefined;
  }
}
