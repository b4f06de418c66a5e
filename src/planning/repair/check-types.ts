/**
 * Executes a plan on types alone, and refuses one that would not provide for every type the fields the client selects.
 *
 * A fetch only gets objects for which it has complete representations. Over interface objects Apollo's planner may
 * require for all types a field that it fetches for some: the objects of the others would get a null that no subgraph
 * returned, and no error. For each place this records the types that can be there and the fields they have, in the order
 * of the fetches. Places are identified by their keys and not by the types above them, so a plan that is accepted may
 * still be wrong, but a refused plan is. Plans of supergraphs without interface objects are not checked.
 */
import { Kind, type SelectionSetNode } from 'graphql';
import type { RequestedFields } from '../normalise/interface-objects.ts';
import type { DraftFetch, DraftPlan } from '../plan/draft-plan.ts';
import type { EntityTarget, RequiredSelection, Rewrite } from '../plan/operation-plan.ts';
import { dotted } from '../plan/representations.ts';
import { responseKeyOf } from '../plan/response-key.ts';
import type { SupergraphTypes } from '../plan/supergraph-types.ts';
import { UnsoundPlan } from '../plan/unsound-plan.ts';

type Types = ReadonlySet<string>;

/** A key that is no field name: the object type is known, and not only the name of an interface. */
const objectType = '#type';

const none: Types = new Set();

/** @throws UnsoundPlan */
export function checkTypes({ fetches }: DraftPlan, { selections }: RequestedFields, types: SupergraphTypes): void {
  if (selections.length === 0) return;
  /** By place, the types that can be there; by `place.key`, the types for which it has been fetched. */
  const present = new Map<string, Types>();
  const covered = new Map<string, Types>();
  for (const fetch of fetches) follow(fetch);
  for (const { place, key, types: needed } of selections) {
    const expected = needed.intersection(present.get(place) ?? none);
    const missing = expected.difference(covered.get(`${place}.${key}`) ?? none);
    if (missing.size > 0) throw new UnsoundPlan(`no fetch of the plan provides ${place}.${key} for ${[...missing]}`);
  }

  function follow(fetch: DraftFetch): void {
    const { selectionSet, operation } = fetch.operation;
    const renamed = new Map<string, string>();
    if (fetch.kind === 'root') {
      const root = types.rootOf(operation);
      addRenamed(fetch.outputRewrites);
      walk(selectionSet, root, dotted(fetch.path), new Set([root]));
      return;
    }
    for (const { key, targets, outputRewrites } of fetch.fields) {
      addRenamed(outputRewrites);
      const field = selectionSet.selections.find(
        (selection) => selection.kind === Kind.FIELD && responseKeyOf(selection) === key,
      );
      if (field?.kind !== Kind.FIELD || field.selectionSet === undefined) continue;
      for (const target of targets) walk(field.selectionSet, '', dotted(target.path), represented(target));
    }

    function addRenamed(rewrites: readonly Rewrite[]): void {
      for (const rewrite of rewrites) {
        if (rewrite.kind === 'rename') renamed.set(rewrite.path.at(-1) ?? '', rewrite.to);
      }
    }

    function walk(set: SelectionSetNode, typeName: string, place: string, objects: Types): void {
      for (const selection of set.selections) {
        if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          const narrowed = selection.typeCondition?.name.value ?? typeName;
          walk(selection.selectionSet, narrowed, place, objects.intersection(types.objectsOf(narrowed)));
          continue;
        }
        const key = renamed.get(responseKeyOf(selection)) ?? responseKeyOf(selection);
        cover(`${place}.${key}`, objects);
        if (key === '__typename' && !types.isInterfaceObject(fetch.subgraph, typeName))
          cover(`${place}.${objectType}`, objects);
        const returned = types.returnedBy(typeName, selection.name.value);
        if (selection.selectionSet === undefined || returned === undefined) continue;
        const inner = place === '' ? key : `${place}.${key}`;
        const returnable = types.objectsIn(fetch.subgraph, returned);
        present.set(inner, returnable.union(present.get(inner) ?? none));
        walk(selection.selectionSet, returned, inner, returnable);
      }
    }
  }

  /** The types whose objects can be represented. */
  function represented({ path, requires }: EntityTarget): Types {
    const place = dotted(path);
    return new Set(
      [...(present.get(place) ?? none)].filter((type) => {
        const isKnown = covered.get(`${place}.${objectType}`)?.has(type) === true;
        const keys = requiredOf(requires, type, isKnown);
        return keys.length > 0 && keys.every((key) => covered.get(`${place}.${key}`)?.has(type));
      }),
    );
  }

  function requiredOf(selections: readonly RequiredSelection[], type: string, isKnown: boolean): string[] {
    return selections.flatMap((selection) => {
      if (selection.kind === 'field') return [selection.key];
      const condition = selection.type;
      const holds = condition === undefined || (condition === type ? isKnown : types.objectsOf(condition).has(type));
      return holds ? requiredOf(selection.selections, type, isKnown) : [];
    });
  }

  function cover(key: string, objects: Types): void {
    covered.set(key, objects.union(covered.get(key) ?? none));
  }
}
