/**
 * Budgets that several gateways count together, in Redis. A call is first counted by this gateway alone, and then, in one
 * round trip, by all: so no gateway asks for what it has no room for by itself.
 *
 * While Redis does not answer, the declared policy decides. What is spent meanwhile is kept, and counted when it answers
 * again. A step whose answer was lost may be counted twice: what is counted is never less than what was spent.
 */
import type { BudgetCountersConfig } from '../../config/index.ts';
import type { CounterWindow, LocalCounters, RedisCounters, RemoteChange } from '../../counters/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { BudgetLevel } from './budget-level.ts';
import { refusalOf } from './level-refusal.ts';

/** An amount on a budget's counter of its period. */
export interface LevelCharge {
  readonly level: BudgetLevel;
  readonly key: string;
  readonly amount: number;
}

export interface JointCharge {
  /** Adds to what was charged; negative: gives back. Never throws. */
  correct(changes: readonly LevelCharge[], onSpent: (level: BudgetLevel, spent: number) => void): void;
}

export interface JointBudgetsOptions {
  readonly counters: Pick<RedisCounters, 'add' | 'isAvailable' | 'close'>;
  /** Of all threads of this gateway. */
  readonly local: LocalCounters;
  readonly config: BudgetCountersConfig;
}

interface Owed {
  readonly key: string;
  readonly window: CounterWindow;
  readonly amount: number;
  /** What of it this gateway's threads have taken of their share. */
  readonly share: number;
}

/** So many counters are remembered, each: what they had come to, and what they are owed. */
const maxRemembered = 50_000;
/** Counters that a step changes. */
const owedPerStep = 16;

export class JointBudgets {
  readonly whenDown: BudgetCountersConfig['whenDown'];
  readonly #options: JointBudgetsOptions;
  /** What counters were when Redis said it last. */
  readonly #amounts = new Map<string, number>();
  readonly #owed = new Map<string, Owed>();
  #paying: Promise<void> | undefined;

  constructor(options: JointBudgetsOptions) {
    this.#options = options;
    this.whenDown = options.config.whenDown;
  }

  get isAvailable(): boolean {
    return this.#options.counters.isAvailable;
  }

