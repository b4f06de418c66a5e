/**
 * Which ways to a field are followed, of more than can be: the most direct ones, and of every place they lead to at
 * least one. From the same place the same can be reached, so that no field is lost with the ways that are left out.
 */

/** What is read of a path of Apollo's query graph. */
export interface GraphPath {
  readonly tail: { readonly index: number };
  subgraphJumps(): number;
}

/** Paths that are taken at the same time: several, where an interface is asked type by type. */
export type Way = readonly GraphPath[];

/** @returns at most `max` of `items`, in their order, where no more than that lead to different places */
export function chooseWays<Item>(items: readonly Item[], max: number, wayOf: (item: Item) => Way): readonly Item[] {
  if (items.length <= max) return items;
  const ranked = items.map((item, index) => {
    const way = wayOf(item);
    let jumps = 0;
    for (const path of way) jumps += path.subgraphJumps();
    return { item, index, place: placeOf(way), weight: way.length * 1_000 + jumps };
  });
  ranked.sort((a, b) => a.weight - b.weight || a.index - b.index);
  const places = new Set<string>();
  const first: typeof ranked = [];
  const rest: typeof ranked = [];
  for (const one of ranked) {
    if (places.has(one.place)) rest.push(one);
    else {
      places.add(one.place);
      first.push(one);
    }
  }
  const chosen = [...first, ...rest].slice(0, max);
  return chosen.sort((a, b) => a.index - b.index).map(({ item }) => item);
}

function placeOf(way: Way): string {
  const tails = new Set(way.map(({ tail }) => tail.index));
  return [...tails].sort((a, b) => a - b).join(' ');
}

/**
 * The ways of each type of an interface, combined: all of them where they are few. Otherwise each way of each type
 * once, those of the same rank together, and then the combinations that differ from the first in one type.
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
      combined.push(ranked.flatMap((other, at) => other[at === index ? rank : 0] ?? []));
  }
  return combined;
}

function weightOf(way: Way): number {
  let jumps = 0;
  for (const path of way) jumps += path.subgraphJumps();
  return way.length * 1_000 + jumps;
}
