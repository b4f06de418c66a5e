/**
 * The schema of the store, and how an older one is brought up to it: in one transaction, under a lock, so that gateways that
 * start at the same time do it once.
 */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import type { StoreKeys } from './store-keys.ts';
import type { StoreDatabase, StoreKind, StoreTransaction } from './tables.ts';

/** The store cannot be used, for a reason that its operator can change. */
export class UnusableStore extends Error {
  override readonly name = 'UnusableStore';
  /** The key of the configuration that is to be changed. */
  readonly path: 'store.url' | 'store.key';

  constructor(path: UnusableStore['path'], message: string) {
    super(message);
    this.path = path;
  }
}

/** Each takes the schema from the version of its index to the next one. One that has been released is never changed. */
const migrations: readonly ((kind: StoreKind) => readonly string[])[] = [
  (kind) => [
    'create table isthmus_revisions (topic text primary key, revision bigint not null)',
    "insert into isthmus_revisions (topic, revision) values ('api_keys', 0)",
    `create table isthmus_api_keys (
      id text primary key,
      hash text not null,
      name text not null,
      tenant text not null,
      scopes text not null,
      roles text not null,
      models text,
      created_at bigint not null,
      expires_at bigint,
      last_used_at bigint,
      revoked_at bigint,
      replaced_by text,
      revision bigint not null
    )`,
    'create index isthmus_api_keys_revision on isthmus_api_keys (revision)',
    `create table isthmus_audit_log (
      ${countedId[kind]},
      at bigint not null,
      actor text not null,
      action text not null,
      target text not null,
      before text,
      after text
    )`,
    ...appendOnly[kind],
  ],
  (kind) => [
    'create table isthmus_ledger_names (id text primary key, value text not null)',
    `create table isthmus_ledger (
      id text primary key,
      at bigint not null,
      ${ledgerDimensionColumns},
      usage_source text,
      price_source text,
      price_version text,
      price_date text,
      cached text,
      outcome text not null,
      request_id text,
      ${ledgerAmountColumns}
    )`,
    'create index isthmus_ledger_at on isthmus_ledger (at)',
    `create table isthmus_ledger_hours (
      hour bigint not null,
      dimensions text not null,
      ${ledgerDimensionColumns},
      entries bigint not null,
      cached_entries bigint not null,
      ${ledgerAmountColumns},
      primary key (hour, dimensions)
    )`,
    ...ledgerAppendOnly[kind],
  ],
  () => ['alter table isthmus_store add column derivation_secret text'],
  (kind) => [
    `create table isthmus_budget_raises (
      ${countedId[kind]},
      budget text not null,
      subject text,
      unit text not null,
      amount bigint not null,
      ends_at bigint not null
    )`,
    "insert into isthmus_revisions (topic, revision) values ('budget_raises', 0)",
  ],
  (kind) => [
    'create table isthmus_ledger_start (id integer primary key, at bigint not null)',
    'insert into isthmus_ledger_start (id, at) values (1, 0)',
    ...ledgerRetention[kind],
  ],
  () => ["insert into isthmus_revisions (topic, revision) values ('ledger_names', 0)"],
  (kind) => [
    'create table isthmus_registry_texts (hash text primary key, text text not null)',
    `create table isthmus_registry_generations (
      graph text not null,
      variant text not null,
      number integer not null,
      content_hash text not null,
      content text not null,
      change text not null,
      at bigint not null,
      actor text not null,
      commit_id text,
      message text,
      primary key (graph, variant, number)
    )`,
    `create table isthmus_registry_heads (
      graph text not null,
      variant text not null,
      number integer not null,
      canary_number integer,
      canary_percent double precision,
      canary_since bigint,
      canary_ms bigint,
      primary key (graph, variant)
    )`,
    `create table isthmus_registry_approvals (${countedId[kind]}, graph text not null, approval text not null)`,
    "insert into isthmus_revisions (topic, revision) values ('registry', 0)",
  ],
  () => [
    `create table isthmus_registry_labels (
      graph text not null,
      variant text not null,
      name text not null,
      number integer not null,
      at bigint not null,
      primary key (graph, variant, name)
    )`,
  ],
  (kind) => [
    `create table isthmus_registry_checks (
      ${countedId[kind]},
      graph text not null,
      variant text not null,
      at bigint not null,
      actor text not null,
      commit_id text,
      subjects text not null,
      content_hash text not null,
      outcome text not null,
      sections text not null,
      report text not null
    )`,
    'create index isthmus_registry_checks_variant on isthmus_registry_checks (graph, variant, id)',
  ],
];

