/**
 * Room on budgets for calls that are not sent yet, and charges of those that are: on the counters of this gateway's threads
 * and, where several gateways count together, on theirs. A step changes all budgets or none.
 *
 * Room is leased: of a thread or a gateway that dies, the others get it back. A charge is not: the provider may bill it.
 */
import { type CounterChange, type LocalCounters, maxChanges } from '../../counters/index.ts';
import { invariant } from '../../lib/index.ts';
import type { BudgetExceeded } from '../model-call/index.ts';
import { type BudgetLevel, currentKey } from './budget-level.ts';
import type { JointBudgets, JointCharge, JointLease, LevelCharge } from './joint-budgets.ts';
import { levelRefusal } from './level-refusal.ts';
import type { LevelAmount } from './planned-line.ts';

/** @param spent by all gateways, where they count together */
export type OnSpent = (level: BudgetLevel, spent?: number) => void;

/** Room that was taken. */
export interface Room {
  readonly kind: 'held';
  readonly amounts: readonly LevelAmount[];
  /** Undefined: this gateway counts its own. */
  readonly lease: JointLease | undefined;
}

/** What the room of a call comes from, as several gateways count it. */
export type RoomPart = Pick<Room, 'amounts' | 'lease'>;

export interface RoomRefusal {
  readonly kind: 'refused';
  readonly level: BudgetLevel;
  readonly error: BudgetExceeded;
}

/** A call that is sent, as its budgets count it. */
export interface SentCharge {
  /** Of the counters of this gateway. */
  readonly atMs: number;
  readonly charged: readonly LevelCharge[];
  readonly joint: JointCharge | undefined;
}

const ofNothing: ReadonlyMap<string, number> = new Map();

export class Reservations {
  readonly #counters: LocalCounters;
  readonly #joint: JointBudgets | undefined;
  readonly #onSpent: OnSpent;

  /** @param onSpent told of each budget after a charge of it has been corrected */
  constructor(counters: LocalCounters, joint: JointBudgets | undefined, onSpent: OnSpent) {
    this.#counters = counters;
    this.#joint = joint;
    this.#onSpent = onSpent;
  }

  /**
   * Takes room, all of it or none.
   *
   * @param own by `heldKey`: what is held already for the same calls, as a refusal tells it
   * @param spare is given back in the same step, in this gateway alone
   */
  hold(
    amounts: readonly LevelAmount[],
    own: ReadonlyMap<string, number> = ofNothing,
    spare: readonly LevelAmount[] = [],
  ): Room | RoomRefusal | Promise<Room | RoomRefusal> {
    const refusal = this.#holdHere(amounts, own, spare);
    if (refusal !== undefined) return refusal;
    if (this.#joint === undefined || amounts.length === 0) return { kind: 'held', amounts, lease: undefined };
    return this.#holdJointly(this.#joint, amounts);
  }

  /** Gives room back that is not needed. */
  release(amounts: readonly LevelAmount[], lease: JointLease | undefined): void {
    if (amounts.length === 0) return;
    this.#releaseHere(amounts);
    if (lease !== undefined) this.#joint?.release(lease, amounts);
  }

  /**
   * Gives back the room of a call that is not sent.
   * @param amounts what this gateway holds for it
   */
  giveBack(amounts: readonly LevelAmount[], parts: readonly RoomPart[]): void {
    this.#releaseHere(amounts);
    for (const { lease, amounts: held } of parts)
      if (lease !== undefined && held.length > 0) this.#joint?.release(lease, held);
  }

  #releaseHere(amounts: readonly LevelAmount[]): void {
    this.#addAll(amounts.map(releaseOf));
  }

  /** @throws GatewayError AI_BUDGET_UNAVAILABLE where room that others held for this gateway was lost */
  check(parts: readonly RoomPart[]): void {
    this.#joint?.checkLeases(parts);
  }

  /**
   * Room becomes a charge, in the periods of now.
   * @param amounts on each budget that counts the call; this gateway holds as much for it
   */
  charge(amounts: readonly LevelAmount[], parts: readonly RoomPart[]): SentCharge {
    const charged = amounts.map(({ level, amount }): LevelCharge => ({ level, amount, key: currentKey(level) }));
    const changes = charged.map(
      ({ level, key, amount }): CounterChange => ({ key, amount, window: level.budget.window }),
    );
    const atMs = this.#addAll([...changes, ...amounts.map(releaseOf)]);
    return { atMs, charged, joint: this.#joint?.charge(charged, parts, this.#onSpent) };
  }

  /** Corrects a charge, once. @param corrections on its budgets; none: it was as large */
  correct({ atMs, charged, joint }: SentCharge, corrections: readonly LevelCharge[]): void {
    this.#addAll(corrections.map(({ level, key, amount }) => ({ key, amount, window: level.budget.window, atMs })));
    if (joint !== undefined) joint.correct(corrections);
    else for (const { level } of charged) this.#onSpent(level);
  }

  #holdHere(
    amounts: readonly LevelAmount[],
    own: ReadonlyMap<string, number>,
    spare: readonly LevelAmount[],
  ): RoomRefusal | undefined {
    const changes = [...amounts.map(holdOf), ...spare.map(releaseOf)];
    // One step: as many budgets as a configuration has fit into it, unless each counts prompts or models by themselves.
    for (let start = 0; start < changes.length; start += maxChanges) {
      const outcome = this.#counters.add(changes.slice(start, start + maxChanges));
      if (outcome.kind === 'added') continue;
      this.#releaseHere(amounts.slice(0, start));
      const refused = amounts[start + outcome.index];
      invariant(refused !== undefined, 'a budget refused');
      const { level, amount } = refused;
      const held = own.get(level.heldKey) ?? 0;
      const error = levelRefusal(this.#counters, level, { needed: amount + held, own: held }, outcome);
      return { kind: 'refused', level, error };
    }
    return undefined;
  }

  async #holdJointly(joint: JointBudgets, amounts: readonly LevelAmount[]): Promise<Room | RoomRefusal> {
    let lease: JointLease | RoomRefusal | undefined;
    try {
      lease = await joint.hold(amounts);
    } finally {
      if (lease === undefined || lease.kind === 'refused') this.#releaseHere(amounts);
    }
    return lease.kind === 'refused' ? lease : { kind: 'held', amounts, lease };
  }

  #addAll(changes: readonly CounterChange[]): number {
    let atMs = 0;
    for (let start = 0; start < changes.length; start += maxChanges) {
      const outcome = this.#counters.add(changes.slice(start, start + maxChanges));
      if (outcome.kind === 'added') atMs = outcome.atMs;
    }
    return atMs;
  }
}

function holdOf({ level, amount }: LevelAmount): CounterChange {
  const spent = { key: currentKey(level), window: level.budget.window };
  return { key: level.heldKey, amount, leased: amount, max: level.limit, beside: spent };
}

function releaseOf({ level, amount }: LevelAmount): CounterChange {
  return { key: level.heldKey, amount: -amount, leased: -amount };
}
