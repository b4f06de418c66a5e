/**
 * Gives a store another key: every value is encrypted again in one transaction, the audit log's included, so that the old key
 * reads nothing any more. Gateways that have both keys go on serving. API keys stay valid and the ledger's hashes the same,
 * because what those are made with is kept in the store, encrypted.
 */
import { sql } from 'kysely';
import type { AuditLog } from './audit-log.ts';
import { raiseSubjectPlace } from './budget-raise-table.ts';
import { ledgerNamePlace } from './ledger-names.ts';
import { auditProtection, derivationSecretPlace, UnusableStore } from './migrate.ts';
import { checkActorPlace, checkReportPlace } from './registry/check-table.ts';
import { approvalPlace, generationActorPlace } from './registry/registry-table.ts';
import type { StoreKeys } from './store-keys.ts';
import type { StoreDatabase, StoreKind, StoreTransaction } from './tables.ts';

export interface RekeyOptions {
  readonly db: StoreDatabase;
  readonly kind: StoreKind;
  readonly keys: StoreKeys;
  readonly auditLog: AuditLog;
  /** Who gives it the key, as the audit log is to say it. */
  readonly actor: string;
  /** In milliseconds since 1970. */
  readonly at: number;
}

/** What was encrypted again. */
export interface RekeyedStore {
  readonly apiKeys: number;
  readonly auditEntries: number;
  readonly ledgerNames: number;
}

/** Rows that are in memory at once. */
const pageSize = 500;

/** @returns undefined where the store has the configured key */
export async function rekey({ db, kind, keys, auditLog, actor, at }: RekeyOptions): Promise<RekeyedStore | undefined> {
  return db.transaction().execute(async (transaction) => {
    // Whoever encrypts something has this row until its transaction ends, and waits for this one from here on.
    const query = transaction.selectFrom('isthmus_store').selectAll();
    const store = await (kind === 'postgres' ? query.forUpdate() : query).executeTakeFirstOrThrow();
    const { configured } = keys;
    if (store.key_fingerprint === configured.fingerprint) return undefined;
    if (keys.cipherOf(store.key_fingerprint) === undefined)
      throw new UnusableStore('store.key', 'the store has been given another key meanwhile');
    const again = <Text extends string | null>(text: Text, place: string): Text =>
      (text === null ? null : configured.encrypt(keys.decrypt(text, place), place)) as Text;
    const apiKeys = await encryptKeysAgain(transaction, again);
    const auditEntries = await encryptAuditLogAgain(transaction, kind, again);
    const ledgerNames = await encryptLedgerNamesAgain(transaction, again);
    await encryptRaisesAgain(transaction, again);
    await encryptPublishersAgain(transaction, again);
    await encryptApprovalsAgain(transaction, again);
    await encryptChecksAgain(transaction, again);
    const row = {
      key_fingerprint: configured.fingerprint,
      derivation_secret: again(store.derivation_secret, derivationSecretPlace),
    };
    await transaction.updateTable('isthmus_store').set(row).execute();
    const [before, after] = [store.key_fingerprint, configured.fingerprint].map((key) => ({ key }));
    await auditLog.append(transaction, { at, actor, action: 'store.rekey', target: 'store', before, after });
    return { apiKeys, auditEntries, ledgerNames };
  });
}

type Again = <Text extends string | null>(text: Text, place: string) => Text;

async function encryptKeysAgain(transaction: StoreTransaction, again: Again): Promise<number> {
  let count = 0;
  for (let last = ''; ; ) {
    const rows = await transaction
      .selectFrom('isthmus_api_keys')
      .select(['id', 'name', 'tenant'])
      .where('id', '>', last)
      .orderBy('id')
      .limit(pageSize)
      .execute();
    for (const { id, name, tenant } of rows) {
      const columns = { name: again(name, 'key.name'), tenant: again(tenant, 'key.tenant') };
      await transaction.updateTable('isthmus_api_keys').set(columns).where('id', '=', id).execute();
      last = id;
    }
    count += rows.length;
    if (rows.length < pageSize) return count;
  }
}

