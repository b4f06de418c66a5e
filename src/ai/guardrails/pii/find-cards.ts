/**
 * Payment card numbers: 13 to 19 digits with a card network's prefix that pass Luhn's check, written in one group or in
 * the groups printed on cards (4-4-4-4, 4-6-5, 4-6-4, 4-4-4-4-3) with one space or dash between. Never part of a longer
 * run of digits.
 */
import { digitGroups, digitsOf, type NumberRun } from './number-runs.ts';

const network =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12,15}|62\d{14,17}|(?:5[0678]|6[0-9])\d{11,17})$/;

export function findCards(
  text: string,
  runs: readonly NumberRun[],
  report: (start: number, end: number) => void,
): void {
  for (const run of runs) {
    if (run.count < 13) continue;
    const groups = digitGroups(text, run);
    for (let first = 0; first < groups.length; first += 1) {
      const end = cardFrom(text, groups, first);
      if (end < 0) continue;
      report(groups[first]?.start ?? 0, groups[end]?.end ?? 0);
      first = end;
    }
  }
}

/** The index of the last group of the card that begins with group `first`; -1 if there is none. At most 6 groups. */
function cardFrom(text: string, groups: readonly { start: number; end: number }[], first: number): number {
  let count = 0;
  let before = -1;
  const start = groups[first]?.start ?? 0;
  for (let index = first; index < groups.length && index < first + 6; index += 1) {
    const group = groups[index];
    if (group === undefined) return -1;
    const length = group.end - group.start;
    if (index === first && length !== 4 && length < 13) return -1;
    if (index > first && (group.start - before !== 1 || !isJoint(text.charCodeAt(before)))) return -1;
    before = group.end;
    count += length;
    if (count > 19) return -1;
    if (count >= 13 && passesLuhn(text, start, group.end) && network.test(digitsOf(text, start, group.end)))
      return index;
    if (length !== 4 && !(index === first + 1 && length === 6)) return -1;
  }
  return -1;
}

/** One space or dash. */
function isJoint(code: number): boolean {
  return code === 45 || code === 32 || code === 0xa0 || code === 0x202f;
}

/**
 * Luhn's check over the digits between two offsets: first, because it excludes nine of ten without building a string.
 */
function passesLuhn(text: string, start: number, end: number): boolean {
  let sum = 0;
  let double = false;
  for (let index = end - 1; index >= start; index -= 1) {
    const digit = text.charCodeAt(index) - 48;
    if (digit < 0 || digit > 9) continue;
    sum += double ? (digit > 4 ? digit * 2 - 9 : digit * 2) : digit;
    double = !double;
  }
  return sum % 10 === 0;
}
