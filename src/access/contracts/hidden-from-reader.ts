/**
 * What a reader does not see of an API schema: the fields that rules deny, and what would be invalid or pointless without
 * them. The remaining schema is valid, because tools validate what they introspect.
 */
import { type GraphQLSchema, getNamedType, isInterfaceType, isObjectType, isUnionType } from 'graphql';
import { type AccessRule, type HiddenElements, unreachableTypes } from '../../supergraph/index.ts';
import type { AccessTable } from '../rules/access-table.ts';

/** @param denies whether a rule denies the reader */
export function hiddenFromReader(
  schema: GraphQLSchema,
  table: AccessTable,
  denies: (rule: AccessRule) => boolean,
): HiddenElements {
  const hidden = new Set<string>();
  const query = schema.getQueryType();
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  const objects = types.filter(isObjectType);
  const composites = types.filter((type) => isObjectType(type) || isInterfaceType(type));
  for (const type of objects) {
    if (type !== query && table.ofType(type.name).some(denies)) hidden.add(type.name);
    for (const name of Object.keys(type.getFields()))
      if (table.ofField(type, name).some(denies) || isMadeFromHidden(type.name, name))
        hidden.add(`${type.name}.${name}`);
  }
  for (let before = -1; before !== hidden.size; ) {
    before = hidden.size;
    for (const type of composites) {
      const isHidden = hidden.has(type.name);
      const fields = Object.values(type.getFields());
      for (const field of fields) {
        const coordinate = `${type.name}.${field.name}`;
        if (hidden.has(getNamedType(field.type).name)) hidden.add(coordinate);
        // Composition gives the field of an interface the rules of all its implementers.
        if (isHidden || !hidden.has(coordinate)) continue;
        for (const wider of type.getInterfaces())
          if (Object.hasOwn(wider.getFields(), field.name)) hidden.add(`${wider.name}.${field.name}`);
      }
      const isEmpty = fields.every(({ name }) => hidden.has(`${type.name}.${name}`));
      if (type !== query && (isEmpty || hasLostAll(type))) hidden.add(type.name);
    }
    for (const type of types) if (isUnionType(type) && hasLostAll(type)) hidden.add(type.name);
  }
  for (const name of unreachableTypes(schema, hidden)) hidden.add(name);
  return hidden;

  /** What is made from a field that the reader sees in no form is denied, as it is. */
  function isMadeFromHidden(type: string, name: string): boolean {
    return table
      .sourcesOf(type, name)
      .some((source) =>
        source.objects.some((object) =>
          table.ofSource(object, source).some((rule) => rule.kind === 'mask' && denies(rule)),
        ),
      );
  }

  function hasLostAll(type: (typeof types)[number]): boolean {
    if (!isInterfaceType(type) && !isUnionType(type)) return false;
    const members = schema.getPossibleTypes(type);
    return members.length > 0 && members.every(({ name }) => hidden.has(name));
  }
}
