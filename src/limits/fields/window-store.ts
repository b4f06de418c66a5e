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
import { invariant } from '../../lib/index.ts';
import type { FieldRate } from '../../supergraph/index.ts';
import type { JointRates } from '../rates/joint-rates.ts';

type Identity = Parameters<Store['getForIdentity']>[0];

/**
 * One for all reads: a limiter says whom it asks for, by `identify`, and asks in the same turn. To make one for each read
 * would make the limiter anew, with a store of its own.
 */
export class WindowStore implements Store {
  #read: FieldRead | undefined;

  /** The package's `identifyContext`, whose context is the read. */
  readonly identify = (read: FieldRead): string => {
    this.#read = read;
    return read.caller;
  };

  getForIdentity(identity: Identity): readonly number[] {
    const read = this.#read;
    this.#read = undefined;
    invariant(read?.caller === identity.contextIdentity, 'a limiter asks in the turn in which it identifies');
    return read.count(identity);
  }

  setForIdentity(): void {}
}

/** One read of a field, at one place of an operation. */
export class FieldRead {
  /** Who reads. */
  readonly caller: string;
  readonly #counters: LocalCounters;
  readonly #rate: FieldRate;
  readonly #joint: JointRates | undefined;
  /** What was counted here, of which other gateways have not been asked. */
  #postponed: (CounterChange & { readonly max: number }) | undefined;
  /** When the field may be read again, where it was refused; undefined: nobody knows. */
  roomInMs: number | undefined;
  /** Give back what was counted, where the field is not read after all. */
  readonly #undo: (() => void)[] = [];

  /** @param joint what several gateways count together; undefined: this one counts its own */
  constructor(caller: string, counters: LocalCounters, rate: FieldRate, joint?: JointRates) {
    this.caller = caller;
    this.#counters = counters;
    this.#rate = rate;
    this.#joint = joint;
  }

  /** @returns one time where it is refused */
  count({ contextIdentity, fieldIdentity }: Identity): readonly number[] {
    const { id, max, windowMs } = this.#rate;
    const count = (key: string, kind: CounterWindow['kind']): boolean => {
      const change = { key, amount: 1, max, window: { kind, ms: windowMs } };
      const outcome = this.#counters.add([change]);
      if (outcome.kind === 'refused') {
        this.roomInMs = outcome.roomInMs;
        return false;
      }
      this.#undo.push(() => void this.#counters.add([{ ...change, amount: -1, atMs: outcome.atMs }]));
      return true;
    };
    try {
      const key = `${id} ${contextIdentity} ${fieldIdentity}`;
      if (!count(key, 'sliding')) return refused();
      this.#postponed = { key, amount: 1, max, window: { kind: 'sliding', ms: windowMs } };
      return none;
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

  giveBack(): void {
    this.#postponed = undefined;
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** @returns whether other gateways allow what was counted here, which is given back otherwise */
  async askOthers(): Promise<boolean> {
    const change = this.#postponed;
    if (this.#joint === undefined || change === undefined) return true;
    const reads = this.#counters.amount(change.key, change.window);
    const { isAllowed, roomInMs, giveBack } = await this.#joint.count({ ...change, key: `field ${change.key}` }, reads);
    if (giveBack !== undefined) this.#undo.push(giveBack);
    this.roomInMs = roomInMs;
    if (!isAllowed) this.giveBack();
    return isAllowed;
  }
}

const none: readonly number[] = [];

function refused(): readonly number[] {
  return [Date.now()];
}

function isFull(error: unknown): boolean {
  return error instanceof GatewayError && error.code === 'OVERLOADED';
}
