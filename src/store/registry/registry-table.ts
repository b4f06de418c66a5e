/**
 * The generations of a registry: texts by their hash, numbered generations of each variant, and which of them serves. The
 * history of a variant is linear: a generation follows the one that its author knew, or is refused. A change is one
 * transaction: whoever is killed leaves the old head or the new one.
 */
import type { GraphRef } from '../../config/index.ts';
import type {
  Canary,
  GenerationChange,
  GenerationContent,
  PublishedGeneration,
  Texts,
} from '../../registry/generation/index.ts';
import type { AuditLog } from '../audit-log.ts';
import { nextRevision, revisionOf } from '../revisions.ts';
import type { StoreKeys } from '../store-keys.ts';
import type { RegistryGenerationRow, StoreDatabase, StoreTransaction } from '../tables.ts';
import { CheckTable } from './check-table.ts';
import { LabelTable } from './label-table.ts';

/** What serves of a variant. */
export interface RegistryHead {
  readonly number: number;
  /** Undefined: every request is served by `number`. */
  readonly canary: Canary | undefined;
}

/** The next generation, as its author made it. */
export interface NextGeneration extends GraphRef {
  /** The head that it was made from; 0: there was none. */
  readonly after: number;
  readonly content: GenerationContent;
  readonly contentHash: string;
  /** All those that the registry may not have. */
  readonly texts: Texts;
  readonly change: GenerationChange;
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly actor: string;
  readonly commit: string | undefined;
  readonly message: string | undefined;
  /** Served to a share at first; undefined: to all at once. */
  readonly canary?: Pick<Canary, 'percent' | 'durationMs'> | undefined;
  /** What the graph begins with, as a generation before it in the same transaction; undefined: nothing. */
  readonly origin?: Pick<NextGeneration, 'content' | 'contentHash' | 'texts'> | undefined;
}

export interface CanaryEnd extends GraphRef {
  /** The canary's; another one is left as it is. */
  readonly number: number;
  readonly outcome: 'promoted' | 'withdrawn';
  /** Why, in a sentence. */
  readonly reason: string;
  readonly at: number;
  readonly actor: string;
}

/** The column, for the cipher. */
export const generationActorPlace = 'registry.actor';
/** The column, for the cipher. */
export const approvalPlace = 'registry.approval';

const topic = 'registry';
/** Of one statement: databases bound its parameters. */
const maxHashes = 500;

export class RegistryTable {
  readonly labels: LabelTable;
  readonly checks: CheckTable;
  readonly #db: StoreDatabase;
  readonly #storeKeys: StoreKeys;
  readonly #auditLog: AuditLog;

  constructor(db: StoreDatabase, storeKeys: StoreKeys, auditLog: AuditLog) {
    this.#db = db;
    this.#storeKeys = storeKeys;
    this.#auditLog = auditLog;
    this.labels = new LabelTable(db, auditLog);
    this.checks = new CheckTable(db, storeKeys);
  }

