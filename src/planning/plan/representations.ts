/** The representations of a plan: what they require, from where, and for which types. */
import type { FieldNode } from 'graphql';
import type { PlannedFetch, RequiredSelection, Rewrite } from './operation-plan.ts';
import type { SupergraphTypes } from './supergraph-types.ts';

/** Every condition by itself, so that a type that was not asked for has no representation. */
export function forTypes(
  types: SupergraphTypes,
  requires: readonly RequiredSelection[],
  wanted: ReadonlySet<string>,
): RequiredSelection[] {
  return [...wanted].map((type) => ({ kind: 'on', type, selections: ofType(types, requires, type) }));
}

/** What is left of conditions inside one on an object type: they hold, or they do not. */
function ofType(types: SupergraphTypes, requires: readonly RequiredSelection[], type: string): RequiredSelection[] {
  return requires.flatMap((one) => {
    if (one.kind === 'field') return [one];
    const holds = one.type === undefined || types.objectsOf(one.type).has(type);
    return holds ? ofType(types, one.selections, type) : [];
  });
}

/** An interface object knows its entities by the interface's name alone. */
export function asInterface(rewrites: readonly Rewrite[], typeName: string): readonly Rewrite[] {
  const path = [`... on ${typeName}`, '__typename'];
  const known = rewrites.some((one) => one.kind === 'set' && one.path.join() === path.join());
  return known ? rewrites : [...rewrites, { kind: 'set', path, value: typeName }];
}

export function only(selections: readonly RequiredSelection[], keys: ReadonlySet<string>): RequiredSelection[] {
  return selections.flatMap((one): RequiredSelection[] => {
    if (one.kind === 'field') return keys.has(one.key) ? [one] : [];
    return [{ ...one, selections: only(one.selections, keys) }];
  });
}

export function topKeys(selections: readonly RequiredSelection[]): string[] {
  return selections.flatMap((one) => (one.kind === 'on' ? topKeys(one.selections) : [one.key]));
}

export function leavesOf(selections: readonly RequiredSelection[], path: readonly string[]): string[] {
  return selections.flatMap((one) => {
    if (one.kind === 'on') return leavesOf(one.selections, path);
    const at = [...path, one.key];
    return one.selections === undefined ? [dotted(at)] : leavesOf(one.selections, at);
  });
}

/** What a fetch needs from others, as `path.key`. */
export function needsOf(fetch: PlannedFetch): Set<string> {
  const needs = new Set<string>();
  if (fetch.kind === 'root') return needs;
  for (const { targets } of fetch.fields) {
    for (const { path, requires } of targets) {
      for (let length = 1; length <= path.length; length++) needs.add(dotted(path.slice(0, length)));
      addRequired(requires, path);
    }
  }
  return needs;

  function addRequired(selections: readonly RequiredSelection[], path: readonly string[]): void {
    for (const one of selections) {
      if (one.kind === 'field') needs.add(dotted([...path, one.key]));
      if (one.selections !== undefined) addRequired(one.selections, one.kind === 'on' ? path : [...path, one.key]);
    }
  }
}

export function dotted(path: readonly string[]): string {
  return path.filter((step) => step !== '@').join('.');
}

export function keyOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}
