/**
 * What one request spends on models. Each request to a provider is charged at its bound just before it is sent, and
 * corrected to what it used when it has ended, however it ended. A charge changes all budgets that count the call, or
 * none: no limit is ever passed, however many requests come at once, by more than what a provider bills beyond the bound.
 *
 * A charge is not given back when its thread dies: the provider may have been asked. What is held for calls that were
 * announced and not made yet is.
 */
import { randomUUID } from 'node:crypto';
import type { CounterChange, LocalCounters } from '../../counters/index.ts';
import { invariant, onDemand } from '../../lib/index.ts';
import type {
  AccountSpending,
  CacheOutcome,
  Charge,
  ChargeBound,
  ChargeUse,
  PaidCall,
  PlannedCalls,
  SpendAccount,
} from '../model-call/index.ts';
import { budgetExceeded } from './budget-error.ts';
import { type Budget, type BudgetLevel, currentKey } from './budget-level.ts';
import type { JointBudgets, JointCharge, LevelCharge } from './joint-budgets.ts';
import type { LedgerEntries } from './ledger-entries.ts';
import { levelRefusal } from './level-refusal.ts';
import { OperationHold, releaseOf, Totals } from './operation-hold.ts';
import type { Payer } from './payer.ts';
import { amountsOn, PlannedLine } from './planned-line.ts';

export interface AccountOptions {
  /** Called where budgets are. */
  readonly payer: () => Payer;
  readonly counters: LocalCounters;
  readonly traffic: 'live' | 'shadow';
  readonly budgets: readonly Budget[];
  /** What the request adds to the ledger; undefined: there is none. */
  readonly entries: LedgerEntries | undefined;
  /** The most that the request may spend, in nano-dollars, whatever budgets allow; undefined: what they allow. */
  readonly maxNanoUsd: number | undefined;
  /** What several gateways count together; undefined: this one counts its own. */
  readonly joint: JointBudgets | undefined;
  /** Told of each budget after a call has been settled. @param spent by all gateways, where they count together */
  readonly onSpent: (level: BudgetLevel, spent?: number) => void;
  readonly onOvershoot: (nanoUsd: number, model: string) => void;
  /** The account of shadow traffic; undefined in that account itself. */
  readonly openShadow?: (() => SpendAccount) | undefined;
}

/** Calls of requests that nothing limits may be joined. */
const unlimited = 'unlimited';

const nothingJoint: JointCharge = { correct: () => undefined };

/** Of a call that no budget of several gateways has room for. */
const notSent: ChargeUse = {
  nanoUsd: 0n,
  tokens: 0,
  isSent: false,
  outcome: 'refused',
  usage: undefined,
  price: undefined,
};

export class RequestAccount implements SpendAccount {
  readonly maxNanoUsd: number | undefined;
  readonly #options: AccountOptions;
  readonly #payer: () => Payer;
  #id: string | undefined;
  #shadow: SpendAccount | undefined;
  #hold: OperationHold | undefined;
  /** In nano-dollars: charges at their bounds until they are settled. */
  #spent = 0;
  #calls = 0;
  #cached = 0;
  #overshoot = 0;

  constructor(options: AccountOptions) {
    this.#options = options;
    this.maxNanoUsd = options.maxNanoUsd;
    this.#payer = onDemand(options.payer);
  }

  get id(): string {
    const { budgets, maxNanoUsd } = this.#options;
    this.#id ??= budgets.length === 0 && maxNanoUsd === undefined ? unlimited : randomUUID();
    return this.#id;
  }

  get shadow(): SpendAccount {
    this.#shadow ??= this.#options.openShadow?.() ?? this;
    return this.#shadow;
  }

