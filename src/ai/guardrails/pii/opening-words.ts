/** Words that announce a find: a secret after `password:`, an address after a house number or `Via`. */

/** The last three letters of words before a secret: the full expression is only tested after these. */
const keyWordTails: ReadonlySet<number> = new Set(
  'ord ort swd pwd ase ode ret ken key ial als ion rer eña ena sse rda rde nha'
    .split(' ')
    .map((tail) => packed(tail.charCodeAt(0), tail.charCodeAt(1), tail.charCodeAt(2))),
);

function packed(first: number, second: number, third: number): number {
  return ((first | 32) << 16) ^ ((second | 32) << 8) ^ (third | 32);
}

const keyWord =
  /(?:passw(?:or[dt]|d)|pwd|passphrase|passcode|secret|token|key|credentials?|authorization|bearer|kennwort|wachtwoord|contrase(?:ñ|n)a|passe|password[ae]|senha)["'`*_]{0,4}[:=]?["'`*_]{0,4}$/i;

/** Words at the beginning or end of a street's name, or after the number in French. */
const streetWords: ReadonlySet<string> = new Set(
  (
    'calle c/ avenida avda avda. plaza paseo camino carrer via viale piazza corso largo vicolo strada rue avenue av. ' +
    'boulevard bd place chemin quai impasse allée allee cours route am an auf im in unter zum zur'
  ).split(' '),
);
const streetEnding =
  /(?:stra(?:ß|ss)e|str\.?|weg|platz|gasse|allee|ring|damm|ufer|straat|laan|gracht|plein|kade|dijk|singel|steeg|street|road|avenue|lane|drive|st\.?|rd\.?|ave\.?|blvd\.?|court|way|terrace|square)[,.;]?$/i;
/** Those also written in lower case if the number comes last. */
const lowerStreetWords = new Set(
  'calle c/ avenida plaza paseo camino carrer via viale piazza corso largo vicolo strada'.split(' '),
);
const lowerInitials = new Uint8Array(128);
for (const word of lowerStreetWords) lowerInitials[word.charCodeAt(0)] = 1;
const houseNumber = /^\d{1,5}[A-Za-z]?,?$/;
const particle =
  /^(?:de|del|della|delle|dei|di|da|d|la|las|le|les|los|el|l|du|des|den|der|van|von|und|of|the|bis|ter|e|y)$/i;

/** Whether a secret may follow the word, as in `"password":`, with or without quotes, colons and similar after it. */
export function endsAsKeyWord(text: string, start: number, end: number): boolean {
  let last = end - 1;
  while (last > start + 1 && isPunctuation(text.charCodeAt(last)) && end - last < 8) last -= 1;
  if (last <= start + 1) return false;
  if (!keyWordTails.has(packed(text.charCodeAt(last - 2), text.charCodeAt(last - 1), text.charCodeAt(last))))
    return false;
  return keyWord.test(text.slice(Math.max(start, end - 40), end));
}

/** `"`, `'`, `` ` ``, `*`, `_`, `:`, `=` */
function isPunctuation(code: number): boolean {
  return code === 34 || code === 39 || code === 42 || code === 58 || code === 61 || code === 95 || code === 96;
}

/** `Calle`, `rue`, `Am`: a street's name begins with it. */
export function isStreetWord(word: string): boolean {
  return word.length > 1 && word.length < 10 && streetWords.has(word.toLowerCase());
}

/** `Hauptstraße`, `Street`: a street's name ends with it. */
export function endsAsStreet(word: string): boolean {
  return word.length > 1 && streetEnding.test(word);
}

/** By its first character: tested before the word is sliced from its text. */
export function mayBeLowerStreetWord(first: number): boolean {
  return lowerInitials[first] === 1;
}

export function isLowerStreetWord(word: string): boolean {
  return lowerStreetWords.has(word);
}

export function isHouseNumber(word: string): boolean {
  return houseNumber.test(word);
}

/** `de la`, `van der`: between the words of a street's name. */
export function isParticle(word: string): boolean {
  return particle.test(word);
}
