/** Who changed what, when, and how it was before and after. Rows are only ever added; the database refuses anything else. */
import type { StoreCipher } from './store-cipher.ts';
import type { StoreKeys } from './store-keys.ts';
import type { StoreDatabase, StoreTransaction } from './tables.ts';

export interface AuditEntry {
  /** In milliseconds since 1970. */
  readonly at: number;
  /** Such as `cli:ann` or `key:ab2cd3ef`. */
  readonly actor: string;
  /** Such as `keys.create`. */
  readonly action: string;
  readonly target: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface RecordedAuditEntry extends AuditEntry {
  /** Counted up; later entries have higher ones. */
  readonly id: number;
}

export class AuditLog {
  readonly #db: StoreDatabase;
  readonly #keys: StoreKeys;

  constructor(db: StoreDatabase, keys: StoreKeys) {
    this.#db = db;
    this.#keys = keys;
  }

  /** The newest entries, newest first. */
  async newest(limit: number): Promise<readonly RecordedAuditEntry[]> {
    const rows = await this.#db
      .selectFrom('isthmus_audit_log')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
    return rows.map(({ actor, before, after, ...row }) => ({
      ...row,
      actor: this.#keys.decrypt(actor, 'audit.actor'),
      before: this.#read(before, 'audit.before'),
      after: this.#read(after, 'audit.after'),
    }));
  }

  /** Within the transaction of the change that it records. */
  async append(transaction: StoreTransaction, { actor, before, after, ...entry }: AuditEntry): Promise<void> {
    const cipher = await this.#keys.current(transaction);
    const row = {
      ...entry,
      actor: cipher.encrypt(actor, 'audit.actor'),
      before: encrypted(cipher, before, 'audit.before'),
      after: encrypted(cipher, after, 'audit.after'),
    };
    await transaction.insertInto('isthmus_audit_log').values(row).execute();
  }

  #read(text: string | null, place: string): unknown {
    return text === null ? null : JSON.parse(this.#keys.decrypt(text, place));
  }
}

function encrypted(cipher: StoreCipher, value: unknown, place: string): string | null {
  return value === undefined || value === null ? null : cipher.encrypt(JSON.stringify(value), place);
}
