import {
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import type { HiddenElements } from './hidden-elements.ts';

/**
 * The types that nothing visible leads to from a root type: by what fields return, take as arguments and belong to.
 * @param hidden elements that the schema has, and its readers do not see
 */
export function unreachableTypes(schema: GraphQLSchema, hidden: HiddenElements): readonly string[] {
  const reached = new Set<GraphQLNamedType>();
  const pending: GraphQLNamedType[] = [];
  const reach = (type: GraphQLNamedType): void => {
    if (reached.has(type) || hidden.has(type.name)) return;
    reached.add(type);
    pending.push(type);
  };
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()])
    if (root != null) reach(root);
  for (const directive of schema.getDirectives())
    for (const parameter of directive.args) reach(getNamedType(parameter.type));
  for (let type = pending.pop(); type !== undefined; type = pending.pop()) {
    if (isAbstractType(type)) for (const member of schema.getPossibleTypes(type)) reach(member);
    if (isInterfaceType(type)) for (const narrower of schema.getImplementations(type).interfaces) reach(narrower);
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const wider of type.getInterfaces()) reach(wider);
      for (const field of Object.values(type.getFields())) {
        const coordinate = `${type.name}.${field.name}`;
        if (hidden.has(coordinate)) continue;
        reach(getNamedType(field.type));
        for (const parameter of field.args)
          if (!hidden.has(`${coordinate}(${parameter.name}:)`)) reach(getNamedType(parameter.type));
      }
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields()))
        if (!hidden.has(`${type.name}.${field.name}`)) reach(getNamedType(field.type));
    }
  }
  return Object.values(schema.getTypeMap()).flatMap((type) =>
    reached.has(type) || hidden.has(type.name) || isIntrospectionType(type) || isSpecifiedScalarType(type)
      ? []
      : [type.name],
  );
}
