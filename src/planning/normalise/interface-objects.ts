/**
 * Brings what an operation asks of interface objects into the form that Apollo's planner gets right.
 *
 * Where a subgraph has an interface as an object (`@interfaceObject`), it does not know which type an entity is. Asked
 * for such a field by type (`{ reviewed { ... on Film { score } } }`), the planner makes fetches that wait for each
 * other in a circle, follows it until its memory is full, or joins representations that only some types can fill. Asked
 * for it of the interface, it plans well. So the field is lifted out of its condition, which keeps `__typename` so that
 * the type is found out; narrow-to-types.ts then asks in the plan for those types alone that the client named.
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
import type { SupergraphTypes } from '../plan/supergraph-types.ts';

/** The object types a field is asked for; undefined: for all that its place has. */
export type AskedTypes = ReadonlySet<string> | undefined;

/** What the client asks of interfaces that are interface objects somewhere. */
export interface AskedFields {
  /** What is asked, and of which types, at every place where such an interface stands. */
  readonly wanted: readonly WantedField[];
  /** Whether some field is asked for by type, lifted or not: only then has a plan anything to narrow. */
  readonly byType: boolean;
  /**
   * @param place the keys down to it, joined by dots, lists left out
   * @returns undefined where the client does not ask for it
   */
  of(place: string, typeName: string, key: string): { readonly types: AskedTypes } | undefined;
}

export interface WantedField {
  readonly place: string;
  readonly key: string;
  readonly types: ReadonlySet<string>;
}

export interface LiftedOperation {
  readonly document: DocumentNode;
  readonly asked: AskedFields;
}

/** A field of an interface object that is asked for by type. */
interface Lifted {
  readonly nodes: FieldNode[];
  readonly types: Set<string>;
}

export const typeNameField: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

