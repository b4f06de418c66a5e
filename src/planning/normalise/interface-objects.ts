/**
 * Rewrites the selections of interface objects to a form that Apollo's planner plans correctly.
 *
 * A subgraph that defines an interface as an object (`@interfaceObject`) does not know the type of an entity. If one of
 * its fields is selected by type (`{ reviewed { ... on Film { score } } }`), the planner makes fetches that wait for
 * each other in a circle, expands it until its memory is exhausted, or joins representations that only some types can
 * fill. Selected on the interface, the field is planned correctly. So the field is lifted out of its type condition,
 * in which `__typename` remains so that the type is fetched; narrow-to-types.ts then restricts the fetches of the plan
 * to the types that the client selected.
 */
import {
  type DocumentNode,
  type FieldNode,
  type InlineFragmentNode,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
} from 'graphql';
import { typeNameField } from '../plan/fetch-operation.ts';
import { responseKeyOf } from '../plan/response-key.ts';
import type { SupergraphTypes } from '../plan/supergraph-types.ts';

/** The object types for which a field is selected; undefined: all types at its place. */
export type RequestedTypes = ReadonlySet<string> | undefined;

/** The selections of interfaces that are interface objects in some subgraph. */
export interface RequestedFields {
  /** The fields selected at every place of such an interface, and their types. */
  readonly selections: readonly RequestedField[];
  /** Whether some field is selected by type, lifted or not: only then is there anything to narrow. */
  readonly byType: boolean;
  /**
   * @param place its keys, joined by dots, without lists
   * @returns undefined if the client does not select it
   */
  of(place: string, typeName: string, key: string): { readonly types: RequestedTypes } | undefined;
}

export interface RequestedField {
  readonly place: string;
  readonly key: string;
  readonly types: ReadonlySet<string>;
}

export interface LiftedOperation {
  readonly document: DocumentNode;
  readonly requested: RequestedFields;
}

/** A field of an interface object that is selected by type. */
interface Lifted {
  readonly nodes: FieldNode[];
  readonly types: Set<string>;
}

