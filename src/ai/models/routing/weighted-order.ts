/**
 * Percentage splits. Each item gets the score `-ln(u) / weight` from a number `u` between 0 and 1, and the lowest comes
 * first: an item is first as often as its share of the weights (weighted sampling without replacement, Efraimidis and
 * Spirakis 2006). With `u` from a hash of key and item the same rule is weighted rendezvous hashing: a key keeps its
 * item, and when weights change, only those keys move whose share has changed.
 *
 * An item of weight 0 never comes before one with a positive weight; it remains as a fallback.
 */
export function weightedOrder<Item>(
  items: readonly Item[],
  weightOf: (item: Item) => number,
  uniform: (item: Item) => number,
): Item[] {
  return items
    .map((item) => {
      const weight = weightOf(item);
      return { item, score: weight > 0 ? -Math.log(uniform(item)) / weight : Number.POSITIVE_INFINITY };
    })
    .sort((a, b) => (a.score === b.score ? 0 : a.score - b.score))
    .map(({ item }) => item);
}

/** A pseudo-random number above 0 and below 1, determined by the text. */
export function uniformOf(text: string): number {
  // FNV-1a over UTF-16 units, then MurmurHash3's finaliser: FNV alone barely changes its high bits for the last letters.
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  hash ^= hash >>> 16;
  return ((hash >>> 0) + 0.5) / 0x1_0000_0000;
}
