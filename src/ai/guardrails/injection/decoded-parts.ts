/**
 * Decodes the encoded parts of a text: base64, hex, numbers, URL encoding, HTML entities and JavaScript escapes. Only
 * parts that decode to readable text are returned, and each is at most as long as its source, so checking all of them
 * costs no more than checking the text.
 */
export interface DecodedPart {
  readonly start: number;
  readonly end: number;
  readonly decoded: string;
}

const base64 = /[A-Za-z0-9+/_-]{16,}={0,2}/g;
const hexRun = /^(?:0x)?(?:[0-9a-fA-F]{2})+$/;
const spacedHex = /(?:(?:0x|\\x)?[0-9a-fA-F]{2}[\s,:]{1,2}){11,}(?:0x|\\x)?[0-9a-fA-F]{2}/g;
/** Characters as decimal numbers or as eight bits each. */
const numbers = /(?<!\d)(?:(?:[01]{8}|\d{2,3})[\s,]{1,2}){9,}(?:[01]{8}|\d{2,3})(?!\d)/g;
const escapes = /%[0-9a-fA-F]{2}|&#(?:\d{1,7}|x[0-9a-fA-F]{1,6});|\\u\{?[0-9a-fA-F]{4,6}\}?|\\x[0-9a-fA-F]{2}/g;

export function decodedParts(text: string, depth: number): DecodedPart[] {
  const parts: DecodedPart[] = [];
  const add = (start: number, end: number, bytes: Uint8Array) => {
    const decoded = readable(bytes);
    if (decoded !== undefined) parts.push({ start, end, decoded });
  };
  for (const match of text.matchAll(base64)) {
    const encoded = match[0];
    const end = match.index + encoded.length;
    if (hexRun.test(encoded)) add(match.index, end, Buffer.from(encoded.replace(/^0x/, ''), 'hex'));
    else add(match.index, end, Buffer.from(encoded, 'base64'));
  }
  for (const match of text.matchAll(spacedHex))
    add(match.index, match.index + match[0].length, Buffer.from(match[0].replace(/0x|\\x|[\s,:]/g, ''), 'hex'));
  for (const match of text.matchAll(numbers)) {
    const encoded = match[0].split(/[\s,]+/);
    const base = encoded.every((group) => group.length === 8) ? 2 : 10;
    const codes = encoded.map((group) => Number.parseInt(group, base));
    if (codes.every((code) => code < 256)) add(match.index, match.index + match[0].length, Uint8Array.from(codes));
  }
  if (depth === 0 || parts.length === 0) {
    const plain = unescaped(text);
    if (plain !== undefined) parts.push({ start: 0, end: text.length, decoded: plain });
  }
  return parts;
}

/** The text without its escapes; `undefined` if it has fewer than three. */
function unescaped(text: string): string | undefined {
  let count = 0;
  const plain = text.replace(escapes, (encoded) => {
    count += 1;
    if (encoded.startsWith('%')) return String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    const digits = /[0-9a-fA-F]{2,}|\d+/.exec(encoded.replace(/^&#x?|^\\[ux]/, ''))?.[0] ?? '';
    const code = Number.parseInt(digits, /^&#\d/.test(encoded) ? 10 : 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
  return count < 3 ? undefined : plain.replaceAll('+', ' ');
}

/** The decoded text if nearly all of it is letters and common signs; `undefined` otherwise. */
function readable(bytes: Uint8Array): string | undefined {
  if (bytes.length < 8) return undefined;
  const probe = Math.min(bytes.length, 64);
  let plain = 0;
  for (let index = 0; index < probe; index += 1) {
    const byte = bytes[index] ?? 0;
    if ((byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || byte === 32 || (byte >= 48 && byte <= 57))
      plain += 1;
    else if (byte < 9 || (byte > 13 && byte < 32)) plain -= 1;
    else if (byte < 128) plain += 0.7;
    else plain += 0.6;
  }
  return plain / probe < 0.8 ? undefined : Buffer.from(bytes).toString('utf8');
}
