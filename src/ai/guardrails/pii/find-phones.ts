/**
 * Phone numbers: international ones (`+49 …`, `0049 …`) anywhere, national ones of one country in its usual notation.
 * The library only parses runs of 7 to 17 digits that could be one (about 6 µs each), at most `maxParsed` per text;
 * above that, a run in the form of a phone number counts as one, so that padding hides nothing. Its full metadata is
 * required: with the short one part and lot numbers match as German phones.
 */

import type * as Library from 'libphonenumber-js/max';
import type { CountryCode } from 'libphonenumber-js/max';
import { packageOnDemand } from '../../../lib/index.ts';
import { digitGroups, digitsOf, type NumberRun } from './number-runs.ts';

const library = packageOnDemand<typeof Library>('libphonenumber-js/max');

export const maxParsed = 2_000;

export interface PhoneFinder {
  find(text: string, runs: readonly NumberRun[], report: (start: number, end: number) => void): void;
}

/** Dates and times of day, which would match as national numbers. */
const date = /^(?:\d{4}([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2\d{2,4})(?: \d{1,2})?$/;

/** A finder for one text: it counts the parsed runs. */
export function createPhoneFinder(country: string | undefined): PhoneFinder {
  const home = country !== undefined && library().isSupportedCountry(country) ? country : undefined;
  const lengths = possibleLengths(home);
  let lookups = 0;

  function isPhone(digitsAndSigns: string, digits: string): boolean {
    // No country code begins with 0: a padded number does not match.
    const international = digitsAndSigns.includes('+') || (digits.startsWith('00') && digits[2] !== '0');
    if (!international && (home === undefined || date.test(digitsAndSigns))) return false;
    if (digits.length < 7 || digits.length > (digits.startsWith('00') ? 17 : 15)) return false;
    lookups += 1;
    if (lookups > maxParsed) return true;
    if (international) return isValid(digits.startsWith('00') ? `+${digits.slice(2)}` : digitsAndSigns);
    return isNational(digitsAndSigns, digits);
  }

  /** In the country's notation: with its trunk prefix, if it has one; bare digits are an order number. */
  function isNational(digitsAndSigns: string, digits: string): boolean {
    if (digitsAndSigns.length === digits.length && !digits.startsWith('0')) return false;
    const significant = digits.startsWith('0') ? digits.length - 1 : digits.length;
    if (!lengths.has(digits.length) && !lengths.has(significant) && !digits.startsWith('1')) return false;
    const options = { defaultCountry: home as CountryCode, extract: false };
    const number = library().parsePhoneNumberFromString(digitsAndSigns, options);
    if (!number?.isValid() || number.country !== home) return false;
    const national = number.formatNational().replace(/\D/g, '');
    return national === digits || digits === `1${national}`;
  }

  return {
    find(text, runs, report) {
      for (const run of runs) {
        if (run.count < 7) continue;
        if (run.count <= 17 && isPhone(text.slice(run.start, run.end), digitsOf(text, run.start, run.end)))
          report(run.start, run.end);
        else findInside(text, run, isPhone, report);
      }
    },
  };
}

/** The lengths of the country's numbers, without the trunk prefix. */
function possibleLengths(home: CountryCode | undefined): ReadonlySet<number> {
  if (home === undefined) return new Set();
  const metadata = new (library().Metadata)();
  metadata.selectNumberingPlan(home);
  return new Set(metadata.numberingPlan?.possibleLengths());
}

/** A run may contain several numbers, or one beside other digits: tries up to six groups from each possible start. */
function findInside(
  text: string,
  run: NumberRun,
  isPhone: (digitsAndSigns: string, digits: string) => boolean,
  report: (start: number, end: number) => void,
): void {
  const groups = digitGroups(text, run);
  for (let first = 0; first < groups.length; first += 1) {
    const begin = groups[first];
    if (begin === undefined) return;
    let start = begin.start;
    while (start > run.start && '+('.includes(text[start - 1] ?? ' ')) start -= 1;
    if (start === begin.start && text.charCodeAt(start) !== 48) continue; // begins with neither +, ( nor 0
    let count = 0;
    let best = -1;
    for (let last = first; last < groups.length && last < first + 6 && count <= 17; last += 1) {
      const { start: groupStart, end } = groups[last] ?? begin;
      count += end - groupStart;
      if (count < 7 || count > 17 || (start === run.start && end === run.end)) continue;
      if (isPhone(text.slice(start, end), digitsOf(text, start, end))) best = last; // the longest
    }
    if (best < 0) continue;
    report(start, groups[best]?.end ?? start);
    first = best;
  }
}

function isValid(digitsAndSigns: string): boolean {
  return library().parsePhoneNumberFromString(digitsAndSigns, { extract: false })?.isValid() ?? false;
}
