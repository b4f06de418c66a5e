/**
 * Follows a plan by types alone, and refuses one that would not bring every type what the client asks of it.
 *
 * A fetch asks only for objects that it can represent. Over interface objects Apollo's planner may require of all types
 * what it fetches for some: the others would get a null that no subgraph gave, and no error. Of each place this keeps
 * which types can stand there and which have got which field, fetch after fetch as they wait for each other. Places are
 * told apart by their keys and not by the types above them, so what it accepts is no proof; what it refuses is wrong.
 * Plans of supergraphs without interface objects are not looked at.
 */
import { type FieldNode, Kind, type OperationDefinitionNode, parse, type SelectionSetNode } from 'graphql';
import { invariant } from '../../lib/index.ts';
import type { AskedFields } from '../normalise/interface-objects.ts';
import type { EntityTarget, OperationPlan, PlannedFetch, RequiredSelection, Rewrite } from '../plan/operation-plan.ts';
import type { SupergraphTypes } from '../plan/supergraph-types.ts';
import { UnsoundPlan } from '../plan/unsound-plan.ts';

type Types = ReadonlySet<string>;

/** No field's name: that an object's own type is known, and not an interface's name only. */
const ownType = '#type';

const none: Types = new Set();

/** @throws UnsoundPlan */
export function checkTypes({ fetches }: OperationPlan, { wanted }: AskedFields, types: SupergraphTypes): void {
  if (wanted.length === 0) return;
  /** By place, the types that can stand there; by `place.key`, those that have got it. */
  const present = new Map<string, Types>();
  const covered = new Map<string, Types>();
  for (const fetch of fetches) follow(fetch);
  for (const { place, key, types: needed } of wanted) {
    const expected = needed.intersection(present.get(place) ?? none);
    const missing = expected.difference(covered.get(`${place}.${key}`) ?? none);
    if (missing.size > 0) throw new UnsoundPlan(`no fetch of the plan brings ${[...missing]} its ${place}.${key}`);
  }

  function follow(fetch: PlannedFetch): void {
    const { selectionSet, operation } = operationOf(fetch);
    const renamed = new Map<string, string>();
    if (fetch.kind === 'root') {
      const root = types.rootOf(operation);
      addRenamed(fetch.outputRewrites);
      walk(selectionSet, root, keysOf(fetch.path), new Set([root]));
      return;
    }
    for (const { key, targets, outputRewrites } of fetch.fields) {
      addRenamed(outputRewrites);
      const field = selectionSet.selections.find((one) => one.kind === Kind.FIELD && keyOf(one) === key);
      if (field?.kind !== Kind.FIELD || field.selectionSet === undefined) continue;
      for (const target of targets) walk(field.selectionSet, '', keysOf(target.path), represented(target));
    }

    function addRenamed(rewrites: readonly Rewrite[]): void {
      for (const one of rewrites) if (one.kind === 'rename') renamed.set(one.path.at(-1) ?? '', one.to);
    }

    function walk(set: SelectionSetNode, typeName: string, place: string, those: Types): void {
      for (const one of set.selections) {
        if (one.kind === Kind.FRAGMENT_SPREAD) continue;
        if (one.kind === Kind.INLINE_FRAGMENT) {
          const narrowed = one.typeCondition?.name.value ?? typeName;
          walk(one.selectionSet, narrowed, place, those.intersection(types.objectsOf(narrowed)));
          continue;
        }
        const key = renamed.get(keyOf(one)) ?? keyOf(one);
        cover(`${place}.${key}`, those);
        if (key === '__typename' && !types.isInterfaceObject(fetch.subgraph, typeName))
          cover(`${place}.${ownType}`, those);
        const returned = types.returnedBy(typeName, one.name.value);
        if (one.selectionSet === undefined || returned === undefined) continue;
        const inner = place === '' ? key : `${place}.${key}`;
        const there = types.objectsIn(fetch.subgraph, returned);
        present.set(inner, there.union(present.get(inner) ?? none));
        walk(one.selectionSet, returned, inner, there);
      }
    }
  }

  /** The types whose objects get a representation. */
  function represented({ path, requires }: EntityTarget): Types {
    const place = keysOf(path);
    return new Set(
      [...(present.get(place) ?? none)].filter((type) => {
        const isKnown = covered.get(`${place}.${ownType}`)?.has(type) === true;
        const keys = requiredOf(requires, type, isKnown);
        return keys.length > 0 && keys.every((key) => covered.get(`${place}.${key}`)?.has(type));
      }),
    );
  }

  function requiredOf(selections: readonly RequiredSelection[], type: string, isKnown: boolean): string[] {
    return selections.flatMap((one) => {
      if (one.kind === 'field') return [one.key];
      const holds = one.type === undefined || (one.type === type ? isKnown : types.objectsOf(one.type).has(type));
      return holds ? requiredOf(one.selections, type, isKnown) : [];
    });
  }

  function cover(key: string, those: Types): void {
    covered.set(key, those.union(covered.get(key) ?? none));
  }
}

function keysOf(path: readonly string[]): string {
  return path.filter((step) => step !== '@').join('.');
}

function keyOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

function operationOf({ operation }: PlannedFetch): OperationDefinitionNode {
  const [definition] = parse(operation, { noLocation: true }).definitions;
  invariant(definition?.kind === Kind.OPERATION_DEFINITION, 'a fetch has an operation');
  return definition;
}
