/**
 * Budgets that several gateways count together, in Redis. Room is taken by this gateway alone first, and then, in one round
 * trip, from all: so no gateway asks for what it has no room for by itself. Nobody waits for anything else: that a call is
 * sent, or what it came to, is written to Redis before the call is, and its answer is not waited for.
 *
 * While Redis does not answer, the declared policy decides. What is spent meanwhile is kept, and counted when it answers
 * again. A step whose answer was lost may be counted twice: what is counted is never less than what was spent.
 */
import type { BudgetCountersConfig } from '../../config/index.ts';
import type { LocalCounters, RedisCounters, RemoteChange, RemoteOutcome } from '../../counters/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { invariant, unreachable } from '../../lib/index.ts';
import { type BudgetLevel, currentKey } from './budget-level.ts';
import { refusalOf } from './level-refusal.ts';
import { OwedCharges, shareKey } from './owed-charges.ts';
import type { LevelAmount } from './planned-line.ts';
import type { RoomPart, RoomRefusal } from './reservations.ts';

/** An amount on a budget's counter of its period. */
export interface LevelCharge extends LevelAmount {
  readonly key: string;
}

/** Where room is held: in Redis, under a lease of its counters, or by this gateway while Redis does not answer. */
export type JointLease = { readonly kind: 'redis'; readonly lease: string } | { readonly kind: 'alone' };

type OnSpent = (level: BudgetLevel, spent: number) => void;

/** A charge that is on its way to Redis. */
export interface JointCharge {
  /** Adds to what was charged; negative: gives back. Once at most; never throws. */
  correct(changes: readonly LevelCharge[]): void;
}

export interface JointBudgetsOptions {
  readonly counters: Pick<RedisCounters, 'add' | 'isAvailable' | 'isLeased' | 'close'>;
  /** Of all threads of this gateway. */
  readonly local: LocalCounters;
  readonly config: BudgetCountersConfig;
}

/** So many counters are remembered. */
const maxRemembered = 50_000;

const alone: JointLease = { kind: 'alone' };

export class JointBudgets {
  readonly whenDown: BudgetCountersConfig['whenDown'];
  readonly #options: JointBudgetsOptions;
  /** What budgets had come to when Redis said it last. */
  readonly #amounts = new Map<string, number>();
  readonly #owed: OwedCharges;

  constructor(options: JointBudgetsOptions) {
    this.#options = options;
    this.whenDown = options.config.whenDown;
    this.#owed = new OwedCharges(options);
  }

  get isAvailable(): boolean {
    return this.#options.counters.isAvailable;
  }

