/**
 * Adds to the fetches of a plan what the policies of `@rows` read of the objects they bring, and says where in the response
 * these objects are: they are decided on before anything of the response is merged, so nothing can read one that is denied.
 *
 * It is the last pass, over the operations as they are sent: every object that a subgraph can return is seen here, whether
 * the client selects it, a field requires it, or it is part of a key. What a subgraph does not have of its objects is looked
 * up by their keys.
 */
import {
  type FieldNode,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { RowRule, RowSupply, RowTable } from '../../supergraph/index.ts';
import type { DraftFetch, DraftPlan } from '../plan/draft-plan.ts';
import { typeNameField } from '../plan/fetch-operation.ts';
import type { RowCheck, RowField, RowPlace } from '../plan/operation-plan.ts';
import { responseKeyOf } from '../plan/response-key.ts';
import type { SupergraphTypes } from '../plan/supergraph-types.ts';
import { UnsoundPlan } from '../plan/unsound-plan.ts';
import { Lookups } from './lookups.ts';
import { fieldNamed, isTypeName, type RowKeys, selectedKey } from './row-keys.ts';

interface Placed {
  readonly set: SelectionSetNode;
  readonly places: readonly RowPlace[];
}

/** A rule for objects of one type, and how its fields are read of them. */
interface Applying {
  readonly rule: RowRule;
  readonly typeName: string;
  /** The type that the response names: this one, or an interface object. */
  readonly on: string;
  readonly supply: RowSupply;
}

/** @throws UnsoundPlan where a subgraph is asked for objects whose fields cannot be read */
export function placeRows({ fetches }: DraftPlan, table: RowTable, types: SupergraphTypes, keys: RowKeys): DraftPlan {
  return { fetches: fetches.map(placeIn) };

  function placeIn(fetch: DraftFetch): DraftFetch {
    const { subgraph, operation } = fetch;
    const lookups = new Lookups(keys);
    const renamed = renamedKeys(fetch);
    const root = fetch.kind === 'root' ? types.rootOf(operation.operation) : '';
    const { set, places } = walk(operation.selectionSet, root);
    if (places.length === 0) return fetch;
    const changed: OperationDefinitionNode = { ...operation, selectionSet: set };
    return { ...fetch, operation: changed, rows: { places, lookups: lookups.planned() } };

    function walk(set: SelectionSetNode, typeName: string): Placed {
      const places: RowPlace[] = [];
      const selections = set.selections.map((selection): SelectionNode => {
        if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
        const placed =
          selection.kind === Kind.FIELD ? placeField(selection, typeName) : placeFragment(selection, typeName);
        places.push(...placed.places);
        return placed.selection;
      });
      return withTypeName({ set: { ...set, selections }, places });
    }

    function placeFragment(fragment: InlineFragmentNode, typeName: string) {
      const condition = fragment.typeCondition?.name.value ?? typeName;
      const { set, places } = walk(fragment.selectionSet, condition);
      // Below an outer condition the inner one is enough: an object that has the key fulfils both.
      const on = (place: RowPlace): RowPlace =>
        place.on !== undefined || condition === typeName ? place : { ...place, on: condition };
      return { selection: { ...fragment, selectionSet: set }, places: places.map(on) };
    }

    function placeField(field: FieldNode, typeName: string): { selection: FieldNode; places: readonly RowPlace[] } {
      if (field.selectionSet === undefined) return { selection: field, places: [] };
      const key = responseKeyOf(field);
      const name = field.name.value;
      if (fetch.kind === 'entities' && name === '_entities') {
        const { set, places } = withoutOnlyType(walk(field.selectionSet, ''));
        const place: RowPlace = { key, dataKey: key, on: undefined, lists: 1, checks: [], below: places };
        return { selection: { ...field, selectionSet: set }, places: places.length === 0 ? [] : [place] };
      }
      const returned = types.returnedIn(subgraph, typeName, name);
      if (returned === undefined) throw new UnsoundPlan(`the type of ${typeName}.${name} is not known`);
      const lists = types.listsOf(typeName, name);
      const common = { key, dataKey: renamed.get(key) ?? key, lists };
      let { set, places: below } = walk(field.selectionSet, returned);
      const places: RowPlace[] = [];
      const anywhere = applyingTo(returned, ({ coordinate }, object) => coordinate === object);
      const additions: Addition[] = [];
      const checks = anywhere.map((applying) => checkOf(applying, set, returned, additions));
      if (checks.length > 0 || below.length > 0) places.push({ ...common, on: undefined, checks, below });
      for (const parent of types.objectsOf(typeName)) {
        const ofParent = applyingTo(returned, ({ coordinate }) => coordinate === `${parent}.${name}`);
        if (ofParent.length === 0) continue;
        const ofField = ofParent.map((applying) => checkOf(applying, set, returned, additions));
        places.push({ ...common, on: parent === typeName ? undefined : parent, checks: ofField, below: [] });
      }
      set = withAdditions(set, returned, additions);
      return { selection: { ...field, selectionSet: set }, places };
    }

    /** The rules for the objects that the subgraph returns as this type. */
    function applyingTo(returned: string, isFor: (rule: RowRule, object: string) => boolean): readonly Applying[] {
      const concrete = [...types.membersIn(subgraph, returned)].map((typeName) => ({ typeName, on: typeName }));
      // What a subgraph has as an object may be of any type of the interface.
      const untyped = types
        .interfaceObjectsIn(subgraph, returned)
        .flatMap((on) => [...types.objectsOf(on)].map((typeName) => ({ typeName, on })));
      return [...concrete, ...untyped].flatMap(({ typeName, on }) =>
        (table.supplies.get(subgraph)?.get(typeName) ?? []).flatMap((supply) => {
          const rule = table.rules[supply.rule];
          return rule !== undefined && isFor(rule, typeName) ? [{ rule, typeName, on, supply }] : [];
        }),
      );
    }

    function checkOf(
      { rule, typeName, on, supply }: Applying,
      set: SelectionSetNode,
      returned: string,
      additions: Addition[],
    ): RowCheck {
      const { here, lookups: lookedUp, missing } = supply;
      if (missing.length > 0)
        throw new UnsoundPlan(`${subgraph} cannot come by ${missing.join(' ')} of ${typeName}, for @rows`);
      const read = (selection: string): RowField => {
        const node = fieldNamed(selection);
        const existing = selectedKey(set, returned, on, node);
        const key = existing ?? keys.keyOf(on, selection);
        if (existing === undefined) additions.push({ on, field: { ...node, alias: { kind: Kind.NAME, value: key } } });
        return { name: node.name.value, key };
      };
      if (on !== returned || lookedUp.length > 0) additions.push({ on: returned, field: typeNameField });
      return {
        rule,
        on: on === returned ? undefined : on,
        type: typeName === on ? undefined : typeName,
        fields: here.map(read),
        lookups: lookedUp.map((lookup) =>
          lookups.add(
            lookup,
            typeName,
            lookup.key.map((field) => ({ field, ...read(field) })),
          ),
        ),
      };
    }
  }
}

/** A field to be selected of objects of a type. */
interface Addition {
  readonly on: string;
  readonly field: FieldNode;
}

function withAdditions(set: SelectionSetNode, typeName: string, additions: readonly Addition[]): SelectionSetNode {
  const byType = new Map<string, Map<string, FieldNode>>();
  for (const { on, field } of additions) {
    if (isTypeName(field) && set.selections.some(isTypeName)) continue;
    byType.set(on, (byType.get(on) ?? new Map<string, FieldNode>()).set(responseKeyOf(field), field));
  }
  const selections = [...byType].flatMap(([on, fields]): SelectionNode[] => {
    if (on === typeName) return [...fields.values()];
    const selectionSet = { kind: Kind.SELECTION_SET, selections: [...fields.values()] } as const;
    const typeCondition = { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: on } } as const;
    return [{ kind: Kind.INLINE_FRAGMENT, typeCondition, selectionSet }];
  });
  return selections.length === 0 ? set : { ...set, selections: [...set.selections, ...selections] };
}

/** Places that only objects of some type have are told apart by the type. */
function withTypeName({ set, places }: Placed): Placed {
  if (places.every(({ on }) => on === undefined) || set.selections.some(isTypeName)) return { set, places };
  return { set: { ...set, selections: [typeNameField, ...set.selections] }, places };
}

/** Entities of one type need not name it. */
function withoutOnlyType({ set, places }: Placed): Placed {
  const [only, ...further] = set.selections.filter((selection) => !isTypeName(selection));
  if (only?.kind !== Kind.INLINE_FRAGMENT || further.length > 0) return { set, places };
  const condition = only.typeCondition?.name.value;
  return {
    set: { ...set, selections: [only] },
    places: places.map((place) => (place.on === condition ? { ...place, on: undefined } : place)),
  };
}

function renamedKeys(fetch: DraftFetch): ReadonlyMap<string, string> {
  const rewrites =
    fetch.kind === 'root' ? fetch.outputRewrites : fetch.fields.flatMap(({ outputRewrites }) => outputRewrites);
  return new Map(
    rewrites.flatMap((rewrite) =>
      rewrite.kind === 'rename' ? [[rewrite.path.at(-1) ?? '', rewrite.to] as const] : [],
    ),
  );
}
