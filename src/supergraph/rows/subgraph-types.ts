/** What a supergraph says of the types of each subgraph: their keys, and the fields that the subgraph can be asked for. */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  Kind,
  parseType,
  type SelectionSetNode,
} from 'graphql';
import { namedType } from '../../documents/index.ts';
import { argumentOf, stringArgument } from '../directives/links.ts';
import { parseFieldSet, printSelection } from './field-set.ts';

export interface KeyOfType {
  readonly fields: readonly string[];
  readonly isResolvable: boolean;
}

export interface SubgraphTypes {
  readonly subgraphs: readonly string[];
  /** The object types of a type: itself, its members, or its implementations. */
  objectsOf(typeName: string): ReadonlySet<string>;
  /** The named type of a field. */
  returnedBy(typeName: string, field: string): string | undefined;
  fieldsOf(typeName: string): readonly string[];
  /** Whether a type has fields or members. */
  isComposite(typeName: string): boolean;
  defines(subgraph: string, typeName: string): boolean;
  isInterfaceObject(subgraph: string, typeName: string): boolean;
  /** An interface of the object type that the subgraph has as an object (`@interfaceObject`). */
  interfaceObjectAbove(subgraph: string, typeName: string): string | undefined;
  keysOf(subgraph: string, typeName: string): readonly KeyOfType[];
  /** Whether the subgraph can be asked for a selection of objects of this type, without a representation that has more. */
  provides(subgraph: string, typeName: string, selection: string): boolean;
  /** Whether the subgraph can be asked for the field, whatever it takes. */
  resolves(subgraph: string, typeName: string, field: string): boolean;
  /** The object types that fields of the subgraph may return. */
  returnedIn(subgraph: string): ReadonlySet<string>;
}

interface TypeIn {
  readonly keys: KeyOfType[];
  isInterfaceObject: boolean;
}

interface FieldIn {
  readonly returns: string;
  readonly takesMore: boolean;
}