const countedId: Readonly<Record<StoreKind, string>> = {
  sqlite: 'id integer primary key autoincrement',
  postgres: 'id bigint generated always as identity primary key',
};

const ledgerDimensionColumns = `principal text not null, kind text not null, tenant text not null, team text, client text,
      door text not null, operation text, field text, prompt text, alias text not null, model text not null,
      traffic text not null`;
const ledgerAmountColumns = `reserved bigint not null, settled bigint not null, input_tokens bigint not null,
      output_tokens bigint not null, tokens bigint not null, calls bigint not null`;

/** The database itself refuses to change the ledger. */
const ledgerAppendOnly: Readonly<Record<StoreKind, readonly string[]>> = {
  sqlite: ['update', 'delete'].map(
    (change) =>
      `create trigger isthmus_ledger_no_${change} before ${change} on isthmus_ledger
        begin select raise(abort, 'the ledger is append-only'); end`,
  ),
  postgres: [
    `create function isthmus_refuse_ledger_change() returns trigger language plpgsql as
      $$ begin raise exception 'the ledger is append-only'; end $$`,
    `create trigger isthmus_ledger_append_only before update or delete or truncate on isthmus_ledger
      for each statement execute function isthmus_refuse_ledger_change()`,
  ],
};

/** Rows from before the ledger's start may be deleted, and no others. */
const ledgerRetention: Readonly<Record<StoreKind, readonly string[]>> = {
  sqlite: [
    'drop trigger isthmus_ledger_no_delete',
    `create trigger isthmus_ledger_no_delete before delete on isthmus_ledger
      when old.at >= (select at from isthmus_ledger_start)
      begin select raise(abort, 'the ledger is append-only'); end`,
  ],
  postgres: [
    'drop trigger isthmus_ledger_append_only on isthmus_ledger',
    `create trigger isthmus_ledger_append_only before update or truncate on isthmus_ledger
      for each statement execute function isthmus_refuse_ledger_change()`,
    `create function isthmus_refuse_ledger_deletion() returns trigger language plpgsql as
      $$ begin
        if old.at >= (select at from isthmus_ledger_start) then raise exception 'the ledger is append-only'; end if;
        return old;
      end $$`,
    `create trigger isthmus_ledger_no_delete before delete on isthmus_ledger
      for each row execute function isthmus_refuse_ledger_deletion()`,
  ],
};

/** The database itself refuses to change the audit log. */
const appendOnly: Readonly<Record<StoreKind, readonly string[]>> = {
  sqlite: ['update', 'delete'].map(
    (change) =>
      `create trigger isthmus_audit_log_no_${change} before ${change} on isthmus_audit_log
        begin select raise(abort, 'the audit log is append-only'); end`,
  ),
  postgres: [
    `create function isthmus_refuse_change() returns trigger language plpgsql as
      $$ begin raise exception 'the audit log is append-only'; end $$`,
    `create trigger isthmus_audit_log_append_only before update or delete or truncate on isthmus_audit_log
      for each statement execute function isthmus_refuse_change()`,
  ],
};

/** How the database is made to accept changes of the audit log within a transaction, and to refuse them again. */
export const auditProtection: Readonly<
  Record<StoreKind, { readonly lift: readonly string[]; readonly restore: readonly string[] }>