export function liftInterfaceObjectFields(types: SupergraphTypes, document: DocumentNode): LiftedOperation {
  const requestedTypes = new Map<string, { readonly types: RequestedTypes }>();
  const selectedFields: RequestedField[] = [];
  if (types.hasInterfaceObjects) document = { ...document, definitions: document.definitions.map(liftIn) };
  return {
    document,
    requested: {
      selections: selectedFields,
      byType: [...requestedTypes.values()].some((requested) => requested.types !== undefined),
      of: (place, typeName, key) => requestedTypes.get(`${place} ${typeName} ${key}`),
    },
  };

  function liftIn(definition: DocumentNode['definitions'][number]): DocumentNode['definitions'][number] {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return definition;
    const root = types.rootOf(definition.operation);
    return { ...definition, selectionSet: liftSet(definition.selectionSet, root, []) } as OperationDefinitionNode;
  }

  /** @param possible the object types allowed by the conditions above; undefined if there are none */
  function liftSet(
    set: SelectionSetNode,
    typeName: string,
    place: readonly string[],
    possible?: ReadonlySet<string>,
  ): SelectionSetNode {
    let { selections } = set;
    if (types.isInterfaceObjectAnywhere(typeName)) {
      selections = withoutBare(liftFrom(selections, typeName, place, possible));
    }
    return {
      ...set,
      selections: selections.map((selection): SelectionNode => {
        if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          const narrowed = selection.typeCondition?.name.value ?? typeName;
          const allowed = narrow(possible ?? types.objectsOf(typeName), selection);
          return { ...selection, selectionSet: liftSet(selection.selectionSet, narrowed, place, allowed) };
        }
        const key = responseKeyOf(selection);
        const fieldName = selection.name.value;
        const objects = possible ?? types.objectsOf(typeName);
        if (types.interfaceObjectsAbove(typeName).length > 0)
          selectedFields.push({ place: place.join('.'), key, types: objects });
        // Inside a union, the field may be selected by type conditions of their own.
        for (const wider of types.interfaceObjectsAbove(typeName)) {
          if (types.comesFromInterfaceObject(wider, fieldName, objects)) request(place, wider, key, possible, objects);
        }
        if (selection.selectionSet === undefined) return selection;
        const returned = types.returnedBy(typeName, fieldName);
        if (returned === undefined) return selection;
        return { ...selection, selectionSet: liftSet(selection.selectionSet, returned, [...place, key]) };
      }),
    };
  }

  /** The selections of an interface, with the fields that can be lifted before the conditions. */
  function liftFrom(
    selections: readonly SelectionNode[],
    typeName: string,
    place: readonly string[],
    possible: ReadonlySet<string> | undefined,
  ): readonly SelectionNode[] {
    const unconditional = new Map<string, FieldNode>();
    for (const selection of selections)
      if (selection.kind === Kind.FIELD) unconditional.set(responseKeyOf(selection), selection);
    const liftable = new Map<string, Lifted>();
    const all = possible ?? types.objectsOf(typeName);
    for (const selection of selections) if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection, all);

    const excluded = new Set<string>();
    for (const [key, { nodes, types: narrowed }] of liftable) {
      if (unconditional.has(key) || narrowed.size < 2) continue;
      // One selection serves all types that select the field: extra selections below it must be free of side effects.
      if (differ(nodes) && nodes.some((node) => types.needsCareBelow(typeName, node))) excluded.add(key);
    }
    for (const [key, { nodes }] of liftable) {
      const node = unconditional.get(key);
      if (node === undefined || !differ([node, ...nodes])) continue;
      if (nodes.some((conditional) => types.needsCareBelow(typeName, conditional))) excluded.add(key);
    }
    for (const key of excluded) liftable.delete(key);
    for (const key of unconditional.keys()) request(place, typeName, key, undefined, all);
    if (liftable.size === 0) return selections;

    const fields: SelectionNode[] = [];
    for (const [key, { nodes, types: narrowed }] of liftable) {
      const node = unconditional.get(key);
      fields.push(merged(node === undefined ? nodes : [node, ...nodes]));
      if (node !== undefined) continue;
      request(place, typeName, key, narrowed.size === types.objectsOf(typeName).size ? undefined : narrowed, all);
    }
    const remaining = selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind === Kind.FIELD) return liftable.has(responseKeyOf(selection)) ? [] : [selection];
      return selection.kind === Kind.INLINE_FRAGMENT ? [without(selection, all)] : [selection];
    });
    return [...fields, ...remaining];

    function collect(fragment: InlineFragmentNode, possible: ReadonlySet<string>): void {
      const allowed = narrow(possible, fragment);
      for (const selection of fragment.selectionSet.selections) {
        if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection, allowed);
        if (selection.kind !== Kind.FIELD || !isLiftable(selection, allowed)) continue;
        const key = responseKeyOf(selection);
        const lifted = liftable.get(key) ?? { nodes: [], types: new Set() };
        lifted.nodes.push(selection);
        for (const type of allowed) lifted.types.add(type);
        liftable.set(key, lifted);
      }
    }

    function without(fragment: InlineFragmentNode, possible: ReadonlySet<string>): InlineFragmentNode {
      const allowed = narrow(possible, fragment);
      const inner = fragment.selectionSet.selections.flatMap((selection): SelectionNode[] => {
        if (selection.kind === Kind.INLINE_FRAGMENT) return [without(selection, allowed)];
        if (selection.kind !== Kind.FIELD || !liftable.has(responseKeyOf(selection))) return [selection];
        return isLiftable(selection, allowed) ? [] : [selection];
      });
      const hasTypeName = inner.some(isTypeName);
      return {
        ...fragment,
        selectionSet: { ...fragment.selectionSet, selections: hasTypeName ? inner : [typeNameField, ...inner] },
      };
    }

    function isLiftable({ name }: FieldNode, possible: ReadonlySet<string>): boolean {
      return possible.size > 0 && types.comesFromInterfaceObject(typeName, name.value, possible);
    }
  }

  /** @param possible the types that the selection can apply to: other selections may allow more types at the place */
  function request(
    place: readonly string[],
    typeName: string,
    key: string,
    objects: RequestedTypes,
    possible: ReadonlySet<string>,
  ): void {
    selectedFields.push({ place: place.join('.'), key, types: objects ?? possible });
    const at = `${place.join('.')} ${typeName} ${key}`;
    const earlier = requestedTypes.get(at);
    const isAll = objects === undefined || (earlier !== undefined && earlier.types === undefined);
    requestedTypes.set(at, { types: isAll ? undefined : objects.union(earlier?.types ?? new Set()) });
  }

  function narrow(possible: ReadonlySet<string>, { typeCondition }: InlineFragmentNode): ReadonlySet<string> {
    return typeCondition === undefined ? possible : possible.intersection(types.objectsOf(typeCondition.name.value));
  }
}

function isTypeName(selection: SelectionNode): boolean {
  return selection.kind === Kind.FIELD && responseKeyOf(selection) === '__typename';
}

function differ(nodes: readonly FieldNode[]): boolean {
  return new Set(nodes.map((node) => stripIgnoredCharacters(print(node)))).size > 1;
}

/** Merges nodes of one key, which are one field with the same arguments. */
function merged(nodes: readonly FieldNode[]): FieldNode {
  const [first] = nodes as readonly [FieldNode, ...FieldNode[]];
  if (first.selectionSet === undefined || !differ(nodes)) return first;
  const selections = nodes.flatMap((node) => node.selectionSet?.selections ?? []);
  return { ...first, selectionSet: { kind: Kind.SELECTION_SET, selections } };
}

/** Removes conditions that select only `__typename` if it is selected outside them too: planning them takes long. */
function withoutBare(selections: readonly SelectionNode[]): readonly SelectionNode[] {
  if (!selections.some(isTypeName)) return selections;
  return selections.filter((selection) => selection.kind !== Kind.INLINE_FRAGMENT || !isBare(selection));
}

function isBare(selection: SelectionNode): boolean {
  if (selection.kind === Kind.FIELD) return selection.name.value === '__typename';
  return selection.kind === Kind.INLINE_FRAGMENT && selection.selectionSet.selections.every(isBare);
}
