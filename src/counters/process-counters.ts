/**
 * Counters of one process. Its only holder dies with them, so what is leased needs no record.
 *
 * Bounded: at `capacity` counters those that count nothing any more are dropped, and a further one is refused where all
 * of them count.
 */
import { GatewayError } from '../errors/index.ts';
import { checkChanges } from './check-changes.ts';
import type { CounterChange, CounterOutcome, CounterWindow, LocalCounters } from './counters.ts';
import { exactTime } from './exact-time.ts';
import { LoweredListeners } from './lowered-listeners.ts';
import { slidingBucket, slidingRoomInMs, slidingTotal, slidingWords } from './sliding-window.ts';

export interface ProcessCountersOptions {
  /** @default 100000 */
  readonly capacity?: number;
  /** Milliseconds of a clock that never goes back. @default performance.now */
  readonly now?: () => number;
}

interface Counter {
  readonly window: CounterWindow | undefined;
  amount: number;
  /** The end of a fixed window; 0: it has not begun. */
  endsAt: number;
  /** A sliding window's numbers. */
  readonly words: Float64Array | undefined;
}

/** Dropping looks at every counter, so a full table is not looked at for each refusal. */
const dropEveryMs = 1_000;

export class ProcessCounters implements LocalCounters {
  readonly #capacity: number;
  readonly #now: () => number;
  readonly #counters = new Map<string, Counter>();
  readonly #listeners = new LoweredListeners();
  #droppedAt = Number.NEGATIVE_INFINITY;

  constructor(options: ProcessCountersOptions = {}) {
    this.#capacity = options.capacity ?? 100_000;
    this.#now = options.now ?? (() => performance.now());
  }

  add(changes: readonly CounterChange[]): CounterOutcome {
    checkChanges(changes);
    const now = exactTime(this.#now());
    let refused = -1;
    let roomInMs = 0;
    for (let index = 0; index < changes.length; index++) {
      const change = changes[index];
      if (change === undefined || change.amount <= 0) continue;
      const counter = this.#counters.get(change.key);
      const second = change.beside === undefined ? undefined : this.#counters.get(change.beside.key);
      const max = change.max ?? Number.MAX_SAFE_INTEGER;
      const current = counter === undefined ? 0 : currentAmount(counter, now);
      const currentBeside = second === undefined ? 0 : currentAmount(second, now);
      if (current + currentBeside + change.amount <= max) continue;
      if (refused < 0) refused = index;
      if (counter !== undefined)
        roomInMs = Math.max(roomInMs, roomIn(counter, now, change.amount + currentBeside, max));
      if (second !== undefined) roomInMs = Math.max(roomInMs, roomIn(second, now, change.amount + current, max));
    }
    if (refused >= 0) return { kind: 'refused', index: refused, roomInMs };
    this.#makeRoom(changes, now);
    for (const change of changes) this.#apply(change, now);
    for (const change of changes) if (change.amount < 0) this.#listeners.call(change.key);
    return { kind: 'added', atMs: now };
  }

  amount(key: string): number {
    const counter = this.#counters.get(key);
    return counter === undefined ? 0 : currentAmount(counter, exactTime(this.#now()));
  }

  onLowered(key: string, listener: () => void): () => void {
    return this.#listeners.add(key, listener);
  }

  #apply({ key, amount, window, atMs }: CounterChange, now: number): void {
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      if (atMs !== undefined && window !== undefined) return;
      const words = window?.kind === 'sliding' ? new Float64Array(slidingWords) : undefined;
      counter = { window, amount: 0, endsAt: 0, words };
      this.#counters.set(key, counter);
    }
    if (counter.words !== undefined && counter.window !== undefined) {
      const bucket = slidingBucket(counter.words, 0, now, counter.window.ms, atMs ?? now);
      if (bucket >= 0) counter.words[bucket] = (counter.words[bucket] ?? 0) + amount;
      return;
    }
    const current = currentAmount(counter, now);
    if (counter.window !== undefined) {
      const isOver = counter.endsAt <= now;
      if (atMs !== undefined && (isOver || atMs < counter.endsAt - counter.window.ms)) return;
      if (isOver) counter.endsAt = now + counter.window.ms;
    }
    counter.amount = current + amount;
  }

  #makeRoom(changes: readonly CounterChange[], now: number): void {
    if (this.#counters.size + changes.length <= this.#capacity) return;
    let missing = 0;
    for (const change of changes) if (!this.#counters.has(change.key)) missing++;
    if (missing === 0 || this.#counters.size + missing <= this.#capacity) return;
    if (now - this.#droppedAt >= dropEveryMs) {
      this.#droppedAt = now;
      for (const [key, counter] of this.#counters) if (currentAmount(counter, now) === 0) this.#counters.delete(key);
      this.#makeRoom(changes, now);
      return;
    }
    throw new GatewayError('OVERLOADED', { detail: `all ${this.#capacity} counters are in use` });
  }
}

function currentAmount(counter: Counter, now: number): number {
  const { window, words } = counter;
  if (window === undefined) return counter.amount;
  if (words !== undefined) return slidingTotal(words, 0, now, window.ms);
  return counter.endsAt > now ? counter.amount : 0;
}

function roomIn(counter: Counter, now: number, amount: number, max: number): number {
  const { window, words } = counter;
  if (window === undefined) return 0;
  return words === undefined ? counter.endsAt - now : slidingRoomInMs(words, 0, now, window.ms, amount, max);
}