  /** Counts all changes of all graphs. */
  revision(): Promise<number> {
    return revisionOf(this.#db, topic);
  }

  /** Every variant that has a generation, by name. */
  async graphs(): Promise<readonly (GraphRef & RegistryHead)[]> {
    const rows = await this.#db
      .selectFrom('isthmus_registry_heads')
      .selectAll()
      .orderBy('graph')
      .orderBy('variant')
      .execute();
    return rows.map((row) => ({ graph: row.graph, variant: row.variant, ...headOf(row) }));
  }

  /** @returns undefined where nothing has been published */
  async head(ref: GraphRef): Promise<RegistryHead | undefined> {
    return readHead(this.#db, ref);
  }

  /** @returns undefined where there is none of that number */
  async generation({ graph, variant }: GraphRef, number: number): Promise<PublishedGeneration | undefined> {
    const row = await this.#db
      .selectFrom('isthmus_registry_generations')
      .selectAll()
      .where('graph', '=', graph)
      .where('variant', '=', variant)
      .where('number', '=', number)
      .executeTakeFirst();
    return row && this.#read(row);
  }

  /** The newest first. @param before only those of lower numbers */
  async history(
    { graph, variant }: GraphRef,
    { limit, before }: { readonly limit: number; readonly before?: number | undefined },
  ): Promise<readonly PublishedGeneration[]> {
    let query = this.#db
      .selectFrom('isthmus_registry_generations')
      .selectAll()
      .where('graph', '=', graph)
      .where('variant', '=', variant);
    if (before !== undefined) query = query.where('number', '<', before);
    const rows = await query.orderBy('number', 'desc').limit(limit).execute();
    return rows.map((row) => this.#read(row));
  }

  /** Those that there are, by their hash. */
  async texts(hashes: Iterable<string>): Promise<Texts> {
    const texts = new Map<string, string>();
    const names = [...hashes];
    for (let from = 0; from < names.length; from += maxHashes) {
      const rows = await this.#db
        .selectFrom('isthmus_registry_texts')
        .selectAll()
        .where('hash', 'in', names.slice(from, from + maxHashes))
        .execute();
      for (const { hash, text } of rows) texts.set(hash, text);
    }
    return texts;
  }

  /** @returns the new generation; undefined where another one has been published since `after`, or a canary is served */
  async append(next: NextGeneration): Promise<PublishedGeneration | undefined> {
    return this.#db.transaction().execute(async (transaction) => {
      await nextRevision(transaction, topic);
      const { graph, variant, after, origin } = next;
      const head = await readHead(transaction, { graph, variant });
      if ((head?.number ?? 0) !== after || head?.canary !== undefined) return undefined;
      if (origin === undefined) return this.#insert(transaction, next);
      const imported = { ...next, ...origin, change: { kind: 'import' }, canary: undefined } as const;
      return this.#insert(transaction, { ...next, after: (await this.#insert(transaction, imported)).number });
    });
  }

  async #insert(transaction: StoreTransaction, next: NextGeneration): Promise<PublishedGeneration> {
    const { graph, variant, after, content, contentHash, change, at, actor, canary } = next;
    const ref = { graph, variant };
    const number = (await this.#newest(transaction, ref)) + 1;
    for (const [hash, text] of next.texts)
      await transaction
        .insertInto('isthmus_registry_texts')
        .values({ hash, text })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    const cipher = await this.#storeKeys.current(transaction);
    const { commit = null, message = null } = next;
    const row: RegistryGenerationRow = {
      ...ref,
      number,
      content_hash: contentHash,
      content: JSON.stringify(content),
      change: JSON.stringify(change),
      at,
      actor: cipher.encrypt(actor, generationActorPlace),
      commit_id: commit,
      message,
    };
    await transaction.insertInto('isthmus_registry_generations').values(row).execute();
    const isCanary = canary !== undefined && after > 0;
    await writeHead(transaction, ref, {
      number: isCanary ? after : number,
      canary: isCanary ? { number, ...canary, since: at } : undefined,
    });
    const target = `${graph}@${variant}`;
    const summary = { ...change, number, contentHash, commit, message, ...(isCanary ? { canary } : {}) };
    const entry = { at, actor, action: `registry.${change.kind}`, target };
    await this.#auditLog.append(transaction, {
      ...entry,
      before: after === 0 ? undefined : { number: after, canary: undefined },
      after: summary,
    });
    return { ...ref, number, contentHash, content, change, at, actor, commit, message };
  }

  /** @returns whether that canary was being served */
  async endCanary({ graph, variant, number, outcome, reason, at, actor }: CanaryEnd): Promise<boolean> {
    return this.#db.transaction().execute(async (transaction) => {
      await nextRevision(transaction, topic);
      const ref = { graph, variant };
      const head = await readHead(transaction, ref);
      if (head?.canary?.number !== number) return false;
      await writeHead(transaction, ref, {
        number: outcome === 'promoted' ? number : head.number,
        canary: undefined,
      });
      const action = outcome === 'promoted' ? 'registry.canary-promoted' : 'registry.canary-withdrawn';
      const entry = { at, actor, action, target: `${graph}@${variant}` };
      await this.#auditLog.append(transaction, { ...entry, before: head, after: { number, reason } });
      return true;
    });
  }

  /** What has been approved of changes of a graph, oldest first: plain JSON. */
  async approvals({ graph }: GraphRef): Promise<readonly unknown[]> {
    const rows = await this.#db
      .selectFrom('isthmus_registry_approvals')
      .select('approval')
      .where('graph', '=', graph)
      .orderBy('id')
      .execute();
    return rows.map(({ approval }) => JSON.parse(this.#storeKeys.decrypt(approval, approvalPlace)));
  }

  async approve(
    { graph, variant }: GraphRef,
    approvals: readonly unknown[],
    { actor, at }: { readonly actor: string; readonly at: number },
  ): Promise<void> {
    await this.#db.transaction().execute(async (transaction) => {
      await nextRevision(transaction, topic);
      const cipher = await this.#storeKeys.current(transaction);
      for (const approval of approvals) {
        const row = { graph, approval: cipher.encrypt(JSON.stringify(approval), approvalPlace) };
        await transaction.insertInto('isthmus_registry_approvals').values(row).execute();
      }
      const entry = { at, actor, action: 'registry.approve', target: `${graph}@${variant}` };
      await this.#auditLog.append(transaction, { ...entry, before: undefined, after: approvals });
    });
  }

  async #newest(transaction: StoreTransaction, { graph, variant }: GraphRef): Promise<number> {
    const row = await transaction
      .selectFrom('isthmus_registry_generations')
      .select((columns) => columns.fn.max('number').as('newest'))
      .where('graph', '=', graph)
      .where('variant', '=', variant)
      .executeTakeFirst();
    return Number(row?.newest ?? 0);
  }

  #read(row: RegistryGenerationRow): PublishedGeneration {
    return {
      graph: row.graph,
      variant: row.variant,
      number: row.number,
      contentHash: row.content_hash,
      content: JSON.parse(row.content) as GenerationContent,
      change: JSON.parse(row.change) as GenerationChange,
      at: row.at,
      actor: this.#storeKeys.decrypt(row.actor, generationActorPlace),
      commit: row.commit_id,
      message: row.message,
    };
  }
}

