/**
 * IBANs: a country code, two check digits, and exactly the length of that country, in one piece or in groups with
 * spaces or dashes, in any case; the checksum decides.
 */
import { countrySpecs, isValidIBAN } from 'ibantools';

const begin = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}/g;

export function findIbans(text: string, report: (start: number, end: number) => void): void {
  begin.lastIndex = 0;
  for (let match = begin.exec(text); match !== null; match = begin.exec(text)) {
    const country = match[0].slice(0, 2).toUpperCase();
    const length = Object.hasOwn(countrySpecs, country) ? countrySpecs[country]?.chars : undefined;
    if (typeof length !== 'number') continue;
    let electronic = '';
    let end = match.index;
    for (let index = match.index; index < text.length && electronic.length < length; index += 1) {
      const code = text.charCodeAt(index);
      if ((code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)) {
        electronic += text[index];
        end = index + 1;
      } else if ((code !== 32 && code !== 45 && code !== 0xa0 && code !== 0x202f) || index - end > 1) break;
    }
    if (electronic.length !== length || /[A-Za-z0-9]/.test(text[end] ?? ' ')) continue;
    electronic = electronic.toUpperCase();
    if (!passesMod97(electronic) || !isValidIBAN(electronic)) continue;
    report(match.index, end);
    begin.lastIndex = end;
  }
}

/** ISO 7064's check, which is fast and excludes nearly everything before the library checks the country's form. */
function passesMod97(iban: string): boolean {
  let remainder = 0;
  for (let index = 0; index < iban.length; index += 1) {
    const code = iban.charCodeAt((index + 4) % iban.length);
    remainder = (code < 65 ? remainder * 10 + code - 48 : remainder * 100 + code - 55) % 97;
  }
  return remainder === 1;
}
