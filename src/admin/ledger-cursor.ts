/** Where a row of the ledger stands, as the argument `after` has it. */
import type { LedgerPosition } from '../store/index.ts';
import { refusal } from './refusal.ts';

export function cursorOf({ at, id }: LedgerPosition): string {
  return `${at}:${id}`;
}

/** @throws GraphQLError for a text that is none */
export function readCursor(text: string): LedgerPosition {
  const [, at, id = ''] = /^(\d{1,15}):(.+)$/.exec(text) ?? [];
  if (at === undefined) throw refusal('BAD_USER_INPUT', 'after: write the cursor of a row');
  return { at: Number(at), id };
}
