/** Revisions count the changes of a table, so that gateways notice them. */
import type { StoreDatabase, StoreTransaction } from './tables.ts';

/** The tables whose changes are counted. */
type Topic = 'api_keys' | 'budget_raises' | 'ledger_names' | 'registry';

/** To be read before the table: a change that is committed meanwhile is read again next time. */
export async function revisionOf(db: StoreDatabase, topic: Topic): Promise<number> {
  const { revision } = await db
    .selectFrom('isthmus_revisions')
    .select('revision')
    .where('topic', '=', topic)
    .executeTakeFirstOrThrow();
  return revision;
}

/** Those of all tables that gateways follow. */
export async function allRevisions(db: StoreDatabase): Promise<Readonly<Record<string, number>>> {
  const rows = await db.selectFrom('isthmus_revisions').select(['topic', 'revision']).execute();
  return Object.fromEntries(rows.map(({ topic, revision }) => [topic, revision]));
}

/** First of all in a change, because it takes the lock: two never run at once, and what is read next cannot change any more. */
export async function nextRevision(transaction: StoreTransaction, topic: Topic): Promise<number> {
  const { revision } = await transaction
    .updateTable('isthmus_revisions')
    .set((columns) => ({ revision: columns('revision', '+', 1) }))
    .where('topic', '=', topic)
    .returning('revision')
    .executeTakeFirstOrThrow();
  return revision;
}