interface HeadColumns {
  readonly number: number;
  readonly canary_number: number | null;
  readonly canary_percent: number | null;
  readonly canary_since: number | null;
  readonly canary_ms: number | null;
}

function headOf(row: HeadColumns): RegistryHead {
  const { canary_number: number, canary_percent: percent, canary_since: since, canary_ms: durationMs } = row;
  const hasCanary = number !== null && percent !== null && since !== null && durationMs !== null;
  return { number: row.number, canary: hasCanary ? { number, percent, since, durationMs } : undefined };
}

async function readHead(
  db: StoreDatabase | StoreTransaction,
  { graph, variant }: GraphRef,
): Promise<RegistryHead | undefined> {
  const row = await db
    .selectFrom('isthmus_registry_heads')
    .selectAll()
    .where('graph', '=', graph)
    .where('variant', '=', variant)
    .executeTakeFirst();
  return row && headOf(row);
}

async function writeHead(
  transaction: StoreTransaction,
  ref: GraphRef,
  { number, canary }: RegistryHead,
): Promise<void> {
  const columns = {
    number,
    canary_number: canary?.number ?? null,
    canary_percent: canary?.percent ?? null,
    canary_since: canary?.since ?? null,
    canary_ms: canary?.durationMs ?? null,
  };
  await transaction
    .insertInto('isthmus_registry_heads')
    .values({ ...ref, ...columns })
    .onConflict((conflict) => conflict.columns(['graph', 'variant']).doUpdateSet(columns))
    .execute();
}
