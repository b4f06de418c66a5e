/**
 * Removes a person from the store. Rows of the ledger get another name, the same for all of them, that says nothing of who it
 * was: every sum stays as it is. API keys of that name are revoked and lose it, increases of the person's budgets are gone. The
 * audit log keeps what it has, and says that it was done, and not of whom.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { ApiKeyTable } from '../api-key-table.ts';
import type { AuditLog } from '../audit-log.ts';
import type { BudgetRaiseTable } from '../budget-raise-table.ts';
import { dimensionsDigest } from '../ledger-columns.ts';
import type { LedgerNames } from '../ledger-names.ts';
import { ledgerProtection } from '../migrate.ts';
import { nextRevision } from '../revisions.ts';
import type { StoreDatabase, StoreKind, StoreTransaction } from '../tables.ts';

export interface EraseUserOptions {
  readonly db: StoreDatabase;
  readonly kind: StoreKind;
  readonly names: LedgerNames;
  readonly apiKeys: ApiKeyTable;
  readonly budgetRaises: BudgetRaiseTable;
  readonly auditLog: AuditLog;
  /** The principal's id, as the ledger has it. */
  readonly user: string;
  /** Who asks for it, as the audit log is to say it. */
  readonly actor: string;
  /** In milliseconds since 1970. */
  readonly at: number;
}

export interface ErasedUser {
  /** What the ledger calls the person from now on. */
  readonly pseudonym: string;
  readonly ledgerRows: number;
  readonly ledgerHours: number;
  readonly apiKeys: number;
  readonly budgetRaises: number;
}

const hoursPerStep = 500;

/** In one transaction: it is done whole, or not at all. */
export async function eraseUser(options: EraseUserOptions): Promise<ErasedUser> {
  const { db, kind, names, apiKeys, budgetRaises, auditLog, user, actor, at } = options;
  const pseudonym = `erased:${randomBytes(9).toString('base64url')}`;
  return db.transaction().execute(async (transaction) => {
    await nextRevision(transaction, 'ledger_names');
    const keys = await apiKeys.forget(transaction, user, at);
    const raises = await budgetRaises.forget(transaction, user);
    const [before, after] = [names.hashOf('principal', user), names.hashOf('principal', pseudonym)];
    const rows = await renameRows(transaction, kind, before, after);
    const hours = await renameHours(transaction, before, after);
    await transaction.deleteFrom('isthmus_ledger_names').where('id', '=', before).execute();
    if (rows + hours > 0) await names.add(transaction, new Map([[after, pseudonym]]));
    const erased = { pseudonym, ledgerRows: rows, ledgerHours: hours, apiKeys: keys, budgetRaises: raises };
    await auditLog.append(transaction, {
      at,
      actor,
      action: 'users.erase',
      target: pseudonym,
      before: undefined,
      after: erased,
    });
    return erased;
  });
}

/** The one change of the ledger's rows that there is: what they come to stays as it is. */
async function renameRows(
  transaction: StoreTransaction,
  kind: StoreKind,
  before: string,
  after: string,
): Promise<number> {
  const { lift, restore } = ledgerProtection[kind];
  for (const statement of lift) await sql.raw(statement).execute(transaction);
  const { numUpdatedRows } = await transaction
    .updateTable('isthmus_ledger')
    .set({ principal: after })
    .where('principal', '=', before)
    .executeTakeFirst();
  for (const statement of restore) await sql.raw(statement).execute(transaction);
  return Number(numUpdatedRows);
}

async function renameHours(transaction: StoreTransaction, before: string, after: string): Promise<number> {
  let count = 0;
  for (;;) {
    const hours = await transaction
      .selectFrom('isthmus_ledger_hours')
      .selectAll()
      .where('principal', '=', before)
      .limit(hoursPerStep)
      .execute();
    for (const hour of hours) {
      const renamed = { ...hour, principal: after };
      await transaction
        .updateTable('isthmus_ledger_hours')
        .set({ principal: after, dimensions: dimensionsDigest(renamed) })
        .where('hour', '=', hour.hour)
        .where('dimensions', '=', hour.dimensions)
        .execute();
    }
    count += hours.length;
    if (hours.length < hoursPerStep) return count;
  }
}
