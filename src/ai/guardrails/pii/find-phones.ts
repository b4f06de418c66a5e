/**
 * Phone numbers: international ones (`+49 …`, `0049 …`) anywhere, national ones of one country in the way its people
 * write them. The library is asked only about runs of 7 to 17 digits that could be one (about 6 µs each), and at most
 * `maxAsked` times a text; beyond that a run that looks like a phone number is one, so that padding hides nothing.
 * Its full metadata is needed: the short one takes part and lot numbers for German phones.
 */
import { type CountryCode, isSupportedCountry, Metadata, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { digitGroups, digitsOf, type NumberRun } from './number-runs.ts';

export const maxAsked = 2_000;

export interface PhoneFinder {
  find(text: string, runs: readonly NumberRun[], report: (start: number, end: number) => void): void;
}

/** Dates and times of day, which national numbers would otherwise swallow. */
const date = /^(?:\d{4}([-./])\d{1,2}\1\d{1,2}|\d{1,2}([-./])\d{1,2}\2\d{2,4})(?: \d{1,2})?$/;

/** A finder for one text: it counts what it asked. */
export function createPhoneFinder(country: string | undefined): PhoneFinder {
  const home = country !== undefined && isSupportedCountry(country) ? country : undefined;
  const lengths = possibleLengths(home);
  let lookups = 0;

  function isPhone(digitsAndSigns: string, digits: string): boolean {
    // No country's code begins with 0: a padded number is none.
    const international = digitsAndSigns.includes('+') || (digits.startsWith('00') && digits[2] !== '0');
    if (!international && (home === undefined || date.test(digitsAndSigns))) return false;
    if (digits.length < 7 || digits.length > (digits.startsWith('00') ? 17 : 15)) return false;
    lookups += 1;
    if (lookups > maxAsked) return true;
    if (international) return isValid(digits.startsWith('00') ? `+${digits.slice(2)}` : digitsAndSigns);
    return isNational(digitsAndSigns, digits);
  }

  /** Written as the country writes it: with its trunk prefix, where it has one; bare digits are an order number. */
  function isNational(digitsAndSigns: string, digits: string): boolean {
    if (digitsAndSigns.length === digits.length && !digits.startsWith('0')) return false;
    const significant = digits.startsWith('0') ? digits.length - 1 : digits.length;
    if (!lengths.has(digits.length) && !lengths.has(significant) && !digits.startsWith('1')) return false;
    const number = parsePhoneNumberFromString(digitsAndSigns, { defaultCountry: home as CountryCode, extract: false });
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

/** How many digits the country's numbers have, without the trunk prefix. */
function possibleLengths(home: CountryCode | undefined): ReadonlySet<number> {
  if (home === undefined) return new Set();
  const metadata = new Metadata();
  metadata.selectNumberingPlan(home);
  return new Set(metadata.numberingPlan?.possibleLengths());
}

/** A run may hold several numbers, or one beside other digits: tries up to six groups from each that could begin one. */
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
  return parsePhoneNumberFromString(digitsAndSigns, { extract: false })?.isValid() ?? false;
}
