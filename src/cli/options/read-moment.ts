import { InvalidArgumentError } from 'commander';
import { parseMoment } from '../../ai/ledger/index.ts';

/** An option's moment: a duration ago, or of ISO 8601. @returns milliseconds since 1970 */
export function readMoment(text: string): number {
  const moment = parseMoment(text, Date.now());
  if (moment === undefined)
    throw new InvalidArgumentError('Write a duration such as 7d, or a moment such as 2026-11-01.');
  return moment;
}
