/** Opens the store that `store` configures: its tables created or brought up to date, its key checked. */
import { sql } from 'kysely';
import { ConfigError, type StoreConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import { ApiKeyTable } from './api-key-table.ts';
import { AuditLog } from './audit-log.ts';
import { BudgetRaiseTable } from './budget-raise-table.ts';
import { generateKey, keyFileOf, readGeneratedKey } from './generated-key.ts';
import { LedgerNames } from './ledger-names.ts';
import { LedgerTable } from './ledger-table.ts';
import { type MigratedStore, migrate, UnusableStore } from './migrate.ts';
import { type ErasedUser, eraseUser } from './people/erase-user.ts';
import { openPostgres } from './postgres-database.ts';
import { RegistryTable } from './registry/registry-table.ts';
import { type RekeyedStore, rekey } from './rekey.ts';
import { allRevisions } from './revisions.ts';
import { openSqlite } from './sqlite-database.ts';
import { createStoreCipher, deriveKey } from './store-cipher.ts';
import { StoreKeys } from './store-keys.ts';
import type { StoreDatabase } from './tables.ts';

export interface Store {
  readonly apiKeys: ApiKeyTable;
  readonly auditLog: AuditLog;
  readonly budgetRaises: BudgetRaiseTable;
  readonly ledger: LedgerTable;
  readonly registry: RegistryTable;
  /** The clock of the database, in milliseconds since 1970; undefined: it is that of this machine. */
  clock(): Promise<number | undefined>;
  /** The newest change of each table that gateways follow, counted up: of `api_keys` and `budget_raises`. */
  revisions(): Promise<Readonly<Record<string, number>>>;
  /** A key of 32 bytes for a purpose. It stays the same when the store is given another key. */
  deriveKey(purpose: string): Buffer;
  /**
   * Encrypts everything again with `store.key`.
   * @param actor who asks for it, as the audit log is to say it
   * @returns undefined where it has that key
   */
  rekey(actor: string): Promise<RekeyedStore | undefined>;
  /**
   * Removes a person; sums of the ledger stay as they are.
   * @param user the principal's id
   * @param actor who asks for it, as the audit log is to say it
   */
  eraseUser(user: string, actor: string): Promise<ErasedUser>;
  close(): Promise<void>;
}

export interface OpenStoreOptions {
  readonly config: StoreConfig;
  /** The configuration's, for messages. */
  readonly configFile: string;
  readonly log: Pick<Logger, 'warn'>;
  /** Whether requests are served meanwhile: then nothing waits long. @default false */
  readonly isServing?: boolean;
}

/** How long a command waits, and the start of a gateway. */
const patientMs = 10_000;
/** A gateway that serves tries again. */
const servingMs = 1_000;

/** @throws ConfigError naming `store.url` or `store.key` */
export async function openStore({ config, configFile, log, isServing = false }: OpenStoreOptions): Promise<Store> {
  const connect = (timeoutMs: number): Promise<StoreDatabase> =>
    config.kind === 'sqlite'
      ? openSqlite({ file: config.file, busyTimeoutMs: timeoutMs })
      : openPostgres({
          url: config.url,
          timeoutMs,
          onLost: (error) => log.warn({ reason: error.message }, 'a connection to the store was lost'),
        });
  let db: StoreDatabase | undefined;
  try {
    db = await connect(patientMs);
    const migrated = await migrate(db, config.kind, (state) => keysOf(config, state));
    if (migrated.hasPreviousKey)
      log.warn({}, 'the store is encrypted with a previous key: `isthmus store rekey` encrypts it with store.key');
    if (isServing) {
      await db.destroy();
      db = await connect(servingMs);
    }
    return storeOf(db, config.kind, migrated);
  } catch (error) {
    await db?.destroy().catch(() => undefined);
    const { path, message } =
      error instanceof UnusableStore ? error : { path: 'store.url', message: unusable(config, error) };
    const line = path === 'store.url' ? config.line : undefined;
    throw new ConfigError(configFile, [{ path, line, message }]);
  }
}

function storeOf(db: StoreDatabase, kind: StoreConfig['kind'], { keys, derivationSecret }: MigratedStore): Store {
  const auditLog = new AuditLog(db, keys);
  const apiKeys = new ApiKeyTable(db, keys, auditLog);
  const budgetRaises = new BudgetRaiseTable(db, keys, auditLog);
  const names = new LedgerNames(keys, deriveKey(derivationSecret, 'ledger names'));
  return {
    apiKeys,
    auditLog,
    budgetRaises,
    ledger: new LedgerTable(db, names),
    registry: new RegistryTable(db, keys, auditLog),
    clock: () => clockOf(db, kind),
    revisions: () => allRevisions(db),
    deriveKey: (purpose) => deriveKey(derivationSecret, purpose),
    rekey: (actor) => rekey({ db, kind, keys, auditLog, actor, at: Date.now() }),
    eraseUser: (user, actor) =>
      eraseUser({ db, kind, names, apiKeys, budgetRaises, auditLog, user, actor, at: Date.now() }),
    close: () => db.destroy(),
  };
}

async function clockOf(db: StoreDatabase, kind: StoreConfig['kind']): Promise<number | undefined> {
  if (kind === 'sqlite') return undefined;
  const { rows } = await sql<{ readonly at: number | string }>`
    select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as at`.execute(db);
  return Number(rows[0]?.at);
}

/** @throws UnusableStore where the file with the generated key of an existing store is gone */
export function keysOf(config: StoreConfig, state: 'new' | 'existing'): StoreKeys {
  const previous = config.previousKeys.map(createStoreCipher);
  if (config.key !== undefined) {
    // A store whose key was generated first, and is configured since.
    const generated = config.kind === 'sqlite' ? readGeneratedKey(config.file) : undefined;
    if (generated !== undefined) previous.push(createStoreCipher(generated));
    return new StoreKeys(config.kind, [createStoreCipher(config.key), ...previous]);
  }
  if (config.kind !== 'sqlite') throw new UnusableStore('store.key', 'PostgreSQL requires a key');
  const key = state === 'new' ? generateKey(config.file) : readGeneratedKey(config.file);
  if (key !== undefined) return new StoreKeys(config.kind, [createStoreCipher(key), ...previous]);
  const message = `the store was written with another key: restore ${keyFileOf(config.file)}, or write its key`;
  throw new UnusableStore('store.key', message);
}

/** The primary result codes of SQLite that an operator meets. */
const sqliteReasons = new Map<number, string>([
  [5, 'another process keeps it locked'],
  [8, 'it cannot be written'],
  [11, 'it is damaged: restore a backup, or name another file'],
  [13, 'the disk is full'],
  [14, 'it cannot be opened'],
  [26, 'it is not an SQLite database: name another file'],
]);

/** @returns why it cannot be used; the URL is not quoted, because it may have a password */
function unusable(config: StoreConfig, error: unknown): string {
  if (config.kind === 'postgres')
    return `PostgreSQL cannot be used: ${messageOf(error) || (error as NodeJS.ErrnoException).code}`;
  const { errcode, code } = error as { readonly errcode?: number; readonly code?: string };
  const reason = errcode === undefined ? undefined : sqliteReasons.get(errcode & 0xff);
  if (reason !== undefined) return `${config.file} cannot be used: ${reason}`;
  if (code === 'EACCES' || code === 'EPERM') return `${config.file} cannot be used: this user may not write it`;
  return `${config.file} cannot be used: ${messageOf(error)}`;
}