  /** @throws BudgetExceeded; GatewayError AI_BUDGET_UNAVAILABLE */
  async charge(charged: readonly LevelCharge[]): Promise<JointCharge> {
    const { counters } = this.#options;
    const changes = charged.map(({ level, key, amount }): RemoteChange => {
      return { key, amount, window: level.budget.window, max: level.limit };
    });
    let outcome: Awaited<ReturnType<RedisCounters['add']>>;
    try {
      if (this.#owed.size > 0) await this.payOwed();
      outcome = await counters.add(changes);
    } catch (cause) {
      return this.#chargeAlone(charged, cause);
    }
    if (outcome.kind === 'refused') {
      const refused = charged[outcome.index];
      if (refused === undefined) throw new GatewayError('AI_BUDGET_UNAVAILABLE');
      this.#remember(refused.key, outcome.amount);
      throw refusalOf(refused.level, {
        needed: refused.amount,
        used: outcome.amount,
        limit: refused.level.limit,
        roomInMs: outcome.roomInMs,
      });
    }
    const { amounts, atMs } = outcome;
    for (const [index, { key }] of charged.entries()) this.#remember(key, amounts[index] ?? 0);
    const spentAt = (index: number): number => amounts[index] ?? 0;
    return {
      correct: (corrections, onSpent) => {
        if (corrections.length > 0) void this.#correct(corrections, atMs, onSpent);
        else for (const [index, { level }] of charged.entries()) onSpent(level, spentAt(index));
      },
    };
  }

  /** Counts in Redis what was spent while it did not answer. @throws GatewayError where it still does not */
  payOwed(): Promise<void> {
    this.#paying ??= this.#pay().finally(() => {
      this.#paying = undefined;
    });
    return this.#paying;
  }

  close(): void {
    this.#options.counters.close();
  }

  async #pay(): Promise<void> {
    const { counters, local } = this.#options;
    while (this.#owed.size > 0) {
      const step = [...this.#owed.values()].slice(0, owedPerStep);
      // What is given back corrects what is there: of a Redis that has lost it, nothing falls below zero.
      const atMs = Date.now();
      await counters.add(
        step.map(({ key, window, amount }) => ({ key, window, amount, ...(amount < 0 ? { atMs } : {}) })),
      );
      for (const { key, window, amount, share } of step) {
        const owed = this.#owed.get(key);
        const rest = { amount: (owed?.amount ?? 0) - amount, share: (owed?.share ?? 0) - share };
        if (rest.amount === 0 && rest.share === 0) this.#owed.delete(key);
        else this.#owed.set(key, { key, window, ...rest });
        if (share > 0) local.add([{ key: shareKey(key), amount: -share, leased: -share }]);
      }
    }
  }

  async #correct(
    changes: readonly LevelCharge[],
    atMs: number,
    onSpent: (level: BudgetLevel, spent: number) => void,
  ): Promise<void> {
    try {
      const outcome = await this.#options.counters.add(
        changes.map(({ level, key, amount }) => ({ key, amount, window: level.budget.window, atMs })),
      );
      if (outcome.kind === 'refused') return;
      for (const [index, { level, key }] of changes.entries()) {
        const amount = outcome.amounts[index] ?? 0;
        this.#remember(key, amount);
        onSpent(level, amount);
      }
    } catch {
      for (const { level, key, amount } of changes) this.#owe(key, level, amount, 0);
    }
  }

  /** @throws BudgetExceeded; GatewayError AI_BUDGET_UNAVAILABLE */
  #chargeAlone(charged: readonly LevelCharge[], cause: unknown): JointCharge {
    const { whenDown } = this;
    switch (whenDown) {
      case 'closed':
        throw new GatewayError('AI_BUDGET_UNAVAILABLE', { cause });
      case 'local_share':
        this.#takeShare(charged);
        for (const { level, key, amount } of charged) this.#owe(key, level, amount, amount);
        break;
      case 'open':
        for (const { level, key, amount } of charged) this.#owe(key, level, amount, 0);
        break;
      default:
        return unreachable(whenDown);
    }
    return {
      correct: (changes) => {
        for (const { level, key, amount } of changes) this.#owe(key, level, amount, 0);
      },
    };
  }

  #takeShare(charged: readonly LevelCharge[]): void {
    const { local, config } = this.#options;
    const shares = charged.map(({ level, key }) => {
      const rest = Math.max(0, level.limit - (this.#amounts.get(key) ?? 0));
      return Math.floor(rest / config.gateways);
    });
    const outcome = local.add(
      charged.map(({ key, amount }, index) => ({
        key: shareKey(key),
        amount,
        leased: amount,
        max: shares[index],
      })),
    );
    if (outcome.kind === 'added') return;
    const refused = charged[outcome.index];
    if (refused === undefined) throw new GatewayError('AI_BUDGET_UNAVAILABLE');
    const share = shares[outcome.index] ?? 0;
    const used = local.amount(shareKey(refused.key));
    throw refusalOf(refused.level, { needed: refused.amount, used, limit: share, roomInMs: 0 });
  }

  #owe(key: string, { budget }: BudgetLevel, amount: number, share: number): void {
    const owed = this.#owed.get(key);
    if (owed === undefined && this.#owed.size >= maxRemembered) return;
    const sum = { amount: (owed?.amount ?? 0) + amount, share: (owed?.share ?? 0) + share };
    this.#owed.set(key, { key, window: budget.window, ...sum });
  }

  #remember(key: string, amount: number): void {
    if (this.#amounts.size >= maxRemembered) this.#amounts.clear();
    this.#amounts.set(key, amount);
  }
}

const shareKey = (key: string): string => `share ${key}`;
