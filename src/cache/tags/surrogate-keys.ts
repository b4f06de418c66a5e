/**
 * Tags as CDNs take them, in `Surrogate-Key` and `Cache-Tag`: texts without spaces, commas and control characters, such as
 * `Product:p1`, `product-p1` (of `@cacheTag`) and `type:products.Product`. A group’s ends with `*`.
 */

export function surrogateKeysOf(tags: readonly string[]): readonly string[] {
  return [...new Set(tags.flatMap((tag) => surrogateKey(tag) ?? []))];
}

/** @returns undefined for a tag that only mutations read */
function surrogateKey(tag: string): string | undefined {
  const colon = tag.indexOf(':');
  const [kind, rest] = [tag.slice(0, colon), tag.slice(colon + 1)];
  const text = rest.slice(rest.indexOf(' ') + 1);
  switch (kind) {
    case 'entity':
      return [typeOf(rest), ...valuesOf(rest.slice(rest.indexOf(') ') + 2))].map(encoded).join(':');
    case 'entities':
      return `${encoded(typeOf(rest))}:*`;
    case 'cache_tag':
      return encoded(text);
    case 'cache_tags':
      return `${encoded(text)}*`;
    case 'cache_prefix':
      return undefined;
    default:
      return `${kind}:${encoded(rest)}`;
  }
}

function typeOf(rest: string): string {
  return rest.slice(0, rest.indexOf('('));
}

/** Of a key; a long one is cut, and no JSON. */
function valuesOf(text: string): readonly string[] {
  try {
    const values: unknown = JSON.parse(text);
    return Array.isArray(values) ? values.map(String) : [text];
  } catch {
    return [text];
  }
}

/** As `encodeURIComponent`, but for what is harmless in both headers. A lone surrogate is one that no text has. */
function encoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replaceAll('%3A', ':').replaceAll('%2F', '/');
}
