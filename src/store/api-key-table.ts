/**
 * The API keys of the store. Every change counts up a revision and writes the audit log in the same transaction; gateways
 * read what has changed since the revision they have.
 */
import type { AuditLog } from './audit-log.ts';
import { nextRevision, revisionOf } from './revisions.ts';
import type { StoreKeys } from './store-keys.ts';
import type { ApiKeyRow, StoreDatabase, StoreTransaction } from './tables.ts';

/** Times are milliseconds since 1970. */
export interface StoredApiKey {
  /** The readable part of the key. */
  readonly id: string;
  /** A keyed hash of the whole key. */
  readonly hash: string;
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** The models it may call on /v1; undefined: all. */
  readonly models: readonly string[] | undefined;
  readonly createdAt: number;
  readonly expiresAt: number | undefined;
  readonly lastUsedAt: number | undefined;
  readonly revokedAt: number | undefined;
  /** The id of the key that replaces it. */
  readonly replacedBy: string | undefined;
}

export interface ApiKeyChange {
  readonly actor: string;
  readonly action: string;
  /** In milliseconds since 1970. */
  readonly at: number;
  /** The key that the change is about. */
  readonly id: string;
  /**
   * @returns the keys to write, as they are to be
   * @throws where the change cannot be made; then nothing is written
   */
  readonly decide: (current: StoredApiKey | undefined) => readonly StoredApiKey[];
}

export interface ApiKeyChanges {
  readonly revision: number;
  /** Revoked ones too, unless everything is read. */
  readonly keys: readonly StoredApiKey[];
}

const topic = 'api_keys';

export class ApiKeyTable {
  readonly #db: StoreDatabase;
  readonly #storeKeys: StoreKeys;
  readonly #auditLog: AuditLog;

  constructor(db: StoreDatabase, storeKeys: StoreKeys, auditLog: AuditLog) {
    this.#db = db;
    this.#storeKeys = storeKeys;
    this.#auditLog = auditLog;
  }

  /**
   * What has changed after a revision; with undefined, all keys that are not revoked.
   * @returns undefined where nothing has
   */
  async changesSince(revision: number | undefined): Promise<ApiKeyChanges | undefined> {
    const current = await revisionOf(this.#db, topic);
    if (current === revision) return undefined;
    const all = this.#db.selectFrom('isthmus_api_keys').selectAll();
    const rows = await (revision === undefined
      ? all.where('revoked_at', 'is', null)
      : all.where('revision', '>', revision)
    ).execute();
    return { revision: current, keys: rows.map((changed) => this.#read(changed)) };
  }

  /** Every key, the newest first. */
  list(): Promise<readonly StoredApiKey[]> {
    return this.#readAll(this.#db);
  }

  async #readAll(db: StoreDatabase): Promise<readonly StoredApiKey[]> {
    const rows = await db
      .selectFrom('isthmus_api_keys')
      .selectAll()
      .orderBy('created_at', 'desc')
      .orderBy('id')
      .execute();
    return rows.map((row) => this.#read(row));
  }

  /** In one transaction; two changes of keys never run at once. */
  async change({ actor, action, at, id, decide }: ApiKeyChange): Promise<readonly StoredApiKey[]> {
    return this.#db.transaction().execute(async (transaction) => {
      const revision = await nextRevision(transaction, topic);
      const current = await this.#find(transaction, id);
      const keys = decide(current);
      for (const key of keys) {
        const before = key.id === id ? current : await this.#find(transaction, key.id);
        await this.#write(transaction, key, revision);
        const entry = { at, actor, action, target: key.id, before: describe(before), after: describe(key) };
        await this.#auditLog.append(transaction, entry);
      }
      return keys;
    });
  }

  /** Records when keys were last used, by id. It is no change: no revision, no audit. */
  async recordUses(uses: ReadonlyMap<string, number>): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      // In the same order in every process: none waits for one that waits for it.
      for (const [id, at] of [...uses].sort()) {
        await transaction
          .updateTable('isthmus_api_keys')
          .set({ last_used_at: at })
          .where('id', '=', id)
          .where((where) => where.or([where('last_used_at', 'is', null), where('last_used_at', '<', at)]))
          .execute();
      }
    });
  }

  /**
   * Revokes the keys that are named so, or that this is the principal of, and takes their names away.
   * @returns how many
   */
  async forget(transaction: StoreTransaction, user: string, at: number): Promise<number> {
    const revision = await nextRevision(transaction, topic);
    const keys = (await this.#readAll(transaction)).filter(({ id, name }) => name === user || `key:${id}` === user);
    for (const key of keys)
      await this.#write(transaction, { ...key, name: '(erased)', revokedAt: key.revokedAt ?? at }, revision);
    return keys.length;
  }

  async #find(transaction: StoreTransaction, id: string): Promise<StoredApiKey | undefined> {
    const row = await transaction.selectFrom('isthmus_api_keys').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : this.#read(row);
  }

  async #write(transaction: StoreTransaction, key: StoredApiKey, revision: number): Promise<void> {
    const cipher = await this.#storeKeys.current(transaction);
    const { id, ...columns } = {
      id: key.id,
      hash: key.hash,
      name: cipher.encrypt(key.name, 'key.name'),
      tenant: cipher.encrypt(key.tenant, 'key.tenant'),
      scopes: JSON.stringify(key.scopes),
      roles: JSON.stringify(key.roles),
      models: key.models === undefined ? null : JSON.stringify(key.models),
      created_at: key.createdAt,
      expires_at: key.expiresAt ?? null,
      last_used_at: key.lastUsedAt ?? null,
      revoked_at: key.revokedAt ?? null,
      replaced_by: key.replacedBy ?? null,
      revision,
    } satisfies ApiKeyRow;
    await transaction
      .insertInto('isthmus_api_keys')
      .values({ id, ...columns })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(columns))
      .execute();
  }

  #read(row: ApiKeyRow): StoredApiKey {
    return {
      id: row.id,
      hash: row.hash,
      name: this.#storeKeys.decrypt(row.name, 'key.name'),
      tenant: this.#storeKeys.decrypt(row.tenant, 'key.tenant'),
      scopes: JSON.parse(row.scopes) as string[],
      roles: JSON.parse(row.roles) as string[],
      models: row.models === null ? undefined : (JSON.parse(row.models) as string[]),
      createdAt: row.created_at,
      expiresAt: row.expires_at ?? undefined,
      lastUsedAt: row.last_used_at ?? undefined,
      revokedAt: row.revoked_at ?? undefined,
      replacedBy: row.replaced_by ?? undefined,
    };
  }
}

/** What the audit log says of a key: everything but its hash. */
function describe(key: StoredApiKey | undefined): unknown {
  if (key === undefined) return undefined;
  const { hash: _, ...described } = key;
  return described;
}
