/**
 * What is held for the calls that a request has announced. All of it is taken in one step, before the first call is
 * charged: calls that a budget has no room for are refused together, so that no answer ends in the middle of a list. Calls
 * that other budgets count are made all the same.
 *
 * It is leased: of a thread that dies, the others get it back.
 */
import { type CounterChange, type LocalCounters, maxChanges } from '../../counters/index.ts';
import { invariant } from '../../lib/index.ts';
import type { BudgetExceeded } from '../model-call/index.ts';
import { type BudgetLevel, currentKey } from './budget-level.ts';
import { levelRefusal } from './level-refusal.ts';
import type { LevelAmount, PlannedLine } from './planned-line.ts';

type Phase = 'planned' | 'held' | 'closed';

export class OperationHold {
  readonly #counters: LocalCounters;
  readonly #lines = new Map<string, PlannedLine>();
  #phase: Phase = 'planned';
  /** Held for calls that are not made, and not given back yet. */
  readonly #spared = new Totals();

  constructor(counters: LocalCounters, lines: readonly PlannedLine[]) {
    this.#counters = counters;
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

  /** Takes what the announced calls may need; what there is no room for is marked as refused. */
  take(): void {
    if (this.#phase !== 'planned') return;
    this.#phase = 'held';
    for (;;) {
      const totals = new Totals();
      for (const line of this.#lines.values()) if (line.isHeld) totals.add(line.unit, line.remaining);
      // Of several budgets without room, the one refuses that counts the fewest of the calls.
      const refused = this.#hold(totals.narrowestFirst());
      if (refused === undefined) return;
      for (const line of this.#lines.values())
        if (line.isHeld && line.isCountedBy(refused.level)) line.refuse(refused.error);
    }
  }

  /**
   * The lines that these calls belong to, as far as calls of them are still to be made.
   * @throws BudgetExceeded where one may not be made with this alias
   */
  linesOf(keys: readonly string[], alias: string): readonly PlannedLine[] {
    if (this.#phase === 'closed') return [];
    const lines: PlannedLine[] = [];
    for (const key of keys) {
      const line = this.#lines.get(key);
      line?.check(alias);
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
    this.#giveBack(this.#spared.take());
  }

  /** Gives back what is left. */
  close(): void {
    if (this.#phase === 'held') {
      for (const line of this.#lines.values()) if (line.isHeld) this.#spared.add(line.unit, line.remaining);
      this.giveBackSpared();
    }
    this.#phase = 'closed';
  }

  #hold(amounts: readonly LevelAmount[]): { readonly level: BudgetLevel; readonly error: BudgetExceeded } | undefined {
    // One step: as many budgets as a configuration has fit into it, unless each counts prompts or models by themselves.
    for (let start = 0; start < amounts.length; start += maxChanges) {
      const step = amounts.slice(start, start + maxChanges);
      const outcome = this.#counters.add(
        step.map(({ level, amount }) => ({
          key: level.heldKey,
          amount,
          leased: amount,
          max: level.limit,
          beside: { key: currentKey(level), window: level.budget.window },
        })),
      );
      if (outcome.kind === 'added') continue;
      this.#giveBack(amounts.slice(0, start));
      const refused = step[outcome.index];
      invariant(refused !== undefined, 'a budget refused');
      const { level, amount } = refused;
      return { level, error: levelRefusal(this.#counters, level, { needed: amount }, outcome) };
    }
    return undefined;
  }

  #giveBack(amounts: readonly LevelAmount[]): void {
    for (let start = 0; start < amounts.length; start += maxChanges)
      this.#counters.add(amounts.slice(start, start + maxChanges).map(releaseOf));
  }
}

export function releaseOf({ level, amount }: LevelAmount): CounterChange {
  return { key: level.heldKey, amount: -amount, leased: -amount };
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
