/** Labels of generations: names that a variant gives to numbers, each to one. A label moves in one transaction. */
import type { GraphRef } from '../../config/index.ts';
import type { AuditLog } from '../audit-log.ts';
import { nextRevision } from '../revisions.ts';
import type { StoreDatabase } from '../tables.ts';

export interface GenerationLabel {
  readonly name: string;
  readonly number: number;
  /** Since when, in milliseconds since 1970. */
  readonly at: number;
}

export interface LabelMove extends GraphRef {
  readonly name: string;
  /** Undefined: there is no such label any more. */
  readonly number: number | undefined;
  readonly at: number;
  readonly actor: string;
}

export class LabelTable {
  readonly #db: StoreDatabase;
  readonly #auditLog: AuditLog;

  constructor(db: StoreDatabase, auditLog: AuditLog) {
    this.#db = db;
    this.#auditLog = auditLog;
  }

  /** Of a variant, by name. */
  async all({ graph, variant }: GraphRef): Promise<readonly GenerationLabel[]> {
    return this.#db
      .selectFrom('isthmus_registry_labels')
      .select(['name', 'number', 'at'])
      .where('graph', '=', graph)
      .where('variant', '=', variant)
      .orderBy('name')
      .execute();
  }

  /** @returns the number that it had; undefined: there was no such label */
  async move({ graph, variant, name, number, at, actor }: LabelMove): Promise<number | undefined> {
    return this.#db.transaction().execute(async (transaction) => {
      await nextRevision(transaction, 'registry');
      const removed = await transaction
        .deleteFrom('isthmus_registry_labels')
        .where('graph', '=', graph)
        .where('variant', '=', variant)
        .where('name', '=', name)
        .returning('number')
        .executeTakeFirst();
      const before = removed?.number;
      if (number !== undefined)
        await transaction.insertInto('isthmus_registry_labels').values({ graph, variant, name, number, at }).execute();
      const entry = { at, actor, action: 'registry.label', target: `${graph}@${variant}` };
      if (before !== number)
        await this.#auditLog.append(transaction, {
          ...entry,
          before: before === undefined ? undefined : { name, number: before },
          after: number === undefined ? undefined : { name, number },
        });
      return before;
    });
  }
}