  get spending(): AccountSpending {
    return {
      nanoUsd: BigInt(this.#spent),
      calls: this.#calls,
      cached: this.#cached,
      overshootNanoUsd: BigInt(this.#overshoot),
    };
  }

  plan(calls: readonly PlannedCalls[]): void {
    const { counters, budgets } = this.#options;
    this.#hold?.close();
    this.#hold = new OperationHold(
      counters,
      calls.map((each) => new PlannedLine(each, this.#payer, budgets)),
    );
  }

  spare(key: string, isCached: boolean): void {
    if (isCached) this.#cached++;
    this.#hold?.spare(key);
  }

  charge(bound: ChargeBound): Charge | Promise<Charge> {
    const { counters, budgets, joint } = this.#options;
    const lines = this.#plannedLines(bound);
    this.#checkMax(Number(bound.nanoUsd), lines);
    const drawn = new Totals();
    for (const line of lines) drawn.add(line.unit, 1);
    const counted = bound.nanoUsd === 0n ? [] : amountsOn(budgets, this.#payer, bound);
    const charged = counted.map(({ level, amount }): LevelCharge => ({ level, amount, key: currentKey(level) }));
    const changes = charged.map(({ level, amount, key }): CounterChange => {
      const { window } = level.budget;
      const reserve = drawn.of(level);
      // What is held is room that is taken already.
      if (amount <= reserve) return { key, amount, window };
      return { key, amount, window, max: level.limit + reserve, beside: { key: level.heldKey } };
    });
    for (const amount of drawn.amounts()) changes.push(releaseOf(amount));
    const outcome = counters.add(changes);
    if (outcome.kind === 'refused') {
      const refused = charged[outcome.index];
      invariant(refused !== undefined, 'a budget refused');
      const { level, amount } = refused;
      throw levelRefusal(counters, level, { needed: amount, own: drawn.of(level) }, outcome);
    }
    for (const line of lines) line.remaining--;
    this.#spent += Number(bound.nanoUsd);
    this.#calls++;
    const { atMs } = outcome;
    const settle = (use: ChargeUse, jointCharge?: JointCharge): void =>
      this.#settle(charged, bound, use, atMs, jointCharge);
    if (joint === undefined || charged.length === 0) return this.#enter(bound, settle);
    return joint.charge(charged).then(
      (jointCharge) => this.#enter(bound, (use) => settle(use, jointCharge)),
      (error: unknown) => {
        settle(notSent, nothingJoint);
        throw error;
      },
    );
  }

  /** It is charged: into the ledger, before it is sent. */
  #enter(bound: ChargeBound, settle: (use: ChargeUse) => void): Charge {
    const { entries, traffic } = this.#options;
    const settleEntry = entries?.charge(bound, traffic);
    return {
      settle: (use) => {
        settle(use);
        settleEntry?.(use);
      },
    };
  }

  recordCached(call: PaidCall, cache: CacheOutcome): void {
    this.#options.entries?.recordCached(call, cache);
  }

  close(): void {
    this.#hold?.close();
  }

  /** The planned calls that it is the first attempt of. @throws BudgetExceeded where they may not be made */
  #plannedLines({ planned, alias }: ChargeBound): readonly PlannedLine[] {
    const hold = this.#hold;
    if (hold === undefined) return [];
    hold.take();
    hold.giveBackSpared();
    const lines = planned === undefined ? [] : hold.linesOf(planned, alias);
    const { refusal } = hold;
    if (refusal !== undefined) throw refusal;
    return lines;
  }

  #settle(
    charged: readonly LevelCharge[],
    bound: ChargeBound,
    use: ChargeUse,
    atMs: number,
    jointCharge: JointCharge | undefined,
  ): void {
    const { counters, onSpent, onOvershoot } = this.#options;
    const used = { usd: Number(use.nanoUsd), tokens: use.tokens, calls: use.isSent ? 1 : 0 };
    const overshoot = used.usd - Number(bound.nanoUsd);
    this.#spent += overshoot;
    if (!use.isSent) this.#calls--;
    if (overshoot > 0) {
      this.#overshoot += overshoot;
      onOvershoot(overshoot, bound.model);
    }
    const corrections: LevelCharge[] = [];
    for (const { level, key, amount: counted } of charged) {
      const amount = used[level.budget.config.unit] - counted;
      if (amount !== 0) corrections.push({ level, key, amount });
    }
    if (corrections.length > 0)
      counters.add(corrections.map(({ level, key, amount }) => ({ key, amount, window: level.budget.window, atMs })));
    if (jointCharge === undefined) for (const { level } of charged) onSpent(level);
    else if (charged.length > 0) jointCharge.correct(corrections, onSpent);
  }

  /** @throws BudgetExceeded where the request's own limit does not allow it; what is planned keeps its room */
  #checkMax(nanoUsd: number, lines: readonly PlannedLine[]): void {
    const { maxNanoUsd } = this;
    if (maxNanoUsd === undefined) return;
    let planned = this.#hold?.plannedNanoUsd ?? 0;
    for (const line of lines) planned -= line.nanoUsd;
    const room = maxNanoUsd - this.#spent - Math.max(0, planned);
    if (nanoUsd <= room) return;
    throw budgetExceeded({
      budget: 'isthmus-max-usd',
      subject: 'this request',
      unit: 'usd',
      limit: maxNanoUsd,
      left: Math.max(0, room),
      needed: nanoUsd,
      roomInMs: undefined,
      cheaperModel: undefined,
    });
  }
}
