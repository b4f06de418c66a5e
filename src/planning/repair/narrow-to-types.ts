/**
 * Restores in the plan the type conditions that interface-objects.ts lifted.
 *
 * A request to an interface object for a field that the client selects for some types gets representations of these
 * types only, and waits for the fetches that provide the types. Fields of one request that are selected for different
 * types each get an `_entities` field of their own, with only the fields they require (merge-fetches.ts makes one
 * request of them again). A field that is selected where it has no representation gets a request of its own. Fields that
 * are only fetched because such a field requires them are narrowed with it. So nothing is fetched that the client did
 * not select.
 *
 * If narrowing is impossible, the field is fetched for all types and the response omits the surplus; but a field that
 * costs money or may fail by its arguments is refused.
 */
import { type FieldNode, Kind, type OperationDefinitionNode, type SelectionSetNode, visit } from 'graphql';
import type { RequestedFields, RequestedTypes } from '../normalise/interface-objects.ts';
import type { DraftEntityFetch, DraftFetch, DraftPlan } from '../plan/draft-plan.ts';
import type { EntityKeys } from '../plan/entity-keys.ts';
import { entityOperation, typeNameField, withOperation, withoutFields } from '../plan/fetch-operation.ts';
import type { RequiredSelection } from '../plan/operation-plan.ts';
import { pathOf } from '../plan/plan-step.ts';
import { asInterface, dotted, forTypes, leavesOf, needsOf, only, requiredKeys } from '../plan/representations.ts';
import type { RequiredFields } from '../plan/required-fields.ts';
import { responseKeyOf } from '../plan/response-key.ts';
import type { SupergraphTypes } from '../plan/supergraph-types.ts';
import { UnsoundPlan } from '../plan/unsound-plan.ts';

export interface NarrowOptions {
  readonly types: SupergraphTypes;
  readonly keys: EntityKeys;
  readonly requiredFields: RequiredFields;
}

/** A fetch that may be replaced, with the fetches it waits for. */
interface Part {
  fetch: DraftFetch;
  readonly after: Set<Part>;
}

/** A field that a fetch selects of the objects at one place. */
interface Placed {
  readonly node: FieldNode;
  readonly typeName: string;
  readonly path: readonly string[];
  /** Whether it is selected right below `_entities`. */
  readonly represented: boolean;
}

