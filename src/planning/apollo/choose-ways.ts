/**
 * Chooses the ways to a field that are followed when there are too many: the most direct ones, and at least one to every
 * place they lead to. From one place the same fields can be reached, so no field is lost with the omitted ways.
 */

/** The part of a path in Apollo's query graph that is used here. */
export interface GraphPath {
  readonly tail: { readonly index: number };
  subgraphJumps(): number;
}

/** Paths that are followed simultaneously: several if an interface is fetched type by type. */
export type Way = readonly GraphPath[];

/** @returns at most `max` of `items`, in their order */
export function chooseWays<Item>(items: readonly Item[], max: number, wayOf: (item: Item) => Way): readonly Item[] {
  if (items.length <= max) return items;
  const ranked = items.map((item, index) => {
    const way = wayOf(item);
    return { item, index, place: placeOf(way), weight: weightOf(way) };
  });
  ranked.sort((a, b) => a.weight - b.weight || a.index - b.index);
  const places = new Set<string>();
  const distinct: typeof ranked = [];
  const repeated: typeof ranked = [];
  for (const candidate of ranked) {
    if (places.has(candidate.place)) repeated.push(candidate);
    else {
      places.add(candidate.place);
      distinct.push(candidate);
    }
  }
  const chosen = [...distinct, ...repeated].slice(0, max);
  return chosen.sort((a, b) => a.index - b.index).map(({ item }) => item);
}

function placeOf(way: Way): string {
  const tails = new Set(way.map(({ tail }) => tail.index));
  return [...tails].sort((a, b) => a - b).join(' ');
}

/**
 * Combines the ways of each type of an interface. Among too many combinations it chooses those of ways of equal rank, and
 * then those that differ from the first in one type.
 * @returns undefined if there are few enough combinations for the planner to make all
 */
export function combineWays(lists: readonly (readonly Way[])[], max: number): Way[] | undefined {
  let count = 1;
  for (const list of lists) count *= list.length;
  if (count <= max) return undefined;
  const ranked = lists.map((list) => [...list].sort((a, b) => weightOf(a) - weightOf(b)));
  const longest = Math.max(...ranked.map((list) => list.length));
  const combined: Way[] = [];
  for (let rank = 0; rank < longest; rank++)
    combined.push(ranked.flatMap((list) => list[Math.min(rank, list.length - 1)] ?? []));
  for (const [index, list] of ranked.entries()) {
    for (let rank = 1; rank < list.length && combined.length < max; rank++)
      combined.push(ranked.flatMap((ways, at) => ways[at === index ? rank : 0] ?? []));
  }
  return combined;
}

function weightOf(way: Way): number {
  let jumps = 0;
  for (const path of way) jumps += path.subgraphJumps();
  return way.length * 1_000 + jumps;
}
