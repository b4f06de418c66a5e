/**
 * A smaller API schema, as the coordinates that it lacks: of a contract, and of what one reader may use. A hidden type
 * hides its members, itself in unions, and itself where it is implemented.
 */
import { type ConstDirectiveNode, type DefinitionNode, type DocumentNode, Kind, type NameNode } from 'graphql';

/** Coordinates of the specification's form: `User`, `User.email`, `Query.user(id:)`, `Level.TOP`, `@cost(weight:)`. */
export type HiddenElements = ReadonlySet<string>;

interface Named {
  readonly name: NameNode;
}

/** The parts of a definition that elements are in. */
interface Members {
  readonly fields?: readonly (Named & { readonly arguments?: readonly Named[] })[];
  readonly values?: readonly Named[];
  readonly arguments?: readonly Named[];
  readonly types?: readonly Named[];
  readonly interfaces?: readonly Named[];
}

/** Every element of a schema document by its coordinate, in the document's order. */
export function coordinatesOf({ definitions }: DocumentNode): ReadonlySet<string> {
  const coordinates = new Set<string>();
  for (const definition of definitions) {
    const name = nameOf(definition);
    if (name === undefined) continue;
    coordinates.add(name);
    const { fields = [], values = [], arguments: parameters = [] } = definition as Members;
    for (const value of values) coordinates.add(`${name}.${value.name.value}`);
    for (const parameter of parameters) coordinates.add(`${name}(${parameter.name.value}:)`);
    for (const field of fields) {
      const coordinate = `${name}.${field.name.value}`;
      coordinates.add(coordinate);
      for (const parameter of field.arguments ?? []) coordinates.add(`${coordinate}(${parameter.name.value}:)`);
    }
  }
  return coordinates;
}

/** @returns undefined where the definition is hidden itself */
export function withoutHidden(definition: DefinitionNode, hidden: HiddenElements): DefinitionNode | undefined {
  if (definition.kind === Kind.SCHEMA_DEFINITION) {
    return {
      ...definition,
      operationTypes: definition.operationTypes.filter(({ type }) => !hidden.has(type.name.value)),
    };
  }
  const name = nameOf(definition);
  if (name === undefined) return definition;
  if (hidden.has(name)) return undefined;
  const { fields, values, arguments: parameters, types, interfaces } = definition as Members;
  const isVisible = ({ name: { value } }: Named): boolean => !hidden.has(value);
  return {
    ...definition,
    ...(fields && { fields: visibleFields(name, fields, hidden) }),
    ...(values && { values: values.filter((value) => !hidden.has(`${name}.${value.name.value}`)) }),
    ...(parameters && { arguments: visibleArguments(name, parameters, hidden) }),
    ...(types && { types: types.filter(isVisible) }),
    ...(interfaces && { interfaces: interfaces.filter(isVisible) }),
  } as DefinitionNode;
}

function visibleFields(type: string, fields: NonNullable<Members['fields']>, hidden: HiddenElements) {
  return fields.flatMap((field) => {
    const coordinate = `${type}.${field.name.value}`;
    if (hidden.has(coordinate)) return [];
    return [
      field.arguments === undefined
        ? field
        : { ...field, arguments: visibleArguments(coordinate, field.arguments, hidden) },
    ];
  });
}

function visibleArguments(coordinate: string, parameters: readonly Named[], hidden: HiddenElements): readonly Named[] {
  return parameters.filter((parameter) => !hidden.has(`${coordinate}(${parameter.name.value}:)`));
}

/** Of a type, or of a directive with its `@`. */
function nameOf(definition: DefinitionNode): string | undefined {
  if (!('name' in definition) || definition.name === undefined) return undefined;
  return definition.kind === Kind.DIRECTIVE_DEFINITION ? `@${definition.name.value}` : definition.name.value;
}

/** The document with a directive on each of these elements. */
export function withDirective(
  document: DocumentNode,
  coordinates: ReadonlySet<string>,
  directive: ConstDirectiveNode,
): DocumentNode {
  const marked = <Node extends Named>(node: Node, coordinate: string): Node => {
    if (!coordinates.has(coordinate)) return node;
    const { directives = [] } = node as { readonly directives?: readonly ConstDirectiveNode[] };
    return { ...node, directives: [...directives, directive] };
  };
  const markedArguments = (parameters: readonly Named[], coordinate: string): readonly Named[] =>
    parameters.map((parameter) => marked(parameter, `${coordinate}(${parameter.name.value}:)`));
  const definitions = document.definitions.map((definition) => {
    const name = nameOf(definition);
    if (name === undefined) return definition;
    const { fields, values } = definition as Members;
    const members = {
      ...definition,
      ...(values && { values: values.map((value) => marked(value, `${name}.${value.name.value}`)) }),
      ...(fields && {
        fields: fields.map((field) => {
          const coordinate = `${name}.${field.name.value}`;
          const { arguments: parameters } = field;
          return marked(
            { ...field, ...(parameters && { arguments: markedArguments(parameters, coordinate) }) },
            coordinate,
          );
        }),
      }),
    };
    return marked(members as DefinitionNode & Named, name) as DefinitionNode;
  });
  return { ...document, definitions };
}
