/**
 * Replaces the twins of required-arguments.ts: an operation selects `price__required_0: price(in: "EUR")`, and a
 * representation has that value as `price`.
 *
 * A representation can have only one `price`. If fields of one request require different ones, each gets a request with
 * representations of its own (merge-fetches.ts makes one request of them again, with several `_entities` fields).
 */
import { type FieldNode, Kind, type OperationDefinitionNode, type SelectionSetNode, visit } from 'graphql';
import type { TwinnedField } from '../normalise/required-arguments.ts';
import type { DraftEntityFetch, DraftFetch, DraftPlan } from '../plan/draft-plan.ts';
import { entitySelectionsOf, withOperation, withoutFields } from '../plan/fetch-operation.ts';
import type { EntityField, RequiredSelection } from '../plan/operation-plan.ts';
import type { RequiredFields } from '../plan/required-fields.ts';
import { responseKeyOf } from '../plan/response-key.ts';

type Twins = ReadonlyMap<string, TwinnedField>;

/** Fields of one request whose requirements fit into one representation. */
interface Group {
  readonly fields: Set<FieldNode>;
  readonly requires: { readonly type: string; readonly selections: readonly RequiredSelection[] }[];
  /** By place in a representation, the twins of a field that are required there. */
  readonly uses: Map<string, string>;
}

export function restoreArguments(plan: DraftPlan, twins: Twins, requiredFields: RequiredFields): DraftPlan {
  if (twins.size === 0) return plan;
  const fetches: DraftFetch[] = [];
  const places: number[][] = [];
  for (const fetch of plan.fetches) {
    const after = fetch.after.flatMap((index) => places[index] ?? []);
    const parts = splitByUse(fetch, twins, requiredFields);
    places.push(parts.map((_part, index) => fetches.length + index));
    fetches.push(...parts.map((part) => ({ ...restored(part, twins), after })));
  }
  return { fetches };
}

function splitByUse(fetch: DraftFetch, twins: Twins, requiredFields: RequiredFields): readonly DraftFetch[] {
  const [field] = fetch.kind === 'entities' ? fetch.fields : [];
  if (fetch.kind === 'root' || field === undefined) return [fetch];
  const { operation } = fetch;
  const groups: Group[] = [];
  const selected: FieldNode[] = [];
  forEachField(entitySelectionsOf(operation), undefined, (node, type) => {
    selected.push(node);
    const selections =
      (type === undefined ? undefined : requiredFields.of(fetch.subgraph, type, node.name.value)) ?? [];
    const uses = usesOf(selections, twins);
    let group = groups.find((candidate) =>
      [...uses].every(([place, use]) => (candidate.uses.get(place) ?? use) === use),
    );
    if (group === undefined) {
      group = { fields: new Set(), requires: [], uses: new Map() };
      groups.push(group);
    }
    group.fields.add(node);
    for (const [place, use] of uses) group.uses.set(place, use);
    if (type !== undefined && uses.size > 0) group.requires.push({ type, selections });
  });
  if (groups.length < 2) return [fetch];
  const contested = contestedPlaces(groups);
  return groups.map((group): DraftEntityFetch => {
    const excluded = new Set(selected.filter((node) => !group.fields.has(node)));
    return {
      ...withOperation(fetch, withoutFields(operation, excluded)),
      fields: [partOf(field, group, contested, twins)],
    };
  });
}

/** The places for which the groups require different values. */
function contestedPlaces(groups: readonly Group[]): Set<string> {
  const firstUses = new Map<string, string>();
  const contested = new Set<string>();
  for (const { uses } of groups) {
    for (const [place, use] of uses) {
      if ((firstUses.get(place) ?? use) !== use) contested.add(place);
      firstUses.set(place, use);
    }
  }
  return contested;
}

