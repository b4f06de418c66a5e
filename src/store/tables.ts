/** The tables of the store, as queries see them. Times are milliseconds since 1970. */
import type { Generated, Kysely, Transaction } from 'kysely';

export type StoreKind = 'sqlite' | 'postgres';

export interface StoreTables {
  /** One row: the version of the schema, which key its values are encrypted with, and what other keys are derived from. */
  readonly isthmus_store: {
    readonly id: number;
    readonly version: number;
    readonly key_fingerprint: string;
    /** Encrypted. */
    readonly derivation_secret: string;
  };
  /** Counts the changes of a table, so that gateways notice them. */
  readonly isthmus_revisions: { readonly topic: string; readonly revision: number };
  readonly isthmus_api_keys: ApiKeyRow;
  readonly isthmus_audit_log: AuditRow;
  readonly isthmus_budget_raises: BudgetRaiseRow;
  /** What hashes in the ledger stand for, encrypted. */
  readonly isthmus_ledger_names: { readonly id: string; readonly value: string };
  readonly isthmus_ledger: LedgerColumns;
  /** One row: from when on the ledger has its rows; those of before are sums of hours alone. */
  readonly isthmus_ledger_start: { readonly id: number; readonly at: number };
  /** The rows of each hour, summed by everything that sums are made by. */
  readonly isthmus_ledger_hours: LedgerHourColumns;
  /** Schemas and prompts of generations, by their SHA-256. */
  readonly isthmus_registry_texts: { readonly hash: string; readonly text: string };
  readonly isthmus_registry_generations: RegistryGenerationRow;
  readonly isthmus_registry_heads: RegistryHeadRow;
  readonly isthmus_registry_labels: RegistryLabelRow;
  readonly isthmus_registry_checks: RegistryCheckRow;
  /** Of changes of a graph, in any variant: JSON, encrypted. */
  readonly isthmus_registry_approvals: {
    readonly id: Generated<number>;
    readonly graph: string;
    readonly approval: string;
  };
}

/** `content` and `change` are JSON; `actor` is encrypted. */
export interface RegistryGenerationRow {
  readonly graph: string;
  readonly variant: string;
  readonly number: number;
  readonly content_hash: string;
  readonly content: string;
  readonly change: string;
  readonly at: number;
  readonly actor: string;
  readonly commit_id: string | null;
  readonly message: string | null;
}

export interface RegistryLabelRow {
  readonly graph: string;
  readonly variant: string;
  readonly name: string;
  readonly number: number;
  readonly at: number;
}

/** `subjects` and `sections` are JSON, and so is `report`, which is encrypted as `actor` is. */
export interface RegistryCheckRow {
  readonly id: Generated<number>;
  readonly graph: string;
  readonly variant: string;
  readonly at: number;
  readonly actor: string;
  readonly commit_id: string | null;
  readonly subjects: string;
  readonly content_hash: string;
  readonly outcome: string;
  readonly sections: string;
  readonly report: string;
}

/** Which generation serves a variant. */
export interface RegistryHeadRow {
  readonly graph: string;
  readonly variant: string;
  readonly number: number;
  readonly canary_number: number | null;
  /** Of all requests. */
  readonly canary_percent: number | null;
  readonly canary_since: number | null;
  /** How long it is served before it is promoted. */
  readonly canary_ms: number | null;
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

/** `subject` is encrypted; null: every subject. */
export interface BudgetRaiseRow {
  readonly id: Generated<number>;
  readonly budget: string;
  readonly subject: string | null;
  readonly unit: string;
  readonly amount: number;
  readonly ends_at: number;
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

/** `principal`, `tenant`, `team` and `client` are hashes. Amounts are nano-dollars. */
interface LedgerDimensionColumns {
  readonly principal: string;
  readonly kind: string;
  readonly tenant: string;
  readonly team: string | null;
  readonly client: string | null;
  readonly door: string;
  readonly operation: string | null;
  readonly field: string | null;
  readonly prompt: string | null;
  readonly alias: string;
  readonly model: string;
  readonly traffic: string;
}

interface LedgerAmountColumns {
  readonly reserved: number;
  readonly settled: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly tokens: number;
  readonly calls: number;
}

export interface LedgerColumns extends LedgerDimensionColumns, LedgerAmountColumns {
  readonly id: string;
  readonly at: number;
  readonly usage_source: string | null;
  readonly price_source: string | null;
  readonly price_version: string | null;
  readonly price_date: string | null;
  readonly cached: string | null;
  readonly outcome: string;
  readonly request_id: string | null;
}

export interface LedgerHourColumns extends LedgerDimensionColumns, LedgerAmountColumns {
  /** When it begins. */
  readonly hour: number;
  /** A digest of the dimensions. */
  readonly dimensions: string;
  readonly entries: number;
  readonly cached_entries: number;
}

export type StoreDatabase = Kysely<StoreTables>;
export type StoreTransaction = Transaction<StoreTables>;
