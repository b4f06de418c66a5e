/**
 * The store of `graphql-rate-limit`, atomic and bounded: to look at a counter is to count in it, in one step over all
 * workers, and nothing is kept of what was refused. Its own stores read and then write, so that whoever comes between is
 * not counted, keep the time of every call, refused ones as well, and forget nothing.
 *
 * The package compares one timestamp with a `max` of one: this store returns none where the field may be read.
 */
import type { Store } from 'graphql-rate-limit';
import type { CounterChange, CounterWindow, LocalCounters } from '../../counters/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { FieldRate } from '../../supergraph/index.ts';

type Identity = Parameters<Store['getForIdentity']>[0];

export class WindowStore implements Store {
  readonly #counters: LocalCounters;
  readonly #rate: FieldRate;
  /** What was counted, and is given back where the field is not read after all. */
  #change: CounterChange | undefined;

  constructor(counters: LocalCounters, rate: FieldRate) {
    this.#counters = counters;
    this.#rate = rate;
  }

  getForIdentity({ contextIdentity, fieldIdentity }: Identity): readonly number[] {
    const { id, max, windowMs } = this.#rate;
    const count = (key: string, kind: CounterWindow['kind']): boolean => {
      const change = { key, amount: 1, max, window: { kind, ms: windowMs } };
      const outcome = this.#counters.add([change]);
      if (outcome.kind === 'refused') return false;
      this.#change = { ...change, amount: -1, atMs: outcome.atMs };
      return true;
    };
    try {
      return count(`${id} ${contextIdentity} ${fieldIdentity}`, 'sliding') ? none : refused();
    } catch (error) {
      if (!isFull(error)) throw error;
    }
    // As many identities as there is room for are counted: this caller is, whatever the arguments.
    try {
      return count(`${id} ${contextIdentity}`, 'fixed') ? none : refused();
    } catch (error) {
      if (!isFull(error)) throw error;
      return refused();
    }
  }

  setForIdentity(): void {}

  giveBack(): void {
    if (this.#change !== undefined) this.#counters.add([this.#change]);
    this.#change = undefined;
  }
}

const none: readonly number[] = [];

function refused(): readonly number[] {
  return [Date.now()];
}

function isFull(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'OVERLOADED';
}
