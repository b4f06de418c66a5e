/**
 * The subject alternative names of a certificate, each with its kind: `DNS:shop.example`, `URI:spiffe://shop.example/pay`.
 * Node writes them into one text, and quotes those that could be read as several (CVE-2021-44532).
 */
const entry = /([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/** @returns none where the text is not exactly a list of names */
export function alternativeNames(text: string): readonly string[] {
  const names: string[] = [];
  entry.lastIndex = 0;
  while (entry.lastIndex < text.length) {
    const [whole, kind = '', value = ''] = entry.exec(text) ?? [];
    if (whole === undefined) return [];
    const name = value.startsWith('"') ? unquote(value) : value;
    if (name === undefined) return [];
    names.push(`${kind}:${name}`);
  }
  return names;
}

function unquote(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}