> = {
  sqlite: {
    lift: ['update', 'delete'].map((change) => `drop trigger isthmus_audit_log_no_${change}`),
    restore: appendOnly.sqlite,
  },
  postgres: {
    lift: ['alter table isthmus_audit_log disable trigger isthmus_audit_log_append_only'],
    restore: ['alter table isthmus_audit_log enable trigger isthmus_audit_log_append_only'],
  },
};

/** The same for the rows of the ledger: they may be updated meanwhile, and not deleted. */
export const ledgerProtection: typeof auditProtection = {
  sqlite: {
    lift: ['drop trigger isthmus_ledger_no_update'],
    restore: ledgerAppendOnly.sqlite.slice(0, 1),
  },
  postgres: {
    lift: ['alter table isthmus_ledger disable trigger isthmus_ledger_append_only'],
    restore: ['alter table isthmus_ledger enable trigger isthmus_ledger_append_only'],
  },
};

/** The column, for the cipher. */
export const derivationSecretPlace = 'store.derivation_secret';

/** Any number that other applications in the same database do not lock. */
const advisoryLock = 0x15_7b_05;

export interface MigratedStore {
  readonly keys: StoreKeys;
  /** What keys for other purposes are derived from. */
  readonly derivationSecret: string;
  /** Whether its values are encrypted with a previous key. */
  readonly hasPreviousKey: boolean;
}

/**
 * @param keysOf the keys that a store may have: one that exists, or a new one
 * @throws UnusableStore where the store is of a newer version or another key
 */
export async function migrate(
  db: StoreDatabase,
  kind: StoreKind,
  keysOf: (state: 'new' | 'existing') => StoreKeys,
): Promise<MigratedStore> {
  return db.transaction().execute(async (transaction) => {
    if (kind === 'postgres') await sql`select pg_advisory_xact_lock(${advisoryLock})`.execute(transaction);
    return migrateIn(transaction, kind, keysOf);
  });
}

/** Within a transaction that has the lock, or the tables to itself. */
export async function migrateIn(
  transaction: StoreTransaction,
  kind: StoreKind,
  keysOf: (state: 'new' | 'existing') => StoreKeys,
): Promise<MigratedStore> {
  await sql
    .raw(
      'create table if not exists isthmus_store (id integer primary key, version integer not null, key_fingerprint text not null)',
    )
    .execute(transaction);
  const store = await transaction.selectFrom('isthmus_store').selectAll().executeTakeFirst();
  const version = store?.version ?? 0;
  if (version > migrations.length) {
    const message = `the store was written by a newer version of Isthmus (schema ${version}, this one reads up to ${migrations.length})`;
    throw new UnusableStore('store.url', message);
  }
  const keys = keysOf(store === undefined ? 'new' : 'existing');
  const cipher = store === undefined ? keys.configured : keys.cipherOf(store.key_fingerprint);
  if (cipher === undefined) {
    const message = 'the store was written with another key, which neither store.key nor store.previous_keys has';
    throw new UnusableStore('store.key', message);
  }
  let encrypted = store?.derivation_secret;
  if (version < migrations.length) {
    for (const migration of migrations.slice(version))
      for (const statement of migration(kind)) await sql.raw(statement).execute(transaction);
    // Stores of the first versions derived from their key itself: what they hold was hashed with that.
    encrypted ??= cipher.encrypt(
      store === undefined ? randomBytes(32).toString('base64url') : cipher.secret,
      derivationSecretPlace,
    );
    const current = { version: migrations.length, derivation_secret: encrypted };
    await transaction
      .insertInto('isthmus_store')
      .values({ id: 1, key_fingerprint: cipher.fingerprint, ...current })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(current))
      .execute();
  }
  const derivationSecret = keys.decrypt(encrypted ?? '', derivationSecretPlace);
  return { keys, derivationSecret, hasPreviousKey: cipher !== keys.configured };
}
