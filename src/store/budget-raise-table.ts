/**
 * Temporary increases of budgets: of each budget one for each subject, and one for all. Every change counts up a revision and
 * writes the audit log in the same transaction.
 */
import type { BudgetUnit } from '../config/index.ts';
import type { AuditLog } from './audit-log.ts';
import { nextRevision, revisionOf } from './revisions.ts';
import type { StoreKeys } from './store-keys.ts';
import type { BudgetRaiseRow, StoreDatabase, StoreTransaction } from './tables.ts';

/** Times are milliseconds since 1970. */
export interface BudgetRaise {
  /** The budget's name. */
  readonly budget: string;
  /** Undefined: every subject of the budget. */
  readonly subject: string | undefined;
  readonly unit: BudgetUnit;
  /** In nano-dollars, tokens or calls. 0: there is no increase any more. */
  readonly amount: number;
  readonly until: number;
}

export interface BudgetRaiseChange {
  readonly raise: BudgetRaise;
  readonly actor: string;
  readonly at: number;
}

/** The columns, for the cipher. */
export const raiseSubjectPlace = 'raise.subject';

const topic = 'budget_raises';

export class BudgetRaiseTable {
  readonly #db: StoreDatabase;
  readonly #storeKeys: StoreKeys;
  readonly #auditLog: AuditLog;

  constructor(db: StoreDatabase, storeKeys: StoreKeys, auditLog: AuditLog) {
    this.#db = db;
    this.#storeKeys = storeKeys;
    this.#auditLog = auditLog;
  }

  /**
   * All increases, ended ones too.
   * @param revision the one that is known
   * @returns undefined where nothing has changed since
   */
  async changedSince(
    revision: number | undefined,
  ): Promise<{ readonly revision: number; readonly raises: readonly BudgetRaise[] } | undefined> {
    const current = await revisionOf(this.#db, topic);
    if (current === revision) return undefined;
    const rows = await this.#db.selectFrom('isthmus_budget_raises').selectAll().orderBy('id').execute();
    return { revision: current, raises: rows.map((raise) => this.#read(raise)) };
  }

  /** Replaces the increase of the same budget and subject, and removes those that have ended. */
  async put({ raise, actor, at }: BudgetRaiseChange): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await nextRevision(transaction, topic);
      await transaction.deleteFrom('isthmus_budget_raises').where('ends_at', '<=', at).execute();
      const before = await this.#replace(transaction, raise);
      const after = raise.amount === 0 ? undefined : raise;
      const entry = { at, actor, action: 'budgets.raise', target: raise.budget };
      await this.#auditLog.append(transaction, { ...entry, before: describe(before), after: describe(after) });
    });
  }

  /** Removes the increases for one subject, in every budget. @returns how many */
  async forget(transaction: StoreTransaction, subject: string): Promise<number> {
    await nextRevision(transaction, topic);
    const rows = await transaction.selectFrom('isthmus_budget_raises').selectAll().execute();
    const ids = rows.filter((row) => this.#read(row).subject === subject).map(({ id }) => id);
    if (ids.length === 0) return 0;
    await transaction.deleteFrom('isthmus_budget_raises').where('id', 'in', ids).execute();
    return ids.length;
  }

  /** @returns what it was */
  async #replace(transaction: StoreTransaction, raise: BudgetRaise): Promise<BudgetRaise | undefined> {
    const { budget, subject, unit, amount, until } = raise;
    const rows = await transaction
      .selectFrom('isthmus_budget_raises')
      .selectAll()
      .where('budget', '=', budget)
      .execute();
    let before: BudgetRaise | undefined;
    for (const row of rows) {
      const stored = this.#read(row);
      if (stored.subject !== subject) continue;
      before = stored;
      await transaction.deleteFrom('isthmus_budget_raises').where('id', '=', row.id).execute();
    }
    if (amount === 0) return before;
    const cipher = await this.#storeKeys.current(transaction);
    const encrypted = subject === undefined ? null : cipher.encrypt(subject, raiseSubjectPlace);
    const row = { budget, subject: encrypted, unit, amount, ends_at: until };
    await transaction.insertInto('isthmus_budget_raises').values(row).execute();
    return before;
  }

  #read({ budget, subject, unit, amount, ends_at: until }: Omit<BudgetRaiseRow, 'id'>): BudgetRaise {
    return {
      budget,
      subject: subject === null ? undefined : this.#storeKeys.decrypt(subject, raiseSubjectPlace),
      unit: unit as BudgetUnit,
      amount,
      until,
    };
  }
}

/** What the audit log says of one. */
function describe(raise: BudgetRaise | undefined): unknown {
  return raise && { ...raise, until: new Date(raise.until).toISOString() };
}
