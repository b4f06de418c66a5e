/** The types of a supergraph, for planning over interface objects. */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  Kind,
  type OperationTypeNode,
  parseType,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';
import { argumentOf, readSubgraphNames } from './entity-keys.ts';

export interface SupergraphTypes {
  readonly hasInterfaceObjects: boolean;
  rootOf(operation: OperationTypeNode): string;
  /** The object types of a type: itself, its members, or its implementations. */
  objectsOf(typeName: string): ReadonlySet<string>;
  /** The object types of a type that a subgraph can return. */
  objectsIn(subgraph: string, typeName: string): ReadonlySet<string>;
  /** The same of an interface or union, as far as the subgraph says so itself; an object type is its own. */
  membersIn(subgraph: string, typeName: string): ReadonlySet<string>;
  /** The named type of a field; undefined for leaves. */
  returnedBy(typeName: string, fieldName: string): string | undefined;
  /** The same in a subgraph, where it may be narrower. */
  returnedIn(subgraph: string, typeName: string, fieldName: string): string | undefined;
  isInterfaceObject(subgraph: string, typeName: string): boolean;
  /** The interface objects that a subgraph may return as this type: itself, or those that implement it. */
  interfaceObjectsIn(subgraph: string, typeName: string): readonly string[];
  isInterfaceObjectAnywhere(typeName: string): boolean;
  /** The interfaces of a type, without itself, that are interface objects in some subgraph. */
  interfaceObjectsAbove(typeName: string): readonly string[];
  /** Whether only the interface objects of the interface provide a field of these types. */
  comesFromInterfaceObject(interfaceName: string, fieldName: string, types: Iterable<string>): boolean;
  /** The number of lists around a field's value. */
  listsOf(typeName: string, fieldName: string): number;
  /** Whether a field, or a field selected below it, costs money or may fail by its arguments: it is never fetched for surplus types. */
  needsCare(typeName: string, field: FieldNode): boolean;
  /** The same for the fields selected below it. */
  needsCareBelow(typeName: string, field: FieldNode): boolean;
}

interface Field {
  readonly returns: string;
  readonly lists: number;
  /** Values of the supergraph's enum, one for each `join__field`; undefined for one without a graph. */
  readonly graphs: readonly (string | undefined)[];
  readonly generated: boolean;
  /** By the same values, the types that differ from that of the supergraph. */
  readonly narrower: ReadonlyMap<string | undefined, string>;
}

