/**
 * The names of people, tenants, teams and clients in the ledger. A row has a keyed hash of each, the same in every row, so that
 * the database can sum by it; what a hash stands for is stored once, encrypted.
 */
import { createHmac } from 'node:crypto';
import { revisionOf } from './revisions.ts';
import type { StoreKeys } from './store-keys.ts';
import type { StoreDatabase, StoreTransaction } from './tables.ts';

/** So many are remembered; then the memory is emptied. */
const maxRemembered = 50_000;
const hashLength = 22;
/** The column, for the cipher. */
export const ledgerNamePlace = 'ledger.name';

export class LedgerNames {
  readonly #keys: StoreKeys;
  readonly #key: Buffer;
  /** By hash. Those that are stored. */
  readonly #stored = new Map<string, string>();
  #revision = 0;

  /** @param key of the hashes */
  constructor(keys: StoreKeys, key: Buffer) {
    this.#keys = keys;
    this.#key = key;
  }

  hashOf(dimension: string, value: string): string {
    return createHmac('sha256', this.#key).update(`${dimension} ${value}`).digest('base64url').slice(0, hashLength);
  }

  /** Stores what is not stored yet. @param names by hash */
  async store(transaction: StoreTransaction, names: ReadonlyMap<string, string>): Promise<void> {
    const revision = await revisionOf(transaction, 'ledger_names');
    if (revision !== this.#revision) this.#stored.clear(); // a name has been erased
    this.#revision = revision;
    // In the same order in every process: none waits for one that waits for it.
    const fresh = [...names].filter(([id]) => !this.#stored.has(id)).sort();
    if (fresh.length > 0) await this.add(transaction, new Map(fresh));
  }

  /** Stores what is not there, whatever is known of it. */
  async add(transaction: StoreTransaction, names: ReadonlyMap<string, string>): Promise<void> {
    const cipher = await this.#keys.current(transaction);
    const rows = [...names].map(([id, value]) => ({ id, value: cipher.encrypt(value, ledgerNamePlace) }));
    await transaction
      .insertInto('isthmus_ledger_names')
      .values(rows)
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  }

  /** After the transaction has been committed. */
  remember(names: ReadonlyMap<string, string>): void {
    if (this.#stored.size > maxRemembered) this.#stored.clear();
    for (const [id, value] of names) this.#stored.set(id, value);
  }

  /** What hashes stand for. */
  async read(db: StoreDatabase, ids: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
    const byId = new Map<string, string>();
    const missing: string[] = [];
    for (const id of ids) {
      const stored = this.#stored.get(id);
      if (stored === undefined) missing.push(id);
      else byId.set(id, stored);
    }
    for (let start = 0; start < missing.length; start += 1_000) {
      const rows = await db
        .selectFrom('isthmus_ledger_names')
        .selectAll()
        .where('id', 'in', missing.slice(start, start + 1_000))
        .execute();
      for (const { id, value } of rows) byId.set(id, this.#keys.decrypt(value, ledgerNamePlace));
    }
    this.remember(byId);
    return byId;
  }
}