/** The one change of its rows that there is: what they say stays as it is. */
async function encryptAuditLogAgain(transaction: StoreTransaction, kind: StoreKind, again: Again): Promise<number> {
  const { lift, restore } = auditProtection[kind];
  for (const statement of lift) await sql.raw(statement).execute(transaction);
  let count = 0;
  for (let last = 0, isDone = false; !isDone; ) {
    const rows = await transaction
      .selectFrom('isthmus_audit_log')
      .select(['id', 'actor', 'before', 'after'])
      .where('id', '>', last)
      .orderBy('id')
      .limit(pageSize)
      .execute();
    for (const { id, actor, before, after } of rows) {
      const columns = {
        actor: again(actor, 'audit.actor'),
        before: again(before, 'audit.before'),
        after: again(after, 'audit.after'),
      };
      await transaction.updateTable('isthmus_audit_log').set(columns).where('id', '=', id).execute();
      last = id;
    }
    count += rows.length;
    isDone = rows.length < pageSize;
  }
  for (const statement of restore) await sql.raw(statement).execute(transaction);
  return count;
}

async function encryptLedgerNamesAgain(transaction: StoreTransaction, again: Again): Promise<number> {
  let count = 0;
  for (let last = ''; ; ) {
    const rows = await transaction
      .selectFrom('isthmus_ledger_names')
      .selectAll()
      .where('id', '>', last)
      .orderBy('id')
      .limit(pageSize)
      .execute();
    for (const { id, value } of rows) {
      const columns = { value: again(value, ledgerNamePlace) };
      await transaction.updateTable('isthmus_ledger_names').set(columns).where('id', '=', id).execute();
      last = id;
    }
    count += rows.length;
    if (rows.length < pageSize) return count;
  }
}

/** There are few: those that have ended are removed by the next change. */
async function encryptRaisesAgain(transaction: StoreTransaction, again: Again): Promise<void> {
  const rows = await transaction.selectFrom('isthmus_budget_raises').select(['id', 'subject']).execute();
  for (const { id, subject } of rows) {
    const columns = { subject: again(subject, raiseSubjectPlace) };
    await transaction.updateTable('isthmus_budget_raises').set(columns).where('id', '=', id).execute();
  }
}

/** Those who published generations. */
async function encryptPublishersAgain(transaction: StoreTransaction, again: Again): Promise<void> {
  const heads = await transaction.selectFrom('isthmus_registry_heads').select(['graph', 'variant']).execute();
  for (const { graph, variant } of heads) {
    for (let last = 0; ; ) {
      const rows = await transaction
        .selectFrom('isthmus_registry_generations')
        .select(['number', 'actor'])
        .where('graph', '=', graph)
        .where('variant', '=', variant)
        .where('number', '>', last)
        .orderBy('number')
        .limit(pageSize)
        .execute();
      for (const { number, actor } of rows) {
        await transaction
          .updateTable('isthmus_registry_generations')
          .set({ actor: again(actor, generationActorPlace) })
          .where('graph', '=', graph)
          .where('variant', '=', variant)
          .where('number', '=', number)
          .execute();
        last = number;
      }
      if (rows.length < pageSize) break;
    }
  }
}

async function encryptChecksAgain(transaction: StoreTransaction, again: Again): Promise<void> {
  for (let last = 0; ; ) {
    const rows = await transaction
      .selectFrom('isthmus_registry_checks')
      .select(['id', 'actor', 'report'])
      .where('id', '>', last)
      .orderBy('id')
      .limit(pageSize)
      .execute();
    for (const { id, actor, report } of rows) {
      const columns = { actor: again(actor, checkActorPlace), report: again(report, checkReportPlace) };
      await transaction.updateTable('isthmus_registry_checks').set(columns).where('id', '=', id).execute();
      last = id;
    }
    if (rows.length < pageSize) return;
  }
}

async function encryptApprovalsAgain(transaction: StoreTransaction, again: Again): Promise<void> {
  for (let last = 0; ; ) {
    const rows = await transaction
      .selectFrom('isthmus_registry_approvals')
      .select(['id', 'approval'])
      .where('id', '>', last)
      .orderBy('id')
      .limit(pageSize)
      .execute();
    for (const { id, approval } of rows) {
      const columns = { approval: again(approval, approvalPlace) };
      await transaction.updateTable('isthmus_registry_approvals').set(columns).where('id', '=', id).execute();
      last = id;
    }
    if (rows.length < pageSize) return;
  }
}