export function readSupergraphTypes(supergraph: DocumentNode): SupergraphTypes {
  const subgraphs = readSubgraphNames(supergraph);
  const fields = new Map<string, ReadonlyMap<string, Field>>();
  const objects = new Map<string, Set<string>>();
  const inSubgraph = new Map<string, Set<string>>();
  const roots = new Map<string, string>();
  const interfaceObjects = new Map<string, Set<string>>();
  const implemented = new Map<string, readonly string[]>();
  const add = (typeName: string, object: string): void => {
    objects.set(typeName, (objects.get(typeName) ?? new Set()).add(object));
  };
  const addIn = (directive: ConstDirectiveNode, typeName: string, object: string): void => {
    const place = `${subgraphs.get(argumentOf(directive, 'graph') ?? '')} ${typeName}`;
    inSubgraph.set(place, (inSubgraph.get(place) ?? new Set()).add(object));
  };
  for (const definition of supergraph.definitions) {
    switch (definition.kind) {
      case Kind.SCHEMA_DEFINITION:
        for (const { operation, type } of definition.operationTypes) roots.set(operation, type.name.value);
        break;
      case Kind.UNION_TYPE_DEFINITION:
        for (const directive of definition.directives ?? [])
          if (directive.name.value === 'join__unionMember')
            addIn(directive, definition.name.value, argumentOf(directive, 'member') ?? '');
        for (const member of definition.types ?? []) add(definition.name.value, member.name.value);
        break;
      case Kind.OBJECT_TYPE_DEFINITION:
        add(definition.name.value, definition.name.value);
        implemented.set(
          definition.name.value,
          (definition.interfaces ?? []).map(({ name }) => name.value),
        );
        for (const directive of definition.directives ?? [])
          if (directive.name.value === 'join__implements')
            addIn(directive, argumentOf(directive, 'interface') ?? '', definition.name.value);
        for (const wider of definition.interfaces ?? []) add(wider.name.value, definition.name.value);
        fields.set(
          definition.name.value,
          new Map((definition.fields ?? []).map((field) => [field.name.value, readField(field)])),
        );
        break;
      case Kind.INTERFACE_TYPE_DEFINITION:
        implemented.set(
          definition.name.value,
          (definition.interfaces ?? []).map(({ name }) => name.value),
        );
        fields.set(
          definition.name.value,
          new Map((definition.fields ?? []).map((field) => [field.name.value, readField(field)])),
        );
        for (const directive of definition.directives ?? []) {
          if (directive.name.value !== 'join__type' || !isTrue(directive, 'isInterfaceObject')) continue;
          const graphs = interfaceObjects.get(definition.name.value) ?? new Set();
          interfaceObjects.set(definition.name.value, graphs.add(argumentOf(directive, 'graph') ?? ''));
        }
        break;
      default:
    }
  }
  const subgraphsOf = new Map(
    [...interfaceObjects].map(([name, graphs]) => [
      name,
      new Set([...graphs].map((graph) => subgraphs.get(graph) ?? graph)),
    ]),
  );
  const above = new Map(
    [...implemented].map(([name, wider]) => [name, wider.filter((type) => interfaceObjects.has(type))]),
  );
  const none: ReadonlySet<string> = new Set();

  return {
    hasInterfaceObjects: interfaceObjects.size > 0,
    rootOf: (operation) => roots.get(operation) ?? (operation === 'mutation' ? 'Mutation' : 'Query'),
    objectsOf: (typeName) => objects.get(typeName) ?? none,
    objectsIn: (subgraph, typeName) => inSubgraph.get(`${subgraph} ${typeName}`) ?? objects.get(typeName) ?? none,
    membersIn: (subgraph, typeName) =>
      inSubgraph.get(`${subgraph} ${typeName}`) ?? (isObject(typeName) ? objects.get(typeName) : undefined) ?? none,
    returnedBy,
    returnedIn(subgraph, typeName, fieldName) {
      for (const [graph, narrower] of fields.get(typeName)?.get(fieldName)?.narrower ?? [])
        if (graph !== undefined && subgraphs.get(graph) === subgraph) return narrower;
      return returnedBy(typeName, fieldName);
    },
    isInterfaceObject: (subgraph, typeName) => subgraphsOf.get(typeName)?.has(subgraph) === true,
    interfaceObjectsIn: (subgraph, typeName) =>
      [...subgraphsOf].flatMap(([name, having]) =>
        having.has(subgraph) && (name === typeName || implemented.get(name)?.includes(typeName) === true) ? [name] : [],
      ),
    interfaceObjectsAbove: (typeName) => above.get(typeName) ?? [],
    isInterfaceObjectAnywhere: (typeName) => interfaceObjects.has(typeName),
    comesFromInterfaceObject(interfaceName, fieldName, types) {
      const providers = fields.get(interfaceName)?.get(fieldName)?.graphs ?? [];
      const graphsOfObject = interfaceObjects.get(interfaceName);
      if (!providers.some((graph) => graph !== undefined && graphsOfObject?.has(graph))) return false;
      for (const type of types) {
        const graphs = fields.get(type)?.get(fieldName)?.graphs ?? [];
        // Composition adds `@join__field` without a graph to a field that only interface objects provide.
        if (graphs.length === 0 || graphs.some((graph) => graph !== undefined)) return false;
      }
      return true;
    },
    listsOf: (typeName, fieldName) => fields.get(typeName)?.get(fieldName)?.lists ?? 0,
    needsCare,
    needsCareBelow,
  };

  function returnedBy(typeName: string, fieldName: string): string | undefined {
    const returned = fields.get(typeName)?.get(fieldName)?.returns;
    return returned !== undefined && (fields.has(returned) || objects.has(returned)) ? returned : undefined;
  }

  function isObject(typeName: string): boolean {
    return objects.get(typeName)?.has(typeName) === true;
  }

  function needsCare(typeName: string, node: FieldNode): boolean {
    const { name, arguments: nodes = [] } = node;
    const field = fields.get(typeName)?.get(name.value);
    return nodes.length > 0 || field?.generated === true || needsCareBelow(typeName, node);
  }

  function needsCareBelow(typeName: string, { name, selectionSet }: FieldNode): boolean {
    const field = fields.get(typeName)?.get(name.value);
    return selectionSet !== undefined && field !== undefined && someNeedsCare(selectionSet, field.returns);
  }

  function someNeedsCare({ selections }: SelectionSetNode, typeName: string): boolean {
    return selections.some((selection) => {
      if (selection.kind === Kind.FIELD) return needsCare(typeName, selection);
      if (selection.kind === Kind.FRAGMENT_SPREAD) return true;
      return someNeedsCare(selection.selectionSet, selection.typeCondition?.name.value ?? typeName);
    });
  }
}

function readField({ type, directives = [] }: FieldDefinitionNode): Field {
  return {
    returns: namedType(type),
    lists: listsIn(type),
    graphs: directives
      .filter(({ name }) => name.value === 'join__field')
      .map((directive) => argumentOf(directive, 'graph')),
    narrower: new Map(
      directives.flatMap((directive) => {
        const narrower = directive.name.value === 'join__field' ? argumentOf(directive, 'type') : undefined;
        return narrower === undefined
          ? []
          : [[argumentOf(directive, 'graph'), namedType(parseType(narrower))] as const];
      }),
    ),
    generated: directives.some(({ name }) => name.value === 'generate' || name.value.endsWith('__generate')),
  };
}

function isTrue(directive: ConstDirectiveNode, name: string): boolean {
  const value = directive.arguments?.find((argument) => argument.name.value === name)?.value;
  return value?.kind === Kind.BOOLEAN && value.value;
}

/** The name of a type without its lists and non-nulls. The supergraph part has it too, which planner processes do not load. */
export function namedType(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : namedType(type.type);
}

function listsIn(type: TypeNode): number {
  if (type.kind === Kind.NAMED_TYPE) return 0;
  return listsIn(type.type) + (type.kind === Kind.LIST_TYPE ? 1 : 0);
}
