/**
 * Counters that the threads of a process share. A step takes the one lock, looks at all of its counters, and writes
 * all of them or none. Whatever instruction a thread is ended at, the counters are as before its step or as after it,
 * and what it had leased is subtracted (`endCounterHolder`).
 */
import { GatewayError } from '../../errors/index.ts';
import { hashText, invariant, machineNow } from '../../lib/index.ts';
import { checkChanges } from '../check-changes.ts';
import type { CounterChange, CounterOutcome, CounterWindow, LocalCounters } from '../counters.ts';
import { exactTime } from '../exact-time.ts';
import { slidingBucket, slidingRoomInMs, slidingTotal } from '../sliding-window.ts';
import { Journal } from './journal.ts';
import { LoweredSignal } from './lowered-signal.ts';
import { type MemoryViews, viewMemory } from './memory.ts';
import { lockMemory, unlockMemory } from './memory-lock.ts';
import { SlotTable } from './slot-table.ts';
import { storedKey } from './stored-key.ts';

/** So many keys are remembered with their hashes. */
const maxHashes = 4_096;
/** Characters of a key whose hash is remembered. */
const longestRemembered = 256;

interface HashedKey {
  readonly stored: string;
  readonly hash: number;
}

export interface SharedCountersOptions {
  /** Of `createCounterMemory`. */
  readonly memory: SharedArrayBuffer;
  /** Names this thread: a positive integer that no other thread has or, until it was ended, had. */
  readonly holder: number;
  /** Milliseconds of a clock that never goes back and that all threads share. @default the machine's */
  readonly now?: () => number;
}

export class SharedCounters implements LocalCounters {
  readonly #views: MemoryViews;
  readonly #holder: number;
  readonly #now: () => number;
  readonly #plain: SlotTable;
  readonly #sliding: SlotTable;
  readonly #journal: Journal;
  readonly #lowered: LoweredSignal;
  /** First words of the counters of the step under way, and of their leases; -1: it has none, or is forgotten. */
  readonly #words: number[] = [];
  readonly #leases: number[] = [];
  /** Those of the counters beside them. */
  readonly #besides: number[] = [];
  readonly #hashes = new Map<string, HashedKey>();
  /** The time of the step under way. */
  #stepMs = 0;
  readonly #isIdlePlain = (words: number): boolean => this.#plainAmount(words) === 0 && !this.#isOfStep(words);
  readonly #isIdleSliding = (words: number): boolean => this.#slidingAmount(words) === 0 && !this.#isOfStep(words);

  constructor(options: SharedCountersOptions) {
    invariant(Number.isInteger(options.holder) && options.holder > 0, 'a holder is a positive integer');
    this.#views = viewMemory(options.memory);
    this.#holder = options.holder;
    this.#now = options.now ?? machineNow;
    this.#plain = new SlotTable(this.#views, this.#views.plain);
    this.#sliding = new SlotTable(this.#views, this.#views.sliding);
    this.#journal = new Journal(this.#views);
    this.#lowered = new LoweredSignal(this.#views);
  }

  add(changes: readonly CounterChange[]): CounterOutcome {
    checkChanges(changes);
    let outcome: CounterOutcome;
    lockMemory(this.#views, this.#holder);
    try {
      this.#begin();
      for (const change of changes) this.#locate(change);
      // After all slots are made: one that is made may take the place of an idle one.
      for (const change of changes) this.#besides.push(this.#locateBeside(change));
      outcome = this.#refusal(changes) ?? this.#write(changes);
    } finally {
      unlockMemory(this.#views);
    }
    if (outcome.kind === 'added') {
      for (const change of changes) if (change.amount < 0) this.#lowered.signal(change.key);
    }
    return outcome;
  }

  amount(key: string, window?: CounterWindow): number {
    const { stored, hash } = this.#hashed(key);
    lockMemory(this.#views, this.#holder);
    try {
      this.#begin();
      const table = window?.kind === 'sliding' ? this.#sliding : this.#plain;
      const slot = table.find(stored, hash, 0);
      if (slot < 0) return 0;
      const words = table.wordsOf(slot);
      return table === this.#sliding ? this.#slidingAmount(words) : this.#plainAmount(words);
    } finally {
      unlockMemory(this.#views);
    }
  }

  onLowered(key: string, listener: () => void): () => void {
    return this.#lowered.listen(key, listener);
  }

  #begin(): void {
    this.#stepMs = exactTime(this.#now());
    this.#words.length = 0;
    this.#leases.length = 0;
    this.#besides.length = 0;
    this.#journal.begin();
    // Left by a step that ended with an error.
    this.#journal.replay();
  }

  #locate({ key, window, leased, atMs }: CounterChange): void {
    const { stored, hash } = this.#hashed(key);
    const table = window?.kind === 'sliding' ? this.#sliding : this.#plain;
    // What is corrected and not there is forgotten.
    if (atMs !== undefined && window !== undefined && table.find(stored, hash, 0) < 0) {
      this.#words.push(-1);
      this.#leases.push(-1);
      return;
    }
    this.#words.push(this.#findOrCreate(table, stored, hash, 0));
    this.#leases.push(leased === undefined ? -1 : this.#findOrCreate(this.#plain, stored, hash, this.#holder));
  }

  #locateBeside({ beside }: CounterChange): number {
    if (beside === undefined) return -1;
    const { stored, hash } = this.#hashed(beside.key);
    const table = beside.window?.kind === 'sliding' ? this.#sliding : this.#plain;
    const slot = table.find(stored, hash, 0);
    return slot < 0 ? -1 : table.wordsOf(slot);
  }

  #hashed(key: string): HashedKey {
    const remembered = this.#hashes.get(key);
    if (remembered !== undefined) return remembered;
    const stored = storedKey(key);
    const hashed = { stored, hash: hashText(stored, this.#views.seed) };
    // Arguments of clients may be in it.
    if (key.length > longestRemembered) return hashed;
    if (this.#hashes.size >= maxHashes) this.#hashes.clear();
    this.#hashes.set(key, hashed);
    return hashed;
  }

  #findOrCreate(table: SlotTable, key: string, hash: number, holder: number): number {
    const existing = table.find(key, hash, holder);
    if (existing >= 0) return table.wordsOf(existing);
    const isIdle = table === this.#plain ? this.#isIdlePlain : this.#isIdleSliding;
    const slot = table.create(key, hash, holder, isIdle);
    if (slot < 0) throw new GatewayError('OVERLOADED', { detail: 'the counters in shared memory are full' });
    return table.wordsOf(slot);
  }

  /** A step's own counters keep their slots, though some are still 0. */
  #isOfStep(words: number): boolean {
    return this.#words.includes(words) || this.#leases.includes(words);
  }

  #refusal(changes: readonly CounterChange[]): CounterOutcome | undefined {
    let refused = -1;
    let roomInMs = 0;
    for (let index = 0; index < changes.length; index++) {
      const change = changes[index];
      const words = this.#words[index];
      if (change === undefined || words === undefined || words < 0 || change.amount <= 0) continue;
      const { amount, max = Number.MAX_SAFE_INTEGER, window, beside } = change;
      const besideWords = this.#besides[index] ?? -1;
      const current = this.#currentOf(words, window);
      const currentBeside = this.#currentOf(besideWords, beside?.window);
      if (current + currentBeside + amount <= max) continue;
      if (refused < 0) refused = index;
      roomInMs = Math.max(
        roomInMs,
        this.#roomIn(words, window, amount + currentBeside, max),
        this.#roomIn(besideWords, beside?.window, amount + current, max),
      );
    }
    return refused < 0 ? undefined : { kind: 'refused', index: refused, roomInMs };
  }

