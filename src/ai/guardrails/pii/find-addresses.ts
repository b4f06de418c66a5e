/**
 * Postal addresses by their notation: street and house number in English, German, French, Dutch, Spanish and Italian,
 * with a following postal code and town if present. A heuristic: it requires a street word and a number, so `12 apples`
 * and `Station 5` do not match.
 */
const name = String.raw`\p{Lu}[\p{L}'’.-]{0,30}(?![\p{L}\d])`;
const town = String.raw`(?:,? +(?:[A-Z]{1,2}-)?(?:\d{4} ?[A-Z]{2}\b|\d{4,5}) +${name}(?: ${name}){0,2}|, +${name}(?: ${name}){0,2}(?:,? +(?:[A-Z]{2} +\d{5}(?:-\d{4})?|[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}))?)?`;
const number = String.raw`\d{1,5} ?(?:[A-Za-z](?![\p{L}]))?(?:[-/]\d{1,4}[A-Za-z]?)?`;
const edge = String.raw`(?<![\p{L}\d])`;
const small = '(?:de|del|della|delle|dei|di|da|la|las|le|les|los|el|du|des|den|der|van|von|und|of|the|y|e)';

const forms: readonly RegExp[] = [
  // 221B Baker Street, Springfield, IL 62704
  String.raw`${edge}\d{1,5}[A-Za-z]?,? (?:(?:N|S|E|W|North|South|East|West)\.? )?(?:${name} |\d{1,3}(?:st|nd|rd|th) ){1,4}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Terrace|Square|Sq|Place|Pl|Close|Crescent|Parkway|Pkwy|Highway|Hwy)\b\.?(?:,? (?:Apt|Suite|Unit|Flat)\.? ?#?\w{1,6})?${town}`,
  // 12 bis, rue de la Paix, 75002 Paris
  String.raw`${edge}\d{1,4}(?: ?(?:bis|ter|quater))?,? (?:[Rr]ue|[Aa]venue|[Aa]v\.|[Bb]oulevard|[Bb]d|[Pp]lace|[Cc]hemin|[Qq]uai|[Ii]mpasse|[Aa]ll[ée]e|[Cc]ours|[Rr]oute) (?:(?:${small} |d['’]|l['’]|de l['’]){0,3})${name}(?:[ -](?:${small} )?${name}){0,3}${town}`,
  // Neue Schönhauser Straße 20, 10178 Berlin · Keizersgracht 123, 1015 CJ Amsterdam
  String.raw`${edge}(?:${name}[ -]){0,3}(?:\p{L}{2,30}|(?<=[ -]))(?:[Ss]tra(?:ß|ss)e|[Ss]tr\.|weg|platz|Platz|gasse|Gasse|allee|Allee|Weg|ring|damm|Damm|ufer|Ufer|straat|laan|gracht|plein|kade|dijk|singel|steeg) ${number}${town}`,
  // Unter den Linden 77, 10117 Berlin: a postal code is what tells it from a title
  String.raw`${edge}(?:Am|An|Auf|Im|In|Unter|Zum|Zur) (?:(?:der|den|dem) )?${name}(?: ${name})? ${number}, +(?:D-)?\d{5} +${name}`,
  // Calle Mayor 5, 28013 Madrid · Via Roma, 10 · Paseo de la Castellana, n.º 12
  String.raw`${edge}(?:[Cc]alle|C\/|[Aa]venida|[Aa]vda\.?|[Pp]laza|[Pp]aseo|[Cc]amino|[Cc]arrer|[Vv]ia|[Vv]iale|[Pp]iazza|[Cc]orso|[Ll]argo|[Vv]icolo|[Ss]trada) ?(?:${small} ){0,2}${name}(?: (?:${small} ){0,2}${name}){0,3},? (?:n\.?[ºo°]? ?)?${number}${town}`,
].map((source) => new RegExp(source, 'gu'));

export function findAddresses(text: string, report: (start: number, end: number) => void): void {
  for (const form of forms) {
    form.lastIndex = 0;
    for (let match = form.exec(text); match !== null; match = form.exec(text)) {
      const end = match.index + match[0].trimEnd().length;
      report(match.index, end);
    }
  }
}