export function liftInterfaceObjectFields(types: SupergraphTypes, document: DocumentNode): LiftedOperation {
  const asked = new Map<string, { readonly types: AskedTypes }>();
  const wanted: WantedField[] = [];
  if (types.hasInterfaceObjects)
    document = { ...document, definitions: document.definitions.map((one) => liftIn(one)) };
  return {
    document,
    asked: {
      wanted,
      byType: [...asked.values()].some((one) => one.types !== undefined),
      of: (place, typeName, key) => asked.get(`${place} ${typeName} ${key}`),
    },
  };

  function liftIn(definition: DocumentNode['definitions'][number]): DocumentNode['definitions'][number] {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return definition;
    const root = types.rootOf(definition.operation);
    return { ...definition, selectionSet: liftSet(definition.selectionSet, root, []) } as OperationDefinitionNode;
  }

  /** @param possible the object types left by the conditions above; undefined where there is none */
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
      selections: selections.map((one): SelectionNode => {
        if (one.kind === Kind.FRAGMENT_SPREAD) return one;
        if (one.kind === Kind.INLINE_FRAGMENT) {
          const narrowed = one.typeCondition?.name.value ?? typeName;
          const left = narrow(possible ?? types.objectsOf(typeName), one);
          return { ...one, selectionSet: liftSet(one.selectionSet, narrowed, place, left) };
        }
        const objects = possible ?? types.objectsOf(typeName);
        if (types.interfaceObjectsAbove(typeName).length > 0)
          wanted.push({ place: place.join('.'), key: keyOf(one), types: objects });
        // Where a union stands outside, types may ask for the same field on their own.
        for (const wider of types.interfaceObjectsAbove(typeName)) {
          if (types.comesFromInterfaceObject(wider, one.name.value, objects))
            ask(place, wider, keyOf(one), possible, objects);
        }
        if (one.selectionSet === undefined) return one;
        const returned = types.returnedBy(typeName, one.name.value);
        if (returned === undefined) return one;
        return { ...one, selectionSet: liftSet(one.selectionSet, returned, [...place, keyOf(one)]) };
      }),
    };
  }

  /** The selections of an interface with all that can be lifted out of their conditions before these. */
  function liftFrom(
    selections: readonly SelectionNode[],
    typeName: string,
    place: readonly string[],
    possible: ReadonlySet<string> | undefined,
  ): readonly SelectionNode[] {
    const own = new Map<string, FieldNode>();
    for (const one of selections) if (one.kind === Kind.FIELD) own.set(keyOf(one), one);
    const found = new Map<string, Lifted>();
    const all = possible ?? types.objectsOf(typeName);
    for (const one of selections) if (one.kind === Kind.INLINE_FRAGMENT) find(one, all);

    const kept = new Set<string>();
    for (const [key, { nodes, types: narrowed }] of found) {
      if (own.has(key) || narrowed.size < 2) continue;
      // One selection serves all types that ask for the field: what only one of them asks below it must not matter.
      if (differ(nodes) && nodes.some((node) => types.needsCareBelow(typeName, node))) kept.add(key);
    }
    for (const [key, { nodes }] of found) {
      const node = own.get(key);
      if (node !== undefined && differ([node, ...nodes]) && nodes.some((one) => types.needsCareBelow(typeName, one)))
        kept.add(key);
    }
    for (const key of kept) found.delete(key);
    for (const key of own.keys()) ask(place, typeName, key, undefined, all);
    if (found.size === 0) return selections;

    const fields: SelectionNode[] = [];
    for (const [key, { nodes, types: narrowed }] of found) {
      const node = own.get(key);
      fields.push(merged(node === undefined ? nodes : [node, ...nodes]));
      if (node !== undefined) continue;
      ask(place, typeName, key, narrowed.size === types.objectsOf(typeName).size ? undefined : narrowed, all);
    }
    const rest = selections.flatMap((one): SelectionNode[] => {
      if (one.kind === Kind.FIELD) return found.has(keyOf(one)) ? [] : [one];
      return one.kind === Kind.INLINE_FRAGMENT ? [without(one, all)] : [one];
    });
    return [...fields, ...rest];

    function find(fragment: InlineFragmentNode, possible: ReadonlySet<string>): void {
      const left = narrow(possible, fragment);
      for (const one of fragment.selectionSet.selections) {
        if (one.kind === Kind.INLINE_FRAGMENT) find(one, left);
        if (one.kind !== Kind.FIELD || !isLiftable(one, left)) continue;
        const known = found.get(keyOf(one)) ?? { nodes: [], types: new Set() };
        known.nodes.push(one);
        for (const type of left) known.types.add(type);
        found.set(keyOf(one), known);
      }
    }

    function without(fragment: InlineFragmentNode, possible: ReadonlySet<string>): InlineFragmentNode {
      const left = narrow(possible, fragment);
      const inner = fragment.selectionSet.selections.flatMap((one): SelectionNode[] => {
        if (one.kind === Kind.INLINE_FRAGMENT) return [without(one, left)];
        return one.kind === Kind.FIELD && found.has(keyOf(one)) && isLiftable(one, left) ? [] : [one];
      });
      const named = inner.some((one) => one.kind === Kind.FIELD && keyOf(one) === '__typename');
      return {
        ...fragment,
        selectionSet: { ...fragment.selectionSet, selections: named ? inner : [typeNameField, ...inner] },
      };
    }

    function isLiftable({ name }: FieldNode, possible: ReadonlySet<string>): boolean {
      return possible.size > 0 && types.comesFromInterfaceObject(typeName, name.value, possible);
    }
  }

  /** @param possible what its selection can meet: other types may stand at the place by another way */
  function ask(
    place: readonly string[],
    typeName: string,
    key: string,
    objects: AskedTypes,
    possible: ReadonlySet<string>,
  ): void {
    wanted.push({ place: place.join('.'), key, types: objects ?? possible });
    const at = `${place.join('.')} ${typeName} ${key}`;
    const known = asked.get(at);
    const isAll = objects === undefined || (known !== undefined && known.types === undefined);
    asked.set(at, { types: isAll ? undefined : objects.union(known?.types ?? new Set()) });
  }

  function narrow(possible: ReadonlySet<string>, { typeCondition }: InlineFragmentNode): ReadonlySet<string> {
    return typeCondition === undefined ? possible : possible.intersection(types.objectsOf(typeCondition.name.value));
  }
}

function keyOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

function differ(nodes: readonly FieldNode[]): boolean {
  return new Set(nodes.map((node) => stripIgnoredCharacters(print(node)))).size > 1;
}

/** Nodes of one key are one field with the same arguments: their selections together. */
function merged(nodes: readonly FieldNode[]): FieldNode {
  const [first] = nodes as readonly [FieldNode, ...FieldNode[]];
  if (first.selectionSet === undefined || !differ(nodes)) return first;
  const selections = nodes.flatMap((node) => node.selectionSet?.selections ?? []);
  return { ...first, selectionSet: { kind: Kind.SELECTION_SET, selections } };
}

/** Without conditions that ask for nothing but the type, where it is asked for outside of them: planning them takes long. */
function withoutBare(selections: readonly SelectionNode[]): readonly SelectionNode[] {
  const isTyped = selections.some((one) => one.kind === Kind.FIELD && keyOf(one) === '__typename');
  return isTyped ? selections.filter((one) => one.kind !== Kind.INLINE_FRAGMENT || !isBare(one)) : selections;
}

function isBare(one: SelectionNode): boolean {
  if (one.kind === Kind.FIELD) return one.name.value === '__typename';
  return one.kind === Kind.INLINE_FRAGMENT && one.selectionSet.selections.every(isBare);
}
