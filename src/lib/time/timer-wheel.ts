/**
 * One timer for everything that ends at a deadline: client requests, subgraph requests, model calls. Nearly all of them
 * end long before it, so that entering and leaving are what has to be cheap: an entry is a link of a slot's list, nothing
 * is allocated for it, and the timer is set for the earliest slot that has entries, which is seldom another one.
 *
 * A timeout is never early, and at most `slotMs` later than a timer of its own would be. A thread that was busy reads what has
 * arrived before it tells anyone that it is late.
 */
import { longestTimerMs } from './deadline.ts';

const slotMs = 8;
/** A power of two. Entries that are due later than `slotCount` slots from now are passed over until their round. */
const slotCount = 2_048;
const notWaiting = -1;

/** What has a deadline extends this. */
export abstract class TimerEntry {
  /** Written by the wheel alone, as the two links are. */
  dueTick = notWaiting;
  nextEntry: TimerEntry | undefined;
  previousEntry: TimerEntry | undefined;

  /** The deadline has passed. */
  abstract onTimeout(): void;
}

/** For code that is rarely run, or has no object of its own. */
export class CallbackEntry extends TimerEntry {
  readonly #callback: () => void;

  constructor(callback: () => void) {
    super();
    this.#callback = callback;
  }

  onTimeout(): void {
    this.#callback();
  }
}

export class TimerWheel {
  /** The first entry of each slot; the first’s `previousEntry` is the last. */
  readonly #slots: (TimerEntry | undefined)[] = new Array<TimerEntry | undefined>(slotCount).fill(undefined);
  #size = 0;
  /** Everything that is due here or before has been told. */
  #tick = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerTick = 0;
  /** What set it. A timer of a clock that has gone, as tests with one of their own leave it, never fires. */
  #timerClock: typeof setTimeout | undefined;

  /** How many entries wait. */
  get size(): number {
    return this.#size;
  }

  /** Sets the entry's deadline, also where it has one already. `milliseconds` may exceed the longest timer. */
  add(entry: TimerEntry, milliseconds: number, now: number = performance.now()): void {
    if (entry.dueTick !== notWaiting) this.remove(entry);
    const tick = Math.floor(now / slotMs);
    if (this.#size === 0 || tick < this.#tick) this.#tick = tick;
    const dueTick = Math.max(Math.ceil((now + milliseconds) / slotMs), this.#tick + 1);
    this.#link(entry, dueTick);
    if (this.#size++ === 0) this.#timer?.ref();
    const isInTime = this.#timerTick <= dueTick && this.#timerClock === setTimeout;
    if (this.#timer === undefined || !isInTime) this.#setTimer(dueTick, now);
  }

  /** The entry's deadline is none any more. Does nothing where it has passed, or never was. */
  remove(entry: TimerEntry): void {
    if (entry.dueTick === notWaiting) return;
    const slot = entry.dueTick % slotCount;
    const { nextEntry: next, previousEntry: previous } = entry;
    if (next === undefined || previous === undefined) return;
    if (next === entry) this.#slots[slot] = undefined;
    else {
      previous.nextEntry = next;
      next.previousEntry = previous;
      if (this.#slots[slot] === entry) this.#slots[slot] = next;
    }
    entry.dueTick = notWaiting;
    entry.nextEntry = undefined;
    entry.previousEntry = undefined;
    // A timer that nothing waits for holds no process open. It is not cleared: the next entry would set another.
    if (--this.#size === 0) this.#timer?.unref();
  }

  #link(entry: TimerEntry, dueTick: number): void {
    const slot = dueTick % slotCount;
    const first = this.#slots[slot];
    entry.dueTick = dueTick;
    if (first === undefined) {
      entry.nextEntry = entry;
      entry.previousEntry = entry;
      this.#slots[slot] = entry;
      return;
    }
    const last = first.previousEntry ?? first;
    entry.nextEntry = first;
    entry.previousEntry = last;
    last.nextEntry = entry;
    first.previousEntry = entry;
  }

  #setTimer(tick: number, now: number): void {
    clearTimeout(this.#timer);
    this.#timerTick = tick;
    this.#timerClock = setTimeout;
    const delayMs = Math.min(Math.max(1, Math.ceil(tick * slotMs - now)), longestTimerMs);
    this.#timer = setTimeout(onTimer, delayMs, this);
  }

  /** Tells every entry that is due. */
  turn(): void {
    // Another may have been set since the one that leads here.
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const now = performance.now();
    const tick = Math.floor(now / slotMs);
    const due = this.#entriesUntil(tick);
    this.#tick = tick;
    const errors: unknown[] = [];
    for (const entry of due) {
      // One that has been told may have ended another.
      if (entry.dueTick === notWaiting || entry.dueTick > tick) continue;
      this.remove(entry);
      try {
        entry.onTimeout();
      } catch (error) {
        errors.push(error);
      }
    }
    const next = this.#nextTick();
    if (next !== undefined) this.#setTimer(next, now);
    // As loud as from a timer of its own, once the others have been told.
    if (errors.length > 0) throw errors.length === 1 ? errors[0] : new AggregateError(errors);
  }

  #entriesUntil(tick: number): readonly TimerEntry[] {
    const due: TimerEntry[] = [];
    const first = Math.max(this.#tick + 1, tick - slotCount + 1);
    for (let at = first; at <= tick; at++) {
      for (const entry of entriesOf(this.#slots[at % slotCount])) if (entry.dueTick <= tick) due.push(entry);
    }
    return due;
  }

  /** When the earliest entries are due that are not told yet; a slot whose entries are of a later round counts, too. */
  #nextTick(): number | undefined {
    if (this.#size === 0) return undefined;
    for (let at = this.#tick + 1; at <= this.#tick + slotCount; at++) {
      if (this.#slots[at % slotCount] !== undefined) return at;
    }
    return undefined;
  }
}

function* entriesOf(first: TimerEntry | undefined): Iterable<TimerEntry> {
  let entry = first;
  while (entry !== undefined) {
    yield entry;
    entry = entry.nextEntry === first ? undefined : entry.nextEntry;
  }
}

/** Between a timer and an immediate, the event loop reads from sockets. */
function onTimer(wheel: TimerWheel): void {
  setImmediate(turn, wheel);
}

function turn(wheel: TimerWheel): void {
  wheel.turn();
}

/** The wheel of this thread. */
export const timerWheel = new TimerWheel();
