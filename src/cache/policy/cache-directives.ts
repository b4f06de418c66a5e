/** Outside of a quoted value, a comma ends a directive; one that is not closed goes to the end. */
const directive = /(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g;

/**
 * The directives of a `Cache-Control` (RFC 9111, section 5.2) by their names in lower case. Of one that is given twice, the first
 * counts (section 4.2.1).
 */
export function readCacheDirectives(text: string): ReadonlyMap<string, string | undefined> {
  const directives = new Map<string, string | undefined>();
  for (const [part] of text.matchAll(directive)) {
    const equals = part.indexOf('=');
    const name = (equals === -1 ? part : part.slice(0, equals)).trim().toLowerCase();
    const value =
      equals === -1
        ? undefined
        : part
            .slice(equals + 1)
            .trim()
            .replace(/^"(.*)"$/s, '$1');
    if (name !== '' && !directives.has(name)) directives.set(name, value);
  }
  return directives;
}
