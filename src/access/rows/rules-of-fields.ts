/** The rules of `@rows` that objects and fields take, for those who ask: `isthmus access who` and `can`. */
import { type GraphQLSchema, getNamedType, isAbstractType, isObjectType } from 'graphql';
import type { RowRule } from '../../supergraph/index.ts';
import { rowRuleText } from './row-decisions.ts';

export interface DescribedRowRule {
  /** A type, or a field that returns objects. */
  readonly on: string;
  readonly rule: string;
}

/**
 * @param coordinates of object types, and of their fields: a field takes the rules of its object, and of the objects that it
 *   returns
 */
export function rowRulesOf(
  schema: GraphQLSchema,
  rules: readonly RowRule[],
  coordinates: Iterable<string>,
): readonly DescribedRowRule[] {
  if (rules.length === 0) return [];
  const elements = new Set<string>();
  for (const coordinate of coordinates) {
    const [typeName = '', fieldName] = coordinate.split('.');
    elements.add(typeName);
    if (fieldName === undefined) continue;
    elements.add(coordinate);
    const type = schema.getType(typeName);
    const field = isObjectType(type) ? type.getFields()[fieldName] : undefined;
    if (field === undefined) continue;
    const returned = getNamedType(field.type);
    const objects = isAbstractType(returned) ? schema.getPossibleTypes(returned) : [returned];
    for (const { name } of objects) elements.add(name);
  }
  return rules
    .filter(({ coordinate }) => elements.has(coordinate))
    .map((rule) => ({ on: rule.coordinate, rule: rowRuleText(rule) }));
}