export function readSubgraphTypes(supergraph: DocumentNode): SubgraphTypes {
  const names = subgraphNames(supergraph);
  const types = new Map<string, Map<string, TypeIn>>();
  const fields = new Map<string, ReadonlyMap<string, FieldDefinitionNode>>();
  const objects = new Map<string, Set<string>>();
  const above = new Map<string, readonly string[]>();
  const addObject = (typeName: string, object: string): void => {
    objects.set(typeName, (objects.get(typeName) ?? new Set()).add(object));
  };
  for (const definition of supergraph.definitions) {
    if (definition.kind === Kind.UNION_TYPE_DEFINITION) {
      for (const member of definition.types ?? []) addObject(definition.name.value, member.name.value);
      continue;
    }
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const { name, interfaces = [], directives = [] } = definition;
    types.set(name.value, readTypeIn(directives, names));
    fields.set(name.value, new Map((definition.fields ?? []).map((field) => [field.name.value, field])));
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) continue;
    const widerNames = interfaces.map((wider) => wider.name.value);
    above.set(name.value, widerNames);
    for (const each of [name.value, ...widerNames]) addObject(each, name.value);
  }
  const none: ReadonlySet<string> = new Set();
  const typeIn = (subgraph: string, typeName: string): TypeIn | undefined => types.get(typeName)?.get(subgraph);
  const isInterfaceObject = (subgraph: string, typeName: string): boolean =>
    typeIn(subgraph, typeName)?.isInterfaceObject === true;

  /** The field as the subgraph has it; undefined where it cannot be asked for it. */
  function fieldIn(subgraph: string, typeName: string, field: string): FieldIn | undefined {
    const definition = fields.get(typeName)?.get(field);
    if (definition === undefined || typeIn(subgraph, typeName) === undefined) return undefined;
    const joins = (definition.directives ?? []).filter(({ name }) => name.value === 'join__field');
    if (joins.length === 0) return { returns: namedType(definition.type), takesMore: false };
    const join = joins.find((directive) => names.get(enumArgument(directive, 'graph') ?? '') === subgraph);
    if (join === undefined) return undefined;
    const isExternal = isTrue(join, 'external') && !isKeyField(subgraph, typeName, field);
    if (isExternal || isTrue(join, 'usedOverridden')) return undefined;
    const narrower = stringArgument(join, 'type');
    return {
      returns: namedType(narrower === undefined ? definition.type : parseType(narrower)),
      takesMore: takingMore.some((name) => argumentOf(join, name) !== undefined),
    };
  }

  function isKeyField(subgraph: string, typeName: string, field: string): boolean {
    return typeIn(subgraph, typeName)?.keys.some((key) => key.fields.includes(field)) === true;
  }

  function providesSet(subgraph: string, typeName: string, set: SelectionSetNode): boolean {
    return set.selections.every((selection) => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return false;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const narrowed = selection.typeCondition?.name.value ?? typeName;
        const isKnown = typeIn(subgraph, narrowed) !== undefined && !isInterfaceObject(subgraph, narrowed);
        return isKnown && providesSet(subgraph, narrowed, selection.selectionSet);
      }
      const field = fieldIn(subgraph, typeName, selection.name.value);
      if (field === undefined || field.takesMore) return false;
      return selection.selectionSet === undefined || providesSet(subgraph, field.returns, selection.selectionSet);
    });
  }

  return {
    subgraphs: [...names.values()],
    objectsOf: (typeName) => objects.get(typeName) ?? none,
    returnedBy(typeName, field) {
      const definition = fields.get(typeName)?.get(field);
      return definition && namedType(definition.type);
    },
    fieldsOf: (typeName) => [...(fields.get(typeName)?.keys() ?? [])],
    isComposite: (typeName) => fields.has(typeName) || objects.has(typeName),
    defines: (subgraph, typeName) => typeIn(subgraph, typeName) !== undefined,
    isInterfaceObject,
    interfaceObjectAbove: (subgraph, typeName) =>
      above.get(typeName)?.find((wider) => isInterfaceObject(subgraph, wider)),
    keysOf: (subgraph, typeName) => typeIn(subgraph, typeName)?.keys ?? [],
    provides: (subgraph, typeName, selection) => providesSet(subgraph, typeName, parseFieldSet(selection)),
    resolves: (subgraph, typeName, field) => fieldIn(subgraph, typeName, field) !== undefined,
    returnedIn(subgraph) {
      const returned = new Set<string>();
      for (const [typeName, ofType] of fields) {
        for (const field of ofType.keys()) {
          const { returns } = fieldIn(subgraph, typeName, field) ?? { returns: '' };
          for (const object of objects.get(returns) ?? none)
            if (typeIn(subgraph, object) !== undefined || isInterfaceObject(subgraph, returns)) returned.add(object);
        }
      }
      return returned;
    },
  };
}

/** What a field of a subgraph may take beside the object itself. */
const takingMore = ['requires', 'contextArguments'];

function readTypeIn(
  directives: readonly ConstDirectiveNode[],
  names: ReadonlyMap<string, string>,
): Map<string, TypeIn> {
  const bySubgraph = new Map<string, TypeIn>();
  for (const directive of directives) {
    if (directive.name.value !== 'join__type') continue;
    const subgraph = names.get(enumArgument(directive, 'graph') ?? '') ?? '';
    const type = bySubgraph.get(subgraph) ?? { keys: [], isInterfaceObject: false };
    bySubgraph.set(subgraph, type);
    type.isInterfaceObject ||= isTrue(directive, 'isInterfaceObject');
    const key = stringArgument(directive, 'key');
    if (key === undefined) continue;
    const resolvable = argumentOf(directive, 'resolvable');
    const isResolvable = resolvable?.kind !== Kind.BOOLEAN || resolvable.value;
    type.keys.push({ fields: parseFieldSet(key).selections.map(printSelection), isResolvable });
  }
  return bySubgraph;
}

export function subgraphNames(supergraph: DocumentNode): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.ENUM_TYPE_DEFINITION || definition.name.value !== 'join__Graph') continue;
    for (const { name, directives = [] } of definition.values ?? [])
      for (const directive of directives) names.set(name.value, stringArgument(directive, 'name') ?? name.value);
  }
  return names;
}

export function enumArgument(directive: ConstDirectiveNode, name: string): string | undefined {
  const value = argumentOf(directive, name);
  return value?.kind === Kind.ENUM ? value.value : undefined;
}

function isTrue(directive: ConstDirectiveNode, name: string): boolean {
  const value = argumentOf(directive, name);
  return value?.kind === Kind.BOOLEAN && value.value;
}
