/**
 * Puts the type conditions back that interface-objects.ts lifted: in the plan, where they can be kept.
 *
 * A request to an interface object for a field that the client asks of some types alone gets representations of these
 * types alone, and waits for whoever finds the types out. Fields of one request that are asked for different types each
 * get their own `_entities`, with what they require and no more (merge-fetches.ts makes one request of them again). A
 * field that stands where it has no representation gets a request of its own. What is fetched only because such a field
 * requires it is narrowed with it. So nothing is asked for that the client did not, and nothing of it can fail.
 *
 * Where that cannot be, all types are asked, and the answer's shape leaves out what is too much; but nothing that costs
 * money or may fail by its arguments.
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
import { type AskedFields, type AskedTypes, typeNameField } from '../normalise/interface-objects.ts';
import type { EntityKeys } from '../plan/entity-keys.ts';
import type { EntityFetch, OperationPlan, PlannedFetch, RequiredSelection } from '../plan/operation-plan.ts';
import { asInterface, dotted, forTypes, keyOf, leavesOf, needsOf, only, topKeys } from '../plan/representations.ts';
import type { SupergraphTypes } from '../plan/supergraph-types.ts';
import { UnsoundPlan } from '../plan/unsound-plan.ts';
import { entityRequest, type RequiredFields, withoutFields } from './split-required.ts';

export interface NarrowOptions {
  readonly types: SupergraphTypes;
  readonly keys: EntityKeys;
  readonly requiredFields: RequiredFields;
}

/** A fetch on the way to its final form. */
interface Part {
  fetch: PlannedFetch;
  readonly after: Set<Part>;
}

/** A selection that a fetch makes of the objects at one place. */
interface Placed {
  readonly node: FieldNode;
  readonly typeName: string;
  readonly path: readonly string[];
  /** Whether it stands right below `_entities`. */
  readonly represented: boolean;
}

