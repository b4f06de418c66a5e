/** Checks of changes, as a registry has made them: the newest of each variant, none older than 90 days. */
import type { GraphRef } from '../../config/index.ts';
import type { StoreKeys } from '../store-keys.ts';
import type { RegistryCheckRow, StoreDatabase } from '../tables.ts';

export interface NextCheck extends GraphRef {
  /** In milliseconds since 1970. */
  readonly at: number;
  /** Such as `cli:ann` or `key:ab2cd3ef`. */
  readonly actor: string;
  readonly commit: string | undefined;
  /** What the change is about. */
  readonly subjects: readonly string[];
  /** Of the content that the change makes. */
  readonly contentHash: string;
  readonly outcome: string;
  /** What became of each part. */
  readonly sections: readonly { readonly name: string; readonly outcome: string }[];
  /** Plain JSON. */
  readonly report: unknown;
}

/** A check without its report. */
export interface StoredCheck extends Omit<NextCheck, 'report' | 'commit'> {
  /** Counted up over all graphs. */
  readonly id: number;
  readonly commit: string | null;
  /** The first generation with the same content that was published after the check; null: none was. */
  readonly generation: number | null;
}

export interface ChecksPage {
  readonly limit: number;
  /** Only those of lower ids. */
  readonly before: number | undefined;
}

/** The columns, for the cipher. */
export const checkActorPlace = 'registry.check.actor';
export const checkReportPlace = 'registry.check.report';

const maxAgeMs = 90 * 86_400_000;
/** Of a variant. */
const maxChecks = 1_000;

export class CheckTable {
  readonly #db: StoreDatabase;
  readonly #storeKeys: StoreKeys;

  constructor(db: StoreDatabase, storeKeys: StoreKeys) {
    this.#db = db;
    this.#storeKeys = storeKeys;
  }

  /** Removes what is too old or too many of its variant. @returns its id */
  async append(check: NextCheck): Promise<number> {
    const { graph, variant, at, commit = null, outcome } = check;
    return this.#db.transaction().execute(async (transaction) => {
      const cipher = await this.#storeKeys.current(transaction);
      const { id } = await transaction
        .insertInto('isthmus_registry_checks')
        .values({
          graph,
          variant,
          at,
          actor: cipher.encrypt(check.actor, checkActorPlace),
          commit_id: commit,
          subjects: JSON.stringify(check.subjects),
          content_hash: check.contentHash,
          outcome,
          sections: JSON.stringify(check.sections),
          report: cipher.encrypt(JSON.stringify(check.report), checkReportPlace),
        })
        .returning('id')
        .executeTakeFirstOrThrow();
      const oldest = await transaction
        .selectFrom('isthmus_registry_checks')
        .select('id')
        .where('graph', '=', graph)
        .where('variant', '=', variant)
        .orderBy('id', 'desc')
        .offset(maxChecks)
        .limit(1)
        .executeTakeFirst();
      await transaction
        .deleteFrom('isthmus_registry_checks')
        .where('graph', '=', graph)
        .where('variant', '=', variant)
        .where((columns) => columns.or([columns('at', '<', at - maxAgeMs), columns('id', '<=', oldest?.id ?? 0)]))
        .execute();
      return id;
    });
  }

  /** The newest first. */
  async newest({ graph, variant }: GraphRef, { limit, before }: ChecksPage): Promise<readonly StoredCheck[]> {
    let query = this.#rows(graph, variant);
    if (before !== undefined) query = query.where('id', '<', before);
    return (await query.orderBy('id', 'desc').limit(limit).execute()).map((row) => this.#read(row));
  }

  /** With its report; undefined where there is none of that id. */
  async check(
    { graph, variant }: GraphRef,
    id: number,
  ): Promise<(StoredCheck & { readonly report: unknown }) | undefined> {
    const row = await this.#rows(graph, variant).select('report').where('id', '=', id).executeTakeFirst();
    return row && { ...this.#read(row), report: JSON.parse(this.#storeKeys.decrypt(row.report, checkReportPlace)) };
  }

  #rows(graph: string, variant: string) {
    return this.#db
      .selectFrom('isthmus_registry_checks as checks')
      .select(['id', 'graph', 'variant', 'at', 'actor', 'commit_id', 'subjects', 'content_hash', 'outcome', 'sections'])
      .select((columns) =>
        columns
          .selectFrom('isthmus_registry_generations as generations')
          .select((inner) => inner.fn.min('number').as('number'))
          .whereRef('generations.graph', '=', 'checks.graph')
          .whereRef('generations.variant', '=', 'checks.variant')
          .whereRef('generations.content_hash', '=', 'checks.content_hash')
          .whereRef('generations.at', '>=', 'checks.at')
          .as('generation'),
      )
      .where('graph', '=', graph)
      .where('variant', '=', variant);
  }

  #read(
    row: Omit<RegistryCheckRow, 'report' | 'id'> & { readonly id: number; readonly generation: number | null },
  ): StoredCheck {
    const { id, graph, variant, at, outcome, generation } = row;
    return {
      id,
      graph,
      variant,
      at,
      actor: this.#storeKeys.decrypt(row.actor, checkActorPlace),
      commit: row.commit_id,
      subjects: JSON.parse(row.subjects) as readonly string[],
      contentHash: row.content_hash,
      outcome,
      sections: JSON.parse(row.sections) as NextCheck['sections'],
      generation: generation === null ? null : Number(generation),
    };
  }
}
