/**
 * What of a schema no operation used. Fields count as used where an interface of their type has them and is asked for them: they
 * cannot go without it. Of what is unused, its parts are not listed; enum values neither where a field answers with them, as no
 * request tells which of those a client reads.
 */
import {
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';

export type CoordinateKind = 'field' | 'argument' | 'input field' | 'enum value';

export interface UnusedCoordinate {
  readonly coordinate: string;
  readonly kind: CoordinateKind;
}

/** @param isUsed whether an operation named the coordinate. In the order of coordinates. */
export function unusedCoordinates(
  schema: GraphQLSchema,
  isUsed: (coordinate: string) => boolean,
): readonly UnusedCoordinate[] {
  const unused: UnusedCoordinate[] = [];
  const types = Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));
  const composites = types.filter((type) => isObjectType(type) || isInterfaceType(type));
  for (const type of composites) addFields(type, isUsed, unused);
  const answered = new Set(
    composites.flatMap((type) => Object.values(type.getFields()).map((field) => getNamedType(field.type))),
  );
  for (const type of types) {
    if (!isUsed(type.name)) continue;
    const addMembers = (names: readonly string[], kind: CoordinateKind): void => {
      for (const name of names.map((member) => `${type.name}.${member}`))
        if (!isUsed(name)) unused.push({ coordinate: name, kind });
    };
    if (isInputObjectType(type)) addMembers(Object.keys(type.getFields()), 'input field');
    if (isEnumType(type) && !answered.has(type))
      addMembers(
        type.getValues().map(({ name }) => name),
        'enum value',
      );
  }
  return unused.sort((a, b) => (a.coordinate < b.coordinate ? -1 : 1));
}

function addFields(
  type: GraphQLObjectType | GraphQLInterfaceType,
  isUsed: (coordinate: string) => boolean,
  unused: UnusedCoordinate[],
): void {
  const names = [type, ...type.getInterfaces()].map(({ name }) => name);
  for (const field of Object.values(type.getFields())) {
    const isUsedOn = (path: string): boolean => names.some((name) => isUsed(`${name}.${path}`));
    if (!isUsedOn(field.name)) {
      unused.push({ coordinate: `${type.name}.${field.name}`, kind: 'field' });
      continue;
    }
    for (const argument of field.args) {
      const path = `${field.name}.${argument.name}`;
      if (!isUsedOn(path)) unused.push({ coordinate: `${type.name}.${path}`, kind: 'argument' });
    }
  }
}
