/** The tables of the store, as queries see them. Times are milliseconds since 1970. */
import type { Generated, Kysely, Transaction } from 'kysely';

export interface StoreTables {
  /** One row: the version of the schema, and which key its values are encrypted with. */
  readonly isthmus_store: { readonly id: number; readonly version: number; readonly key_fingerprint: string };
  /** Counts the changes of a table, so that gateways notice them. */
  readonly isthmus_revisions: { readonly topic: string; readonly revision: number };
  readonly isthmus_api_keys: ApiKeyRow;
  readonly isthmus_audit_log: AuditRow;
}

/** Lists are JSON; `name` and `tenant` are encrypted. */
export interface ApiKeyRow {
  readonly id: string;
  readonly hash: string;
  readonly name: string;
  readonly tenant: string;
  readonly scopes: string;
  readonly roles: string;
  readonly models: string | null;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
  readonly revoked_at: number | null;
  readonly replaced_by: string | null;
  readonly revision: number;
}

/** `actor`, `before` and `after` are encrypted. */
export interface AuditRow {
  readonly id: Generated<number>;
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly before: string | null;
  readonly after: string | null;
}

export type StoreDatabase = Kysely<StoreTables>;
export type StoreTransaction = Transaction<StoreTables>;
