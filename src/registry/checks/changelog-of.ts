/** What changes of an API from one schema to another, for those who use it: additions, deprecations and removals. */
import { examineInWorker } from './examine/examine-in-worker.ts';
import type { SchemaChange } from './examine/schema-changes.ts';

export type ApiChange = Pick<SchemaChange, 'kind' | 'level' | 'coordinate' | 'message'>;

/**
 * @param before and `after`: SDL that composition has validated
 * @returns what breaks first
 * @throws ExamineError where they are too large
 */
export async function changelogOf(before: string, after: string): Promise<readonly ApiChange[]> {
  if (before === after) return [];
  const schemas = { before: { apiSdl: before, sources: [] }, after: { apiSdl: after, sources: [] } };
  const { changes } = await examineInWorker(schemas);
  return changes
    .map(({ kind, level, coordinate, message }) => ({ kind, level, coordinate, message }))
    .sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level));
}

const levels: readonly ApiChange['level'][] = ['breaking', 'dangerous', 'safe'];