/** @throws UnsoundPlan where what costs money or may fail would be asked for types that the client did not name */
export function narrowToTypes(plan: OperationPlan, asked: AskedFields, options: NarrowOptions): OperationPlan {
  if (!asked.byType) return plan;
  const { types, keys, requiredFields } = options;
  const parts: Part[] = [];
  for (const fetch of plan.fetches)
    parts.push({ fetch, after: new Set(fetch.after.flatMap((index) => parts[index] ?? [])) });
  /** By place and key, the types for which some request requires a field. */
  const required = new Map<string, { types: AskedTypes }>();

  // Who requires stands after who gives, so what a field is required for is known when its own fetch is met.
  for (const part of [...parts].reverse()) splitByTypes(part);
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    if (part !== undefined) takeOutNested(part);
  }
  return inOrder(parts);

  function splitByTypes(part: Part): void {
    const { fetch } = part;
    if (fetch.kind === 'root') return;
    const [field] = fetch.fields;
    const [target] = field?.targets ?? [];
    if (field === undefined || target === undefined || fetch.context.length > 0) {
      for (const one of fetch.fields) for (const { path, requires } of one.targets) require(path, requires, undefined);
      return;
    }
    const operation = operationOf(fetch);
    const top = placedIn(operation, target.path, fetch).filter(({ represented }) => represented);
    const [typeName, ...others] = new Set(top.map((one) => one.typeName));
    if (typeName === undefined || others.length > 0 || !types.isInterfaceObject(fetch.subgraph, typeName)) {
      require(target.path, target.requires, undefined);
      return;
    }
    const groups = new Map<string, { types: AskedTypes; nodes: FieldNode[] }>();
    for (const { node } of top) {
      if (node.name.value === '__typename') continue;
      const wanted = typesFor(target.path, typeName, keyOf(node));
      const name = wanted === undefined ? '' : [...wanted].sort().join();
      const group = groups.get(name) ?? { types: wanted, nodes: [] };
      group.nodes.push(node);
      groups.set(name, group);
    }
    const finders = findersOf(target.path, part);
    if (groups.size === 0 || [...groups.values()].every((group) => group.types === undefined)) {
      require(target.path, target.requires, undefined);
      return;
    }
    if (finders.length === 0) {
      for (const { nodes, types: wanted } of groups.values()) if (wanted !== undefined) refuseCareful(nodes, typeName);
      require(target.path, target.requires, undefined);
      return;
    }
    const waiting = parts.filter((one) => one.after.has(part));
    [...groups.values()].forEach((group, index) => {
      const own = ownRequirements(fetch.subgraph, typeName, target.requires, group.nodes, groups.size > 1);
      const requires = group.types === undefined ? own : forTypes(types, own, group.types);
      require(target.path, own, group.types);
      const left = withoutFields(
        operation,
        new Set(top.map(({ node }) => node).filter((node) => !group.nodes.includes(node))),
      );
      const declared = new Set(left.variableDefinitions?.map(({ variable }) => variable.name.value));
      const narrowed: EntityFetch = {
        ...fetch,
        operation: stripIgnoredCharacters(print(left)),
        variables: fetch.variables.filter((name) => declared.has(name)),
        fields: [
          {
            ...field,
            gives: [...new Set(group.nodes.map(keyOf))],
            leavesOnly: group.nodes.every(({ selectionSet }) => selectionSet === undefined),
            targets: [
              { ...target, requires, inputRewrites: asInterface(target.inputRewrites, typeName), exact: false },
            ],
          },
        ],
      };
      // All groups wait for the same, so that they stay one request.
      for (const finder of finders) part.after.add(finder);
      if (index === 0) {
        part.fetch = narrowed;
        return;
      }
      const added: Part = { fetch: narrowed, after: part.after };
      parts.push(added);
      for (const one of waiting) one.after.add(added);
    });
  }

  function takeOutNested(part: Part): void {
    const { fetch } = part;
    const path = fetch.kind === 'root' ? fetch.path : (fetch.fields[0]?.targets[0]?.path ?? []);
    const operation = operationOf(fetch);
    const taken = new Set<FieldNode>();
    for (const placed of placedIn(operation, path, fetch)) {
      const { node, typeName, represented } = placed;
      if (represented || !types.isInterfaceObject(fetch.subgraph, typeName)) continue;
      const wanted = typesFor(placed.path, typeName, keyOf(node));
      if (wanted === undefined) continue;
      const added = ownFetch(part, operation, placed, wanted);
      if (added === undefined) {
        refuseCareful([node], typeName);
        continue;
      }
      taken.add(node);
      const place = dotted([...placed.path, keyOf(node)]);
      for (const one of parts) if (one !== part && needsOf(one.fetch).has(place)) one.after.add(added);
      parts.push(added);
    }
    if (taken.size === 0) return;
    const left = visit(withoutFields(operation, taken), { SelectionSet: (set) => neverEmpty(set) });
    const declared = new Set(left.variableDefinitions?.map(({ variable }) => variable.name.value));
    const changed = {
      operation: stripIgnoredCharacters(print(left)),
      variables: fetch.variables.filter((name) => declared.has(name)),
    };
    part.fetch = { ...fetch, ...changed };
  }

  function ownFetch(
    part: Part,
    operation: OperationDefinitionNode,
    { node, typeName, path }: Placed,
    wanted: ReadonlySet<string>,
  ): Part | undefined {
    const { fetch } = part;
    const finders = findersOf(path, undefined);
    const needing = parts.filter((one) => one !== part && needsOf(one.fetch).has(dotted([...path, keyOf(node)])));
    if (finders.length === 0 || needing.some((one) => finders.some((finder) => waitsFor(finder, one))))
      return undefined;
    // Who finds the types out has represented these objects, so what it needs is there too.
    const given = new Set([part, ...finders].flatMap(givesOf));
    for (const finder of finders) for (const need of needsOf(finder.fetch)) given.add(need);
    const key = keys
      .keysOf(fetch.subgraph, typeName)
      .find((fields) => leavesOf(fields, path).every((leaf) => given.has(leaf)));
    if (key === undefined || !given.has(dotted([...path, '__typename']))) return undefined;
    const { text, variables } = entityRequest(operation, { node, typeName, path, requires: [], represented: false });
    const typeNameKey: RequiredSelection = { kind: 'field', key: '__typename' };
    const own: EntityFetch = {
      kind: 'entities',
      subgraph: fetch.subgraph,
      operation: text,
      variables: fetch.variables.filter((name) => variables.includes(name)),
      after: [],
      context: [],
      fields: [
        {
          key: '_entities',
          variable: 'representations',
          targets: [
            {
              path,
              requires: forTypes(types, [{ kind: 'on', type: typeName, selections: [typeNameKey, ...key] }], wanted),
              inputRewrites: asInterface([], typeName),
              exact: false,
            },
          ],
          outputRewrites: [],
          gives: [keyOf(node)],
          leavesOnly: node.selectionSet === undefined,
        },
      ],
    };
    return { fetch: own, after: new Set([part, ...finders]) };
  }

  /** @returns undefined for all types */
  function typesFor(path: readonly string[], typeName: string, key: string): AskedTypes {
    const byClient = asked.of(dotted(path), typeName, key);
    const byOthers = required.get(dotted([...path, key]));
    if (byClient === undefined && byOthers === undefined) return undefined;
    if (byClient === undefined || byOthers === undefined) return (byClient ?? byOthers)?.types;
    return byClient.types === undefined ? undefined : byOthers.types?.union(byClient.types);
  }

  function require(path: readonly string[], selections: readonly RequiredSelection[], wanted: AskedTypes): void {
    for (const one of selections) {
      if (one.kind === 'on') {
        require(path, one.selections, wanted);
        continue;
      }
      const place = dotted([...path, one.key]);
      const known = required.get(place);
      if (known === undefined) required.set(place, { types: wanted });
      else known.types = wanted === undefined ? undefined : known.types?.union(wanted);
      if (one.selections !== undefined) require([...path, one.key], one.selections, undefined);
    }
  }

  /** Those that say what type the objects at a place really are, and do not wait for `waiting`. */
  function findersOf(path: readonly string[], waiting: Part | undefined): Part[] {
    const place = dotted(path);
    const finders = parts.filter((one) => {
      if (one === waiting || (waiting !== undefined && waitsFor(one, waiting))) return false;
      return placedBy(one).some(
        ({ node, typeName, path: at }) =>
          keyOf(node) === '__typename' &&
          dotted(at) === place &&
          !types.isInterfaceObject(one.fetch.subgraph, typeName),
      );
    });
    // Where the objects come with their types, nobody else needs to find these out.
    const bringing = parts.filter((one) => placedBy(one).some((at) => dotted([...at.path, keyOf(at.node)]) === place));
    return bringing.length > 0 && bringing.every((one) => finders.includes(one)) ? bringing : finders;
  }

  /** `path.key` of all that a fetch gives. */
  function givesOf(part: Part): string[] {
    return placedBy(part).map(({ node, path }) => dotted([...path, keyOf(node)]));
  }

  function placedBy({ fetch }: Part): Placed[] {
    const from = fetch.kind === 'root' ? fetch.path : (fetch.fields[0]?.targets[0]?.path ?? []);
    return placedIn(operationOf(fetch), from, fetch);
  }

  function ownRequirements(
    subgraph: string,
    typeName: string,
    joint: readonly RequiredSelection[],
    nodes: readonly FieldNode[],
    isSplit: boolean,
  ): readonly RequiredSelection[] {
    if (!isSplit) return joint;
    const needed = new Set(
      nodes.flatMap((node) => topKeys(requiredFields.of(subgraph, typeName, node.name.value) ?? [])),
    );
    const jointKeys = new Set(topKeys(joint));
    if (!needed.isSubsetOf(jointKeys)) return joint;
    for (const key of keys.keysOf(subgraph, typeName)) for (const one of topKeys(key)) needed.add(one);
    return only(joint, needed.add('__typename'));
  }

  function refuseCareful(nodes: readonly FieldNode[], typeName: string): void {
    const careful = nodes.find((node) => types.needsCare(typeName, node));
    if (careful !== undefined)
      throw new UnsoundPlan(
        `${typeName}.${careful.name.value} is asked for by type from an interface object, and nothing finds the types out`,
      );
  }

  /** Every selection of a fetch with the type and the place it is made of; nothing below what is asked for by type. */
  function placedIn(operation: OperationDefinitionNode, path: readonly string[], { kind }: PlannedFetch): Placed[] {
    const found: Placed[] = [];
    walk(operation.selectionSet, types.rootOf(operation.operation), path, false);
    return found;

    function walk(set: SelectionSetNode, typeName: string, place: readonly string[], represented: boolean): void {
      for (const one of set.selections) {
        if (one.kind === Kind.FRAGMENT_SPREAD) continue;
        if (one.kind === Kind.INLINE_FRAGMENT) {
          walk(one.selectionSet, one.typeCondition?.name.value ?? typeName, place, represented);
        } else if (kind === 'entities' && one.name.value === '_entities') {
          if (one.selectionSet !== undefined) walk(one.selectionSet, '', place, true);
        } else {
          found.push({ node: one, typeName, path: place, represented });
          const returned = types.returnedBy(typeName, one.name.value);
          if (one.selectionSet === undefined || returned === undefined) continue;
          const lists = Array<string>(types.listsOf(typeName, one.name.value)).fill('@');
          walk(one.selectionSet, returned, [...place, keyOf(one), ...lists], false);
        }
      }
    }
  }
}

function waitsFor(part: Part, other: Part): boolean {
  return [...part.after].some((one) => one === other || waitsFor(one, other));
}

function inOrder(parts: readonly Part[]): OperationPlan {
  const places = new Map<Part, number>();
  const fetches: PlannedFetch[] = [];
  const place = (part: Part): void => {
    if (places.has(part)) return;
    part.after.forEach(place);
    places.set(part, fetches.length);
    fetches.push({ ...part.fetch, after: [...part.after].map((one) => places.get(one) ?? 0) });
  };
  parts.forEach(place);
  return { fetches };
}

function operationOf({ operation }: PlannedFetch): OperationDefinitionNode {
  const [definition] = parse(operation, { noLocation: true }).definitions;
  invariant(definition?.kind === Kind.OPERATION_DEFINITION, 'a fetch has an operation');
  return definition;
}

/** A field of objects selects something, though all that was asked of these is asked elsewhere. */
function neverEmpty(set: SelectionSetNode): SelectionSetNode | undefined {
  return set.selections.length > 0 ? undefined : { ...set, selections: [typeNameField] };
}