function partOf(field: EntityField, group: Group, contested: ReadonlySet<string>, twins: Twins): EntityField {
  const nodes = [...group.fields];
  const additions = group.requires.map((required) => ({ kind: 'on', ...required }) as const);
  return {
    ...field,
    gives: [...new Set(nodes.map(responseKeyOf))].filter((key) => key !== '__typename'),
    leavesOnly: nodes.every((node) => node.selectionSet === undefined),
    targets: field.targets.map((target) => ({
      ...target,
      // Added inside the existing conditions: a condition beside them could make a representation without a key.
      requires: without(target.requires, contested, '', twins).map((selection) =>
        selection.kind === 'on' ? { ...selection, selections: [...selection.selections, ...additions] } : selection,
      ),
      exact: false,
    })),
  };
}

/** For each place of a twinned field in a representation, the twins required there and their type conditions. */
function usesOf(selections: readonly RequiredSelection[], twins: Twins): Map<string, string> {
  const uses = new Map<string, string[]>();
  collect(selections, '', '');
  return new Map([...uses].map(([place, use]) => [place, use.sort().join()]));

  function collect(list: readonly RequiredSelection[], place: string, conditions: string): void {
    for (const selection of list) {
      if (selection.kind === 'on') {
        collect(selection.selections, place, `${conditions} on ${selection.type}`);
        continue;
      }
      const { key } = selection;
      const at = `${place}.${nameOf(key, twins)}`;
      if (isTwinned(key, twins)) uses.set(at, [...(uses.get(at) ?? []), `${conditions} ${key}`]);
      if (selection.selections !== undefined) collect(selection.selections, at, `${conditions} ${key}`);
    }
  }
}

function without(
  selections: readonly RequiredSelection[],
  places: ReadonlySet<string>,
  place: string,
  twins: Twins,
): RequiredSelection[] {
  return selections.flatMap((selection): RequiredSelection[] => {
    if (selection.kind === 'on')
      return [{ ...selection, selections: without(selection.selections, places, place, twins) }];
    const at = `${place}.${nameOf(selection.key, twins)}`;
    if (places.has(at)) return [];
    if (selection.selections === undefined) return [selection];
    const inner = without(selection.selections, places, at, twins);
    return inner.length === 0 ? [] : [{ ...selection, selections: inner }];
  });
}

function restored(fetch: DraftFetch, twins: Twins): DraftFetch {
  const operation = restoredOperation(fetch.operation, twins);
  if (fetch.kind === 'root') return { ...fetch, operation };
  const fields = fetch.fields.map((field) => ({
    ...field,
    targets: field.targets.map((target) => ({ ...target, requires: renamed(target.requires, twins) })),
  }));
  return { ...fetch, operation, fields };
}

function restoredOperation(operation: OperationDefinitionNode, twins: Twins): OperationDefinitionNode {
  return visit(operation, {
    Field(node) {
      const twin = twins.get(node.name.value);
      if (twin === undefined) return undefined;
      return {
        ...node,
        alias: node.alias ?? node.name,
        name: { kind: Kind.NAME, value: twin.name },
        arguments: [...(node.arguments ?? []), ...twin.arguments],
      };
    },
  });
}

function renamed(selections: readonly RequiredSelection[], twins: Twins): RequiredSelection[] {
  return selections.map((selection): RequiredSelection => {
    if (selection.kind === 'on') return { ...selection, selections: renamed(selection.selections, twins) };
    const inner =
      selection.selections === undefined
        ? selection
        : { ...selection, selections: renamed(selection.selections, twins) };
    const twin = twins.get(selection.key);
    return twin === undefined ? inner : { ...inner, as: twin.name };
  });
}

function nameOf(key: string, twins: Twins): string {
  return twins.get(key)?.name ?? key;
}

function isTwinned(key: string, twins: Twins): boolean {
  return twins.has(key) || [...twins.values()].some(({ name }) => name === key);
}

function forEachField(
  set: SelectionSetNode,
  type: string | undefined,
  visitField: (node: FieldNode, type: string | undefined) => void,
): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) visitField(selection, type);
    else if (selection.kind === Kind.INLINE_FRAGMENT)
      forEachField(selection.selectionSet, selection.typeCondition?.name.value ?? type, visitField);
  }
}
