/**
 * Exact counters by name: what budgets, rates and concurrency are counted with.
 *
 * An amount is a whole number from -(2^53 - 1) to 2^53 - 1: in nano-dollars about 9 million dollars. Several counters
 * change in one step, all of them or none, each within an upper bound: so nothing is ever exceeded, however many
 * callers come at once. A counter that was never changed, or whose window is over, is 0.
 */

/** How long an amount counts. A key is always used with the same window. */
export type CounterWindow =
  /** Begins with the first addition and ends `ms` later, when all of it is forgotten. */
  | { readonly kind: 'fixed'; readonly ms: number }
  /**
   * Counts what was added in the last `ms`, in steps of a sixtieth: an amount counts until all of its step is more
   * than `ms` old. So a limit holds in every period of that length, however it is laid.
   */
  | { readonly kind: 'sliding'; readonly ms: number };

export interface CounterChange {
  readonly key: string;
  /** Added; negative: subtracted. */
  readonly amount: number;
  /** The step is refused where a positive amount would bring the counter above it. @default the range's end */
  readonly max?: number | undefined;
  /** A counter that `max` bounds together with this one, as it was before the step. @default none */
  readonly beside?: { readonly key: string; readonly window?: CounterWindow | undefined } | undefined;
  /** @default counts until it is subtracted */
  readonly window?: CounterWindow | undefined;
  /**
   * How much of the counter is leased to this holder, by this change more (or, negative, less): it is subtracted when
   * the holder dies. Not with a sliding window. @default 0
   */
  readonly leased?: number | undefined;
  /** Corrects what was added then (`CounterOutcome.atMs`), and does nothing where that is forgotten. @default now */
  readonly atMs?: number | undefined;
}

export type CounterOutcome =
  | {
      readonly kind: 'added';
      /** The time of it on the counters' clock, for `CounterChange.atMs`. */
      readonly atMs: number;
    }
  | {
      readonly kind: 'refused';
      /** The first change that its `max` does not allow. */
      readonly index: number;
      /** The time until windows alone make room for all of them; 0: only who holds an amount can make it. */
      readonly roomInMs: number;
    };

/** Counters of this process, of this machine or of several: asynchronous where they are remote. */
export interface Counters {
  /**
   * Changes all of the counters or none. Every key appears once; at most `maxChanges` changes.
   *
   * @throws GatewayError OVERLOADED where there is no place for a further counter
   */
  add(changes: readonly CounterChange[]): CounterOutcome | Promise<CounterOutcome>;
  /** What is counted now. */
  amount(key: string, window?: CounterWindow): number | Promise<number>;
  /**
   * Calls the listener after an amount was subtracted from the counter, by anyone: what waits for room tries again. It
   * may also be called without that.
   *
   * @returns ends it
   */
  onLowered(key: string, listener: () => void): () => void;
}

/** Counters that answer at once: nothing on the way of a request waits for them. */
export interface LocalCounters extends Counters {
  add(changes: readonly CounterChange[]): CounterOutcome;
  amount(key: string, window?: CounterWindow): number;
}

/** A step changes at most so many counters. */
export const maxChanges = 64;
