/** The representations of a plan: the fields they require, where from, and for which types. */
import type { DraftFetch } from './draft-plan.ts';
import type { RequiredSelection, Rewrite } from './operation-plan.ts';
import { addRequired, withoutLists } from './plan-step.ts';
import type { SupergraphTypes } from './supergraph-types.ts';

/** One condition for each of the types, so that objects of other types get no representation. */
export function forTypes(
  types: SupergraphTypes,
  requires: readonly RequiredSelection[],
  typeNames: ReadonlySet<string>,
): RequiredSelection[] {
  return [...typeNames].map((type) => ({ kind: 'on', type, selections: ofType(types, requires, type) }));
}

/** The selections that apply to an object type; each condition is decided. */
function ofType(types: SupergraphTypes, requires: readonly RequiredSelection[], type: string): RequiredSelection[] {
  return requires.flatMap((selection) => {
    if (selection.kind === 'field') return [selection];
    const holds = selection.type === undefined || types.objectsOf(selection.type).has(type);
    return holds ? ofType(types, selection.selections, type) : [];
  });
}

/** The subgraph of an interface object accepts its entities under the name of the interface only. */
export function asInterface(rewrites: readonly Rewrite[], typeName: string): readonly Rewrite[] {
  const path = [`... on ${typeName}`, '__typename'];
  const isRewritten = rewrites.some((rewrite) => rewrite.kind === 'set' && rewrite.path.join() === path.join());
  return isRewritten ? rewrites : [...rewrites, { kind: 'set', path, value: typeName }];
}

export function only(selections: readonly RequiredSelection[], keys: ReadonlySet<string>): RequiredSelection[] {
  return selections.flatMap((selection): RequiredSelection[] => {
    if (selection.kind === 'field') return keys.has(selection.key) ? [selection] : [];
    return [{ ...selection, selections: only(selection.selections, keys) }];
  });
}

export function requiredKeys(selections: readonly RequiredSelection[]): string[] {
  return selections.flatMap((selection) =>
    selection.kind === 'on' ? requiredKeys(selection.selections) : [selection.key],
  );
}

export function leavesOf(selections: readonly RequiredSelection[], path: readonly string[]): string[] {
  return selections.flatMap((selection) => {
    if (selection.kind === 'on') return leavesOf(selection.selections, path);
    const at = [...path, selection.key];
    return selection.selections === undefined ? [dotted(at)] : leavesOf(selection.selections, at);
  });
}

/** The fields a fetch needs from others, as `path.key`. */
export function needsOf(fetch: DraftFetch): Set<string> {
  const needs = new Set<string>();
  if (fetch.kind === 'root') return needs;
  for (const { targets } of fetch.fields) {
    for (const { path, requires } of targets) {
      for (let length = 1; length <= path.length; length++) needs.add(dotted(path.slice(0, length)));
      addRequired(requires, withoutLists(path), needs);
    }
  }
  return needs;
}

export function dotted(path: readonly string[]): string {
  return withoutLists(path).join('.');
}