/** @throws UnsoundPlan if a field that costs money or may fail would be fetched for types that the client did not select */
export function narrowToTypes(plan: DraftPlan, requested: RequestedFields, options: NarrowOptions): DraftPlan {
  if (!requested.byType) return plan;
  const { types, keys, requiredFields } = options;
  const parts: Part[] = [];
  for (const fetch of plan.fetches)
    parts.push({ fetch, after: new Set(fetch.after.flatMap((index) => parts[index] ?? [])) });
  /** By place and key, the types for which some request requires a field. */
  const required = new Map<string, { types: RequestedTypes }>();

  // A fetch that requires a field follows the one that provides it, so in reverse order all requirements are known.
  for (const part of [...parts].reverse()) splitByTypes(part);
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    if (part !== undefined) splitNested(part);
  }
  return inOrder(parts);

  function splitByTypes(part: Part): void {
    const { fetch } = part;
    if (fetch.kind === 'root') return;
    const [field] = fetch.fields;
    const [target] = field?.targets ?? [];
    if (field === undefined || target === undefined || fetch.context.length > 0) {
      for (const { targets } of fetch.fields)
        for (const { path, requires } of targets) require(path, requires, undefined);
      return;
    }
    const { operation } = fetch;
    const top = placedIn(operation, target.path, fetch).filter(({ represented }) => represented);
    const [typeName, ...furtherTypes] = new Set(top.map((placed) => placed.typeName));
    if (typeName === undefined || furtherTypes.length > 0 || !types.isInterfaceObject(fetch.subgraph, typeName)) {
      require(target.path, target.requires, undefined);
      return;
    }
    const groups = new Map<string, { types: RequestedTypes; nodes: FieldNode[] }>();
    for (const { node } of top) {
      if (node.name.value === '__typename') continue;
      const typeNames = typesFor(target.path, typeName, responseKeyOf(node));
      const name = typeNames === undefined ? '' : [...typeNames].sort().join();
      const group = groups.get(name) ?? { types: typeNames, nodes: [] };
      group.nodes.push(node);
      groups.set(name, group);
    }
    const finders = findersOf(target.path, part);
    if (groups.size === 0 || [...groups.values()].every((group) => group.types === undefined)) {
      require(target.path, target.requires, undefined);
      return;
    }
    if (finders.length === 0) {
      for (const group of groups.values()) if (group.types !== undefined) refuseCareful(group.nodes, typeName);
      require(target.path, target.requires, undefined);
      return;
    }
    const waiting = parts.filter(({ after }) => after.has(part));
    [...groups.values()].forEach((group, index) => {
      const joint = groupRequirements(fetch.subgraph, typeName, target.requires, group.nodes, groups.size > 1);
      const requires = group.types === undefined ? joint : forTypes(types, joint, group.types);
      require(target.path, joint, group.types);
      const excluded = new Set(top.map(({ node }) => node).filter((node) => !group.nodes.includes(node)));
      const narrowed: DraftEntityFetch = {
        ...withOperation(fetch, withoutFields(operation, excluded)),
        fields: [
          {
            ...field,
            gives: [...new Set(group.nodes.map(responseKeyOf))],
            leavesOnly: group.nodes.every(({ selectionSet }) => selectionSet === undefined),
            targets: [
              { ...target, requires, inputRewrites: asInterface(target.inputRewrites, typeName), exact: false },
            ],
          },
        ],
      };
      // All groups wait for the same fetches, so that they remain one request.
      for (const finder of finders) part.after.add(finder);
      if (index === 0) {
        part.fetch = narrowed;
        return;
      }
      const groupPart: Part = { fetch: narrowed, after: part.after };
      parts.push(groupPart);
      for (const { after } of waiting) after.add(groupPart);
    });
  }

  function splitNested(part: Part): void {
    const { fetch } = part;
    const path = pathOf(fetch);
    const { operation } = fetch;
    const removed = new Set<FieldNode>();
    for (const placed of placedIn(operation, path, fetch)) {
      const { node, typeName, represented } = placed;
      if (represented || !types.isInterfaceObject(fetch.subgraph, typeName)) continue;
      const typeNames = typesFor(placed.path, typeName, responseKeyOf(node));
      if (typeNames === undefined) continue;
      const split = separatePart(part, operation, placed, typeNames);
      if (split === undefined) {
        refuseCareful([node], typeName);
        continue;
      }
      removed.add(node);
      const place = dotted([...placed.path, responseKeyOf(node)]);
      for (const dependant of parts)
        if (dependant !== part && needsOf(dependant.fetch).has(place)) dependant.after.add(split);
      parts.push(split);
    }
    if (removed.size === 0) return;
    const remaining = visit(withoutFields(operation, removed), { SelectionSet: (set) => neverEmpty(set) });
    part.fetch = withOperation(fetch, remaining);
  }

  /** @returns undefined if no fetch provides the types or a key */
  function separatePart(
    part: Part,
    operation: OperationDefinitionNode,
    { node, typeName, path }: Placed,
    typeNames: ReadonlySet<string>,
  ): Part | undefined {
    const { fetch } = part;
    const finders = findersOf(path, undefined);
    const place = dotted([...path, responseKeyOf(node)]);
    const dependants = parts.filter((dependant) => dependant !== part && needsOf(dependant.fetch).has(place));
    if (finders.length === 0 || dependants.some((dependant) => finders.some((finder) => waitsFor(finder, dependant))))
      return undefined;
    // The fetches that provide the types have represented these objects, so the fields they need are present too.
    const provided = new Set([part, ...finders].flatMap(givesOf));
    for (const finder of finders) for (const need of needsOf(finder.fetch)) provided.add(need);
    const key = keys
      .keysOf(fetch.subgraph, typeName)
      .find((fields) => leavesOf(fields, path).every((leaf) => provided.has(leaf)));
    if (key === undefined || !provided.has(dotted([...path, '__typename']))) return undefined;
    const typeNameKey: RequiredSelection = { kind: 'field', key: '__typename' };
    const separate: DraftEntityFetch = {
      kind: 'entities',
      subgraph: fetch.subgraph,
      operation,
      variables: fetch.variables,
      after: [],
      context: [],
      fields: [
        {
          key: '_entities',
          variable: 'representations',
          targets: [
            {
              path,
              requires: forTypes(types, [{ kind: 'on', type: typeName, selections: [typeNameKey, ...key] }], typeNames),
              inputRewrites: asInterface([], typeName),
              exact: false,
            },
          ],
          outputRewrites: [],
          gives: [responseKeyOf(node)],
          leavesOnly: node.selectionSet === undefined,
        },
      ],
    };
    const entityFetch = withOperation(separate, entityOperation(operation, { node, typeName }));
    return { fetch: entityFetch, after: new Set([part, ...finders]) };
  }

  /** @returns undefined for all types */
  function typesFor(path: readonly string[], typeName: string, key: string): RequestedTypes {
    const byClient = requested.of(dotted(path), typeName, key);
    const byFetches = required.get(dotted([...path, key]));
    if (byClient === undefined && byFetches === undefined) return undefined;
    if (byClient === undefined || byFetches === undefined) return (byClient ?? byFetches)?.types;
    return byClient.types === undefined ? undefined : byFetches.types?.union(byClient.types);
  }

  function require(path: readonly string[], selections: readonly RequiredSelection[], typeNames: RequestedTypes): void {
    for (const selection of selections) {
      if (selection.kind === 'on') {
        require(path, selection.selections, typeNames);
        continue;
      }
      const inner = [...path, selection.key];
      const earlier = required.get(dotted(inner));
      if (earlier === undefined) required.set(dotted(inner), { types: typeNames });
      else earlier.types = typeNames === undefined ? undefined : earlier.types?.union(typeNames);
      if (selection.selections !== undefined) require(inner, selection.selections, undefined);
    }
  }

  /** The fetches that provide the object types at a place, and do not wait for `waiting`. */
  function findersOf(path: readonly string[], waiting: Part | undefined): Part[] {
    const place = dotted(path);
    const finders = parts.filter((part) => {
      if (part === waiting || (waiting !== undefined && waitsFor(part, waiting))) return false;
      return placedBy(part).some(
        ({ node, typeName, path: at }) =>
          responseKeyOf(node) === '__typename' &&
          dotted(at) === place &&
          !types.isInterfaceObject(part.fetch.subgraph, typeName),
      );
    });
    // If every fetch that provides the objects provides their types too, no further fetch is needed.
    const providers = parts.filter((part) => givesOf(part).includes(place));
    return providers.length > 0 && providers.every((provider) => finders.includes(provider)) ? providers : finders;
  }

  /** `path.key` of every field that a fetch provides. */
  function givesOf(part: Part): string[] {
    return placedBy(part).map(({ node, path }) => dotted([...path, responseKeyOf(node)]));
  }

  function placedBy({ fetch }: Part): Placed[] {
    return placedIn(fetch.operation, pathOf(fetch), fetch);
  }

  function groupRequirements(
    subgraph: string,
    typeName: string,
    joint: readonly RequiredSelection[],
    nodes: readonly FieldNode[],
    isSplit: boolean,
  ): readonly RequiredSelection[] {
    if (!isSplit) return joint;
    const needed = new Set(
      nodes.flatMap((node) => requiredKeys(requiredFields.of(subgraph, typeName, node.name.value) ?? [])),
    );
    const jointKeys = new Set(requiredKeys(joint));
    if (!needed.isSubsetOf(jointKeys)) return joint;
    for (const key of keys.keysOf(subgraph, typeName)) for (const name of requiredKeys(key)) needed.add(name);
    return only(joint, needed.add('__typename'));
  }

  function refuseCareful(nodes: readonly FieldNode[], typeName: string): void {
    const careful = nodes.find((node) => types.needsCare(typeName, node));
    if (careful !== undefined)
      throw new UnsoundPlan(
        `${typeName}.${careful.name.value} is selected by type from an interface object, and no fetch provides the types`,
      );
  }

  /** Every field of a fetch, with the type and the place it is selected on. */
  function placedIn(operation: OperationDefinitionNode, path: readonly string[], { kind }: DraftFetch): Placed[] {
    const fields: Placed[] = [];
    walk(operation.selectionSet, types.rootOf(operation.operation), path, false);
    return fields;

    function walk(set: SelectionSetNode, typeName: string, place: readonly string[], represented: boolean): void {
      for (const selection of set.selections) {
        if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          walk(selection.selectionSet, selection.typeCondition?.name.value ?? typeName, place, represented);
        } else if (kind === 'entities' && selection.name.value === '_entities') {
          if (selection.selectionSet !== undefined) walk(selection.selectionSet, '', place, true);
        } else {
          fields.push({ node: selection, typeName, path: place, represented });
          const returned = types.returnedBy(typeName, selection.name.value);
          if (selection.selectionSet === undefined || returned === undefined) continue;
          const lists = Array<string>(types.listsOf(typeName, selection.name.value)).fill('@');
          walk(selection.selectionSet, returned, [...place, responseKeyOf(selection), ...lists], false);
        }
      }
    }
  }
}

function waitsFor(part: Part, target: Part): boolean {
  return [...part.after].some((earlier) => earlier === target || waitsFor(earlier, target));
}

function inOrder(parts: readonly Part[]): DraftPlan {
  const positions = new Map<Part, number>();
  const fetches: DraftFetch[] = [];
  const place = (part: Part): void => {
    if (positions.has(part)) return;
    part.after.forEach(place);
    positions.set(part, fetches.length);
    fetches.push({ ...part.fetch, after: [...part.after].map((earlier) => positions.get(earlier) ?? 0) });
  };
  parts.forEach(place);
  return { fetches };
}

/** A field of objects must select something, even if all its fields have moved to other requests. */
function neverEmpty(set: SelectionSetNode): SelectionSetNode | undefined {
  return set.selections.length > 0 ? undefined : { ...set, selections: [typeNameField] };
}