  /** @param words -1: there is no such counter */
  #currentOf(words: number, window: CounterWindow | undefined): number {
    if (words < 0) return 0;
    return window?.kind === 'sliding' ? this.#slidingAmountOf(words, window.ms) : this.#plainAmount(words);
  }

  /** Until the window alone makes room; 0: it does not. */
  #roomIn(words: number, window: CounterWindow | undefined, amount: number, max: number): number {
    if (words < 0 || window === undefined) return 0;
    if (window.kind === 'sliding')
      return slidingRoomInMs(this.#views.float64, words + 1, this.#stepMs, window.ms, amount, max);
    return this.#isOver(words) ? 0 : Math.max(0, this.#endsAt(words) - this.#stepMs);
  }

  #write(changes: readonly CounterChange[]): CounterOutcome {
    for (let index = 0; index < changes.length; index++) {
      const change = changes[index];
      const words = this.#words[index];
      if (change === undefined || words === undefined || words < 0) continue;
      if (change.window?.kind === 'sliding') this.#putSliding(change, change.window.ms, words);
      else this.#putPlain(change, words, this.#leases[index] ?? -1);
    }
    this.#journal.commit();
    return { kind: 'added', atMs: this.#stepMs };
  }

  #putSliding({ amount, atMs }: CounterChange, windowMs: number, words: number): void {
    const { float64 } = this.#views;
    // Of an empty window: how long it is says when it is idle.
    float64[words] = windowMs;
    const bucket = slidingBucket(float64, words + 1, this.#stepMs, windowMs, atMs ?? this.#stepMs);
    if (bucket >= 0) this.#journal.put(bucket, (float64[bucket] ?? 0) + amount);
  }

  #putPlain({ amount, window, leased, atMs }: CounterChange, words: number, lease: number): void {
    let endsAt = 0;
    if (window !== undefined) {
      endsAt = this.#endsAt(words);
      const isOver = endsAt <= this.#stepMs;
      if (atMs !== undefined && (isOver || atMs < endsAt - window.ms)) return;
      if (isOver) endsAt = this.#stepMs + window.ms;
    }
    this.#journal.put(words, this.#plainAmount(words) + amount);
    if (endsAt !== this.#endsAt(words)) this.#journal.put(words + 1, endsAt);
    if (lease < 0 || leased === undefined) return;
    this.#journal.put(lease, this.#plainAmount(lease) + leased);
    if (endsAt !== this.#endsAt(lease)) this.#journal.put(lease + 1, endsAt);
  }

  #endsAt(words: number): number {
    return this.#views.float64[words + 1] ?? 0;
  }

  #isOver(words: number): boolean {
    const endsAt = this.#endsAt(words);
    return endsAt !== 0 && endsAt <= this.#stepMs;
  }

  #plainAmount(words: number): number {
    return this.#isOver(words) ? 0 : (this.#views.float64[words] ?? 0);
  }

  #slidingAmount(words: number): number {
    const windowMs = this.#views.float64[words] ?? 0;
    return windowMs === 0 ? 0 : this.#slidingAmountOf(words, windowMs);
  }

  #slidingAmountOf(words: number, windowMs: number): number {
    return slidingTotal(this.#views.float64, words + 1, this.#stepMs, windowMs);
  }
}
