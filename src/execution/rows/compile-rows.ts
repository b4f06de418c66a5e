/**
 * Compiles what a fetch says of its response's objects with rules. A rule whose fields came with the object is decided in
 * the first round; one whose fields are looked up in a round of its own, after those of the objects around it: nothing is
 * looked up of an object that is inside a denied one.
 */
import type { EntityField, FetchRows, RowCheck, RowLookup, RowPlace } from '../../planning/index.ts';
import { type CompiledRepresentation, compileRepresentation } from '../compile/compile-representation.ts';
import type { TypeMemberships } from '../data/data.ts';

export interface CompiledRows {
  /** The response's own places: keys of its root, or of the entities of a field. */
  readonly roots: readonly RowRoot[];
  readonly lookups: readonly CompiledLookup[];
  readonly rounds: number;
  /** The number of checks: each has its index. */
  readonly checks: number;
  /** Where nothing but the objects of one list is decided on, by their own fields, and dropped. */
  readonly single: SingleCheck | undefined;
}

/** The only check of a response. */
export interface SingleCheck {
  readonly entities: string | undefined;
  /** The places that lead to its list, which is the last one's. */
  readonly way: readonly CompiledPlace[];
  readonly check: CompiledCheck;
}

export interface RowRoot {
  /** The key of the entities; undefined: the root itself. */
  readonly entities: string | undefined;
  readonly places: readonly CompiledPlace[];
}

export interface CompiledPlace extends Pick<RowPlace, 'key' | 'on' | 'lists'> {
  /** Where its objects are in the operation's data: keys, and `@` for any list item. */
  readonly patterns: readonly (readonly string[])[];
  readonly checks: readonly CompiledCheck[];
  readonly below: readonly CompiledPlace[];
  /** The rounds in which something here or below is decided. */
  readonly rounds: ReadonlySet<number>;
}

export interface CompiledCheck extends RowCheck {
  readonly index: number;
  readonly round: number;
}

export interface CompiledLookup extends RowLookup {
  readonly queryJson: string;
  readonly representation: CompiledRepresentation;
}

/** @param targets where the response is merged: the path of a root fetch, or the entity fields of another */
export function compileRows(
  types: TypeMemberships,
  { places, lookups }: FetchRows,
  targets: { readonly path: readonly string[] } | { readonly fields: readonly EntityField[] },
): CompiledRows {
  let checks = 0;
  let rounds = 0;
  const roots = places.map((place): RowRoot => {
    if ('path' in targets) return { entities: undefined, places: [compile(place, [targets.path], 0)] };
    const paths = targets.fields.find(({ key }) => key === place.key)?.targets.map(({ path }) => path) ?? [];
    return { entities: place.key, places: place.below.map((below) => compile(below, paths, 0)) };
  });
  return {
    roots,
    lookups: lookups.map((lookup) => ({
      ...lookup,
      queryJson: JSON.stringify(lookup.operation),
      representation: compileRepresentation(types, lookup.requires, [], false),
    })),
    rounds: rounds + 1,
    checks,
    single: checks === 1 ? singleCheck(roots) : undefined,
  };

  /** @param before the rounds of lookups around the place */
  function compile(place: RowPlace, above: CompiledPlace['patterns'], before: number): CompiledPlace {
    const { key, dataKey, on, lists } = place;
    const patterns = above.map((pattern) => [...pattern, dataKey, ...Array<string>(lists).fill('@')]);
    const isLookedUp = place.checks.some((check) => check.lookups.length > 0);
    const round = isLookedUp ? before + 1 : before;
    rounds = Math.max(rounds, round);
    const compiled = place.checks.map((check) => ({
      ...check,
      index: checks++,
      round: check.lookups.length > 0 ? round : 0,
    }));
    const below = place.below.map((inner) => compile(inner, patterns, round));
    const inRounds = new Set([...compiled.map((check) => check.round), ...below.flatMap((inner) => [...inner.rounds])]);
    return { key, on, lists, patterns, checks: compiled, below, rounds: inRounds };
  }
}

function singleCheck(roots: readonly RowRoot[]): SingleCheck | undefined {
  const [root] = roots;
  const way: CompiledPlace[] = [];
  let places = root?.places ?? [];
  while (roots.length === 1 && places.length === 1) {
    const [place] = places as readonly [CompiledPlace];
    way.push(place);
    const [check] = place.checks;
    if (check !== undefined) {
      const isOwn = check.lookups.length === 0 && check.type === undefined && check.rule.denied === 'drop';
      return isOwn && place.lists === 1 && way.every(({ lists }) => lists < 2)
        ? { entities: root?.entities, way, check }
        : undefined;
    }
    places = place.below;
  }
  return undefined;
}