  /** Takes room on all of these budgets or none. @throws BudgetExceeded; GatewayError AI_BUDGET_UNAVAILABLE */
  async hold(amounts: readonly LevelAmount[]): Promise<JointLease | RoomRefusal> {
    const { counters } = this.#options;
    const changes = amounts.map(({ level, amount }): RemoteChange => {
      const spent = { key: currentKey(level), window: level.budget.window };
      return { key: level.heldKey, amount, leased: amount, max: level.limit, beside: spent };
    });
    let outcome: RemoteOutcome;
    try {
      if (!this.#owed.isEmpty) await this.payOwed();
      outcome = await counters.add(changes);
    } catch (cause) {
      return this.#holdAlone(amounts, cause);
    }
    if (outcome.kind === 'refused') {
      const refused = amounts[outcome.index];
      invariant(refused !== undefined, 'a budget refused');
      const { level, amount } = refused;
      this.#remember(currentKey(level), outcome.amount);
      return refusal(level, amount, outcome.amount, level.limit, outcome.roomInMs);
    }
    for (const [index, { level }] of amounts.entries()) this.#remember(currentKey(level), outcome.amounts[index] ?? 0);
    return { kind: 'redis', lease: outcome.lease };
  }

  release(lease: JointLease, amounts: readonly LevelAmount[]): void {
    if (lease.kind === 'redis') void this.#add([], amounts, lease.lease);
    else this.#giveShareBack(amounts);
  }

  /** @throws GatewayError AI_BUDGET_UNAVAILABLE where room that Redis held may be given to others by now */
  checkLeases(parts: readonly RoomPart[]): void {
    if (this.whenDown === 'open') return;
    for (const { lease } of parts) {
      if (lease?.kind === 'redis' && !this.#options.counters.isLeased(lease.lease))
        throw new GatewayError('AI_BUDGET_UNAVAILABLE', { detail: 'Redis was not reached while room was held' });
    }
  }

  /** Room becomes a charge. Never throws. */
  charge(charged: readonly LevelCharge[], parts: readonly RoomPart[], onSpent: OnSpent): JointCharge {
    const leases = new Map<string, LevelAmount[]>();
    for (const { lease, amounts } of parts) {
      if (lease?.kind === 'redis') addTo(leases, lease.lease, amounts);
      else if (lease?.kind === 'alone' && this.whenDown === 'local_share')
        for (const { level, amount } of amounts)
          this.#owed.add({ key: currentKey(level), level, amount: 0, share: amount });
    }
    const [first, ...others] = leases;
    for (const [lease, amounts] of others) void this.#add([], amounts, lease);
    if (first === undefined && !this.isAvailable) {
      for (const { level, key, amount } of charged) this.#owed.add({ key, level, amount, share: 0 });
      return this.#chargeOf(charged, Promise.resolve(undefined), onSpent);
    }
    return this.#chargeOf(charged, this.#add(charged, first?.[1] ?? [], first?.[0]), onSpent);
  }

  /** Counts in Redis what was spent while it did not answer. @throws GatewayError where it still does not */
  payOwed(): Promise<void> {
    return this.#owed.pay();
  }

  close(): void {
    this.#options.counters.close();
  }

  #chargeOf(
    charged: readonly LevelCharge[],
    counting: Promise<Extract<RemoteOutcome, { readonly kind: 'added' }> | undefined>,
    onSpent: OnSpent,
  ): JointCharge {
    const correct = async (changes: readonly LevelCharge[]): Promise<void> => {
      const counted = await counting;
      if (counted === undefined) {
        for (const { level, key, amount } of changes) this.#owed.add({ key, level, amount, share: 0 });
        return;
      }
      for (const [index, { level, key }] of charged.entries())
        if (!changes.some((change) => change.key === key)) onSpent(level, counted.amounts[index] ?? 0);
      if (changes.length === 0) return;
      const corrected = await this.#add(changes, [], undefined, counted.atMs);
      if (corrected === undefined) return;
      for (const [index, { level }] of changes.entries()) onSpent(level, corrected.amounts[index] ?? 0);
    };
    return { correct: (changes) => void correct(changes) };
  }

  /**
   * Writes a step to Redis before it returns. What is not counted is owed.
   * @returns undefined where it is owed
   */
  async #add(
    charged: readonly LevelCharge[],
    released: readonly LevelAmount[],
    lease?: string,
    atMs?: number,
  ): Promise<Extract<RemoteOutcome, { readonly kind: 'added' }> | undefined> {
    const changes = charged.map(({ level, key, amount }): RemoteChange => {
      return { key, amount, window: level.budget.window, ...(atMs === undefined ? {} : { atMs }) };
    });
    for (const { level, amount } of released) changes.push({ key: level.heldKey, amount: -amount, leased: -amount });
    if (changes.length === 0) return { kind: 'added', atMs: 0, amounts: [], lease: '' };
    try {
      const outcome = await this.#options.counters.add(changes, lease);
      invariant(outcome.kind === 'added', 'nothing bounds these counters');
      return outcome;
    } catch {
      for (const { level, key, amount } of charged) this.#owed.add({ key, level, amount, share: 0 });
      for (const { level, amount } of released)
        this.#owed.add({ key: level.heldKey, level, amount: -amount, share: 0, lease });
      return undefined;
    }
  }

  #holdAlone(amounts: readonly LevelAmount[], cause: unknown): JointLease | RoomRefusal {
    const { whenDown } = this;
    switch (whenDown) {
      case 'closed':
        throw new GatewayError('AI_BUDGET_UNAVAILABLE', { cause });
      case 'local_share':
        return this.#takeShare(amounts) ?? alone;
      case 'open':
        return alone;
      default:
        return unreachable(whenDown);
    }
  }

  #takeShare(amounts: readonly LevelAmount[]): RoomRefusal | undefined {
    const { local, config } = this.#options;
    const shares = amounts.map(({ level }) => {
      const key = currentKey(level);
      const rest = Math.max(0, level.limit - (this.#amounts.get(key) ?? 0));
      return { key: shareKey(key), max: Math.floor(rest / config.gateways) };
    });
    const outcome = local.add(
      shares.map((share, index) => {
        const amount = amounts[index]?.amount ?? 0;
        return { ...share, amount, leased: amount };
      }),
    );
    if (outcome.kind === 'added') return undefined;
    const refused = amounts[outcome.index];
    const share = shares[outcome.index];
    invariant(refused !== undefined && share !== undefined, 'a share refused');
    return refusal(refused.level, refused.amount, local.amount(share.key), share.max, 0);
  }

  #giveShareBack(amounts: readonly LevelAmount[]): void {
    if (this.whenDown !== 'local_share') return;
    this.#options.local.add(
      amounts.map(({ level, amount }) => ({ key: shareKey(currentKey(level)), amount: -amount, leased: -amount })),
    );
  }

  #remember(key: string, amount: number): void {
    if (this.#amounts.size >= maxRemembered) this.#amounts.clear();
    this.#amounts.set(key, amount);
  }
}

function refusal(level: BudgetLevel, needed: number, used: number, limit: number, roomInMs: number): RoomRefusal {
  return { kind: 'refused', level, error: refusalOf(level, { needed, used, limit, roomInMs }) };
}

function addTo(leases: Map<string, LevelAmount[]>, lease: string, amounts: readonly LevelAmount[]): void {
  const sums = leases.get(lease) ?? [];
  leases.set(lease, sums);
  for (const { level, amount } of amounts) {
    const index = sums.findIndex((sum) => sum.level.heldKey === level.heldKey);
    if (index === -1) sums.push({ level, amount });
    else sums[index] = { level, amount: amount + (sums[index]?.amount ?? 0) };
  }
}
