/**
 * What one request spends on models. Room for each request to a provider is held at its bound, charged as its first byte
 * is written, and corrected to what it used when it has ended, however it ended. A step changes all budgets that count the
 * call, or none: no limit is ever passed, however many requests come at once, by more than what a provider bills beyond the
 * bound.
 *
 * A charge is not given back when its thread dies: the provider may have been asked. What is held is.
 */
import { randomUUID } from 'node:crypto';
import type { LocalCounters } from '../../counters/index.ts';
import { onDemand } from '../../lib/index.ts';
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
import type { Budget } from './budget-level.ts';
import { HeldCharge } from './held-charge.ts';
import type { JointBudgets } from './joint-budgets.ts';
import type { LedgerEntries } from './ledger-entries.ts';
import { OperationHold, Totals } from './operation-hold.ts';
import type { Payer } from './payer.ts';
import { amountsOn, type LevelAmount, PlannedLine } from './planned-line.ts';
import { type OnSpent, Reservations, type Room } from './reservations.ts';

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
  /** Told of each budget after a call has been settled. */
  readonly onSpent: OnSpent;
  readonly onOvershoot: (nanoUsd: number, model: string) => void;
  /** The account of shadow traffic; undefined in that account itself. */
  readonly openShadow?: (() => SpendAccount) | undefined;
}

/** Calls of requests that nothing limits may be joined. */
const unlimited = 'unlimited';

export class RequestAccount implements SpendAccount {
  readonly maxNanoUsd: number | undefined;
  readonly #options: AccountOptions;
  readonly #payer: () => Payer;
  readonly #reservations: Reservations;
  #id: string | undefined;
  #shadow: SpendAccount | undefined;
  #lookupCount = 0;
  #lookedUp: PromiseWithResolvers<void> | undefined;
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
    this.#reservations = new Reservations(options.counters, options.joint, options.onSpent);
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
    const { budgets } = this.#options;
    this.#hold?.close();
    this.#hold = new OperationHold(
      this.#reservations,
      calls.map((each) => new PlannedLine(each, this.#payer, budgets)),
    );
  }

  reserve(): Promise<unknown> | undefined {
    if (this.#options.joint === undefined) return undefined;
    const take = async (): Promise<void> => this.#hold?.take();
    return take().catch(() => undefined);
  }

  awaitLookup(lookup: Promise<unknown>): void {
    this.#lookupCount++;
    const end = (): void => {
      if (--this.#lookupCount > 0) return;
      this.#lookedUp?.resolve();
      this.#lookedUp = undefined;
    };
    // In a turn of its own: what was found is spared first.
    const endLater = (): unknown => setImmediate(end);
    lookup.then(endLater, endLater);
  }

  spare(key: string, isCached: boolean): void {
    if (isCached) this.#cached++;
    this.#hold?.spare(key);
  }

  charge(bound: ChargeBound): Charge | Promise<Charge> {
    const hold = this.#hold;
    if (this.#lookupCount > 0 && hold?.isPlanned === true) {
      this.#lookedUp ??= Promise.withResolvers();
      return this.#lookedUp.promise.then(() => this.charge(bound));
    }
    const taking = hold?.take();
    return taking === undefined ? this.#charge(bound) : taking.then(() => this.#charge(bound));
  }

  #charge(bound: ChargeBound): Charge | Promise<Charge> {
    const { budgets } = this.#options;
    const lines = this.#plannedLines(bound);
    const lease = this.#hold?.lease;
    this.#checkMax(Number(bound.nanoUsd), lines);
    const drawn = new Totals();
    for (const line of lines) drawn.add(line.unit, 1);
    const counted = bound.nanoUsd === 0n ? [] : amountsOn(budgets, this.#payer, bound);
    const { held, shared, more, spare } = split(drawn, counted);
    const { traffic, entries } = this.#options;
    const common = { bound, traffic, entries, reservations: this.#reservations };
    const onSettled = (use: ChargeUse): void => this.#addUse(bound, use);
    const ofPlan = { amounts: drawn.amounts(), lease };
    const begin = (room: Room): Charge =>
      new HeldCharge({ ...common, counted, parts: [ofPlan, { amounts: more, lease: room.lease }], onSettled });
    const room = this.#reservations.hold(more, held, spare);
    if (!(room instanceof Promise) && room.kind === 'refused') throw room.error;
    for (const line of lines) line.remaining--;
    this.#spent += Number(bound.nanoUsd);
    this.#calls++;
    if (!(room instanceof Promise)) return begin(room);
    const fail = (error: unknown): never => {
      this.#reservations.giveBack(shared, [ofPlan]);
      this.#addUse(bound, { nanoUsd: 0n, isSent: false });
      throw error;
    };
    return room.then((outcome) => (outcome.kind === 'held' ? begin(outcome) : fail(outcome.error)), fail);
  }

  recordCached(call: PaidCall, cache: CacheOutcome): void {
    this.#options.entries?.recordCached(call, cache);
  }

  close(): void {
    this.#hold?.close();
  }

  /** The planned calls that it is the first attempt of. @throws BudgetExceeded where they may not be made */
  #plannedLines({ planned, alias, nanoUsd }: ChargeBound): readonly PlannedLine[] {
    const hold = this.#hold;
    if (hold === undefined) return [];
    hold.giveBackSpared();
    const isFree = nanoUsd === 0n;
    const lines = planned === undefined ? [] : hold.linesOf(planned, isFree ? undefined : alias);
    const { refusal } = hold;
    if (refusal !== undefined && !isFree) throw refusal;
    return lines;
  }

  #addUse(bound: ChargeBound, use: Pick<ChargeUse, 'nanoUsd' | 'isSent'>): void {
    const overshoot = Number(use.nanoUsd - bound.nanoUsd);
    this.#spent += overshoot;
    if (!use.isSent) this.#calls--;
    if (overshoot <= 0) return;
    this.#overshoot += overshoot;
    this.#options.onOvershoot(overshoot, bound.model);
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
      allowsFree: false,
    });
  }
}

/** What a call has of what is held for its plan, what it needs beyond that, and what it does not need. */
function split(drawn: Totals, counted: readonly LevelAmount[]) {
  const held = new Map(drawn.amounts().map(({ level, amount }) => [level.heldKey, amount]));
  const shared: LevelAmount[] = [];
  const more: LevelAmount[] = [];
  const spare: LevelAmount[] = [];
  const needs = new Map(counted.map(({ level, amount }) => [level.heldKey, amount]));
  for (const { level, amount } of counted) {
    const part = held.get(level.heldKey) ?? 0;
    if (part > 0) shared.push({ level, amount: Math.min(part, amount) });
    if (amount > part) more.push({ level, amount: amount - part });
  }
  for (const { level, amount } of drawn.amounts()) {
    const rest = amount - (needs.get(level.heldKey) ?? 0);
    if (rest > 0) spare.push({ level, amount: rest });
  }
  return { held, shared, more, spare };
}
