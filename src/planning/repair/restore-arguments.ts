/**
 * Turns the twins of required-arguments.ts back: an operation asks for `price__required_0: price(in: "EUR")`, and a
 * representation holds that value as `price`.
 *
 * A representation has room for one `price`. Where fields of one request require different ones, each gets a request
 * with a representation of its own (merge-fetches.ts makes one request of them again, with several `_entities`).
 */
import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
  visit,
} from 'graphql';
import { invariant } from '../../lib/index.ts';
import type {
  EntityFetch,
  EntityField,
  OperationPlan,
  PlannedFetch,
  RequiredSelection,
} from '../plan/operation-plan.ts';
import { type RequiredFields, withoutFields } from '../repair/split-required.ts';
import type { TwinnedField } from './required-arguments.ts';

type Twins = ReadonlyMap<string, TwinnedField>;

/** Fields of one request whose requirements go into one representation. */
interface Group {
  readonly fields: Set<FieldNode>;
  readonly requires: { readonly type: string; readonly selections: readonly RequiredSelection[] }[];
  /** By place in a representation, which of a field's twins are required there. */
  readonly uses: Map<string, string>;
}

export function restoreArguments(plan: OperationPlan, twins: Twins, requiredFields: RequiredFields): OperationPlan {
  if (twins.size === 0) return plan;
  const fetches: PlannedFetch[] = [];
  const places: number[][] = [];
  for (const fetch of plan.fetches) {
    const after = fetch.after.flatMap((index) => places[index] ?? []);
    const parts = splitByUse(fetch, twins, requiredFields);
    places.push(parts.map((_part, index) => fetches.length + index));
    fetches.push(...parts.map((part) => ({ ...restored(part, twins), after })));
  }
  return { fetches };
}

function splitByUse(fetch: PlannedFetch, twins: Twins, requiredFields: RequiredFields): readonly PlannedFetch[] {
  const [field] = fetch.kind === 'entities' ? fetch.fields : [];
  if (fetch.kind === 'root' || field === undefined) return [fetch];
  const operation = operationOf(fetch);
  const groups: Group[] = [];
  const selected: FieldNode[] = [];
  forEachField(entitiesOf(operation), undefined, (node, type) => {
    selected.push(node);
    const selections =
      (type === undefined ? undefined : requiredFields.of(fetch.subgraph, type, node.name.value)) ?? [];
    const uses = usesOf(selections, twins);
    let group = groups.find((one) => [...uses].every(([place, use]) => (one.uses.get(place) ?? use) === use));
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
  return groups.map((group): EntityFetch => {
    const left = withoutFields(operation, new Set(selected.filter((node) => !group.fields.has(node))));
    const declared = new Set(left.variableDefinitions?.map(({ variable }) => variable.name.value));
    return {
      ...fetch,
      operation: stripIgnoredCharacters(print(left)),
      variables: fetch.variables.filter((name) => declared.has(name)),
      fields: [partOf(field, group, contested, twins)],
    };
  });
}

/** The places that not all representations can fill alike. */
function contestedPlaces(groups: readonly Group[]): Set<string> {
  const known = new Map<string, string>();
  const contested = new Set<string>();
  for (const { uses } of groups) {
    for (const [place, use] of uses) {
      if ((known.get(place) ?? use) !== use) contested.add(place);
      known.set(place, use);
    }
  }
  return contested;
}

function partOf(field: EntityField, group: Group, contested: ReadonlySet<string>, twins: Twins): EntityField {
  const nodes = [...group.fields];
  const own = group.requires.map((one) => ({ kind: 'on', ...one }) as const);
  return {
    ...field,
    gives: [...new Set(nodes.map(keyOf))].filter((key) => key !== '__typename'),
    leavesOnly: nodes.every((node) => node.selectionSet === undefined),
    targets: field.targets.map((target) => ({
      ...target,
      // Inside the conditions that are there: a condition of its own could make a representation without a key.
      requires: without(target.requires, contested, '', twins).map((one) =>
        one.kind === 'on' ? { ...one, selections: [...one.selections, ...own] } : one,
      ),
      exact: false,
    })),
  };
}

/** For each place that a required field with twins has in a representation: which of them, under which conditions. */
function usesOf(selections: readonly RequiredSelection[], twins: Twins): Map<string, string> {
  const uses = new Map<string, string[]>();
  collect(selections, '', '');
  return new Map([...uses].map(([place, use]) => [place, use.sort().join()]));

  function collect(list: readonly RequiredSelection[], place: string, conditions: string): void {
    for (const one of list) {
      if (one.kind === 'on') {
        collect(one.selections, place, `${conditions} on ${one.type}`);
        continue;
      }
      const at = `${place}.${nameOf(one.key, twins)}`;
      if (isTwinned(one.key, twins)) uses.set(at, [...(uses.get(at) ?? []), `${conditions} ${one.key}`]);
      if (one.selections !== undefined) collect(one.selections, at, `${conditions} ${one.key}`);
    }
  }
}

function without(
  selections: readonly RequiredSelection[],
  places: ReadonlySet<string>,
  place: string,
  twins: Twins,
): RequiredSelection[] {
  return selections.flatMap((one): RequiredSelection[] => {
    if (one.kind === 'on') return [{ ...one, selections: without(one.selections, places, place, twins) }];
    const at = `${place}.${nameOf(one.key, twins)}`;
    if (places.has(at)) return [];
    if (one.selections === undefined) return [one];
    const left = without(one.selections, places, at, twins);
    return left.length === 0 ? [] : [{ ...one, selections: left }];
  });
}

function restored(fetch: PlannedFetch, twins: Twins): PlannedFetch {
  const operation = restoredText(fetch.operation, twins);
  if (fetch.kind === 'root') return { ...fetch, operation };
  const fields = fetch.fields.map((field) => ({
    ...field,
    targets: field.targets.map((target) => ({ ...target, requires: renamed(target.requires, twins) })),
  }));
  return { ...fetch, operation, fields };
}

function restoredText(text: string, twins: Twins): string {
  if (![...twins.keys()].some((name) => text.includes(name))) return text;
  const document = visit(parse(text, { noLocation: true }), {
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
  return stripIgnoredCharacters(print(document));
}

function renamed(selections: readonly RequiredSelection[], twins: Twins): RequiredSelection[] {
  return selections.map((one): RequiredSelection => {
    if (one.kind === 'on') return { ...one, selections: renamed(one.selections, twins) };
    const inner = one.selections === undefined ? one : { ...one, selections: renamed(one.selections, twins) };
    const twin = twins.get(one.key);
    return twin === undefined ? inner : { ...inner, as: twin.name };
  });
}

function nameOf(key: string, twins: Twins): string {
  return twins.get(key)?.name ?? key;
}

function isTwinned(key: string, twins: Twins): boolean {
  return twins.has(key) || [...twins.values()].some(({ name }) => name === key);
}

function keyOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

function operationOf({ operation }: PlannedFetch): OperationDefinitionNode {
  const [definition] = parse(operation, { noLocation: true }).definitions;
  invariant(definition?.kind === Kind.OPERATION_DEFINITION, 'a fetch has an operation');
  return definition;
}

function entitiesOf({ selectionSet }: OperationDefinitionNode): SelectionSetNode {
  const [field] = selectionSet.selections;
  invariant(field?.kind === Kind.FIELD && field.selectionSet !== undefined, 'an entity fetch selects fields');
  return field.selectionSet;
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
