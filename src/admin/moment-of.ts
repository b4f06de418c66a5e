import { parseMoment } from '../ai/ledger/index.ts';
import { refusal } from './refusal.ts';

/**
 * The moment that an argument says.
 * @param name the argument's
 * @returns milliseconds since 1970
 * @throws GraphQLError where it is neither a duration nor a moment
 */
export function momentOf(name: string, text: string, now: number): number {
  const at = parseMoment(text, now);
  if (at !== undefined) return at;
  throw refusal('BAD_USER_INPUT', `${name}: write a duration such as 7d, or a moment such as 2026-11-01`);
}
