/**
 * Which coordinates an operation uses that a change breaks, in the schema before it. Where they do not tell for certain
 * (`... on Member` of a union), all operations that might be broken count.
 */
import type { Change } from '@graphql-inspector/core';
import type { SchemaUses } from './schema-uses.ts';

type Meta = Readonly<Record<string, string>>;

/** @returns undefined where its uses are not counted */
export function usesOf({ type: kind, path = '', meta }: Change, uses: SchemaUses): readonly string[] | undefined {
  const of = meta as Meta;
  const [typeName = '', fieldName = ''] = path.split('.');
  switch (kind) {
    case 'FIELD_REMOVED':
    case 'FIELD_TYPE_CHANGED':
    case 'FIELD_ARGUMENT_REMOVED':
    case 'INPUT_FIELD_REMOVED':
    case 'ENUM_VALUE_REMOVED':
      return [path];
    // Those who leave it out are broken, or read something else.
    case 'FIELD_ARGUMENT_ADDED':
    case 'FIELD_ARGUMENT_DEFAULT_CHANGED':
      return [`${typeName}.${fieldName}`];
    case 'INPUT_FIELD_ADDED':
    case 'INPUT_FIELD_DEFAULT_VALUE_CHANGED':
      return uses.ofType(typeName);
    case 'FIELD_ARGUMENT_TYPE_CHANGED':
      return becomesRequired(of.oldArgumentType, of.newArgumentType) ? [`${typeName}.${fieldName}`, path] : [path];
    case 'INPUT_FIELD_TYPE_CHANGED':
      return becomesRequired(of.oldInputFieldType, of.newInputFieldType) ? uses.ofType(typeName) : [path];
    case 'TYPE_REMOVED':
    case 'TYPE_KIND_CHANGED':
    case 'DIRECTIVE_USAGE_INPUT_OBJECT_ADDED': // `@oneOf`
      return uses.ofType(typeName);
    case 'ENUM_VALUE_ADDED':
    case 'UNION_MEMBER_ADDED':
    case 'UNION_MEMBER_REMOVED':
      return uses.fieldsReturning(typeName);
    case 'OBJECT_TYPE_INTERFACE_ADDED':
      return uses.ofType(of.addedInterfaceName ?? '');
    case 'OBJECT_TYPE_INTERFACE_REMOVED':
      return [...new Set([...uses.ofType(of.removedInterfaceName ?? ''), ...uses.fieldsReturning(typeName)])];
    case 'SCHEMA_QUERY_TYPE_CHANGED':
    case 'SCHEMA_MUTATION_TYPE_CHANGED':
    case 'SCHEMA_SUBSCRIPTION_TYPE_CHANGED':
      return Object.entries(of).flatMap(([key, name]) => (key.startsWith('old') ? uses.membersOf(name) : []));
    default:
      return undefined;
  }
}

function becomesRequired(before = '', after = ''): boolean {
  return after.endsWith('!') && !before.endsWith('!');
}
