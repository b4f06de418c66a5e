/**
 * What is held for the calls that a request has announced. All of it is taken in one step, before the first call is
 * charged: calls that a budget has no room for are refused together, so that no answer ends in the middle of a list. Calls
 * that other budgets count are made all the same.
 *
 * It is leased: of a thread or a gateway that dies, the others get it back.
 */
import type { BudgetExceeded } from '../model-call/index.ts';
import type { BudgetLevel } from './budget-level.ts';
import type { JointLease } from './joint-budgets.ts';
import type { LevelAmount, PlannedLine } from './planned-line.ts';
import type { Reservations, Room, RoomRefusal } from './reservations.ts';

type Phase = 'planned' | 'held' | 'closed';

export class OperationHold {
  readonly #reservations: Reservations;
  readonly #lines = new Map<string, PlannedLine>();
  #phase: Phase = 'planned';
  /** While other gateways are asked. */
  #taking: Promise<void> | undefined;
  #lease: JointLease | undefined;
  /** Held for calls that are not made, and not given back yet. */
  readonly #spared = new Totals();

  constructor(reservations: Reservations, lines: readonly PlannedLine[]) {
    this.#reservations = reservations;
    for (const line of lines) {
      const earlier = this.#lines.get(line.calls.key);
      if (earlier === undefined) this.#lines.set(line.calls.key, line);
      else earlier.remaining += line.remaining; // the same field at another place
    }
  }

  /** The most that the calls cost that are still to be made, in nano-dollars. */
  get plannedNanoUsd(): number {
    let nanoUsd = 0;
    for (const line of this.#lines.values()) if (line.isHeld) nanoUsd += line.remaining * line.nanoUsd;
    return nanoUsd;
  }

  /** Why none of the calls may be made; undefined where some may. */
  get refusal(): BudgetExceeded | undefined {
    let refusal: BudgetExceeded | undefined;
    if (this.#phase === 'closed') return undefined;
    for (const line of this.#lines.values()) {
      if (line.refusal === undefined || line.cheaperAlias !== undefined) return undefined;
      refusal ??= line.refusal;
    }
    return refusal;
  }

  /** Whether room is still to be taken. */
  get isPlanned(): boolean {
    return this.#phase === 'planned';
  }

  /** Of what is held, where several gateways count together. */
  get lease(): JointLease | undefined {
    return this.#lease;
  }

  /**
   * Takes what the announced calls may need; what there is no room for is marked as refused.
   * @returns a promise while other gateways are asked; it rejects where they cannot be
   */
  take(): Promise<void> | undefined {
    if (this.#phase !== 'planned') return this.#taking;
    let outcome = this.#takeOnce();
    while (!(outcome instanceof Promise) && outcome.kind === 'refused') {
      this.#refuse(outcome);
      outcome = this.#takeOnce();
    }
    // Not earlier: a step that fails holds nothing.
    this.#phase = 'held';
    if (!(outcome instanceof Promise)) return undefined;
    this.#taking = this.#takeJointly(outcome);
    return this.#taking;
  }

  async #takeJointly(first: Promise<Room | RoomRefusal>): Promise<void> {
    try {
      let outcome = await first;
      while (outcome.kind === 'refused') {
        this.#refuse(outcome);
        outcome = await this.#takeOnce();
      }
      this.#lease = outcome.lease;
    } catch (error) {
      // Nothing is held; the next call tries again.
      this.#spared.take();
      if (this.#phase === 'held') this.#phase = 'planned';
      throw error;
    } finally {
      this.#taking = undefined;
      // Calls were spared, or the request has ended, meanwhile.
      this.giveBackSpared();
    }
  }

  #takeOnce(): Room | RoomRefusal | Promise<Room | RoomRefusal> {
    // What was spared so far is not part of the totals.
    this.#spared.take();
    const totals = new Totals();
    for (const line of this.#lines.values()) if (line.isHeld) totals.add(line.unit, line.remaining);
    // Of several budgets without room, the one refuses that counts the fewest of the calls.
    return this.#reservations.hold(totals.narrowestFirst());
  }

  #refuse({ level, error }: RoomRefusal): void {
    for (const line of this.#lines.values()) if (line.isHeld && line.isCountedBy(level)) line.refuse(error);
  }

  /**
   * The lines that these calls belong to, as far as calls of them are still to be made.
   * @param alias undefined: they are free
   * @throws BudgetExceeded where one may not be made with this alias
   */
  linesOf(keys: readonly string[], alias: string | undefined): readonly PlannedLine[] {
    if (this.#phase === 'closed') return [];
    const lines: PlannedLine[] = [];
    for (const key of keys) {
      const line = this.#lines.get(key);
      if (alias !== undefined) line?.check(alias);
      if (line === undefined) continue;
      const count = lines.filter((each) => each === line).length;
      if (line.remaining > count) lines.push(line);
    }
    return lines;
  }

  /** The calls for one item are not made. */
  spare(key: string): void {
    const line = this.#lines.get(key);
    if (line === undefined || line.remaining === 0) return;
    const count = Math.min(line.remaining, line.calls.callsPerItem);
    if (this.#phase === 'held' && line.isHeld) this.#spared.add(line.unit, count);
    line.remaining -= count;
  }

  /** What is held for calls that are not made. */
  giveBackSpared(): void {
    if (this.#taking === undefined) this.#reservations.release(this.#spared.take(), this.#lease);
  }

  /** Gives back what is left. */
  close(): void {
    if (this.#phase === 'held') {
      for (const line of this.#lines.values()) {
        if (line.isHeld) this.#spared.add(line.unit, line.remaining);
        line.remaining = 0;
      }
      this.giveBackSpared();
    }
    this.#phase = 'closed';
  }
}

/** Sums of amounts on each budget. */
export class Totals {
  readonly #byKey = new Map<string, { readonly level: BudgetLevel; amount: number; parts: number }>();

  add(unit: readonly LevelAmount[], items: number): void {
    for (const { level, amount } of unit) {
      const sum = Math.min(amount * items, Number.MAX_SAFE_INTEGER);
      const total = this.#byKey.get(level.heldKey);
      if (total === undefined) this.#byKey.set(level.heldKey, { level, amount: sum, parts: 1 });
      else {
        total.amount = Math.min(total.amount + sum, Number.MAX_SAFE_INTEGER);
        total.parts++;
      }
    }
  }

  of({ heldKey }: BudgetLevel): number {
    return this.#byKey.get(heldKey)?.amount ?? 0;
  }

  amounts(): readonly LevelAmount[] {
    return [...this.#byKey.values()];
  }

  /** Those first that the fewest parts add to. */
  narrowestFirst(): readonly LevelAmount[] {
    return [...this.#byKey.values()].sort((a, b) => a.parts - b.parts);
  }

  take(): readonly LevelAmount[] {
    if (this.#byKey.size === 0) return [];
    const amounts = this.amounts();
    this.#byKey.clear();
    return amounts;
  }
}
