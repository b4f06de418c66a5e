/** The fields of an operation that an outcome denies, in the operation's order: for the modes `reject` and `audit`. */
import {
  type DirectiveNode,
  type FieldNode,
  type GraphQLCompositeType,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLSkipDirective,
  getDirectiveValues,
  getNamedType,
  getNullableType,
  getVariableValues,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { withPlainNumbers } from '../../lib/index.ts';
import type { AccessRule } from '../../supergraph/index.ts';
import type { AccessTable } from './access-table.ts';
import type { OperationRules } from './operation-rules.ts';

export interface DeniedField {
  /** The response keys that lead to it; `@` is any item of a list. */
  readonly path: readonly string[];
  /** Such as `User.email`. */
  readonly coordinate: string;
  readonly rule: AccessRule;
}

/** More tell neither a client nor an operator anything. */
const maxDenied = 100;

/** @param variables as the client sent them: they decide `@skip` and `@include` */
export function deniedFields(
  table: AccessTable,
  rules: OperationRules,
  outcome: string,
  variables: Readonly<Record<string, unknown>>,
): readonly DeniedField[] {
  const { schema } = table;
  const definitions = rules.operation.variableDefinitions ?? [];
  const plain = withPlainNumbers(variables) as typeof variables;
  const values = getVariableValues(schema, definitions, plain).coerced ?? variables;
  const denied = new Map<string, DeniedField>();
  const visited = new Map<SelectionSetNode, Set<string>>();
  const root = schema.getRootType(rules.operation.operation);
  if (root != null) visit(root, rules.operation.selectionSet, []);
  return [...denied.values()];

  function visit(type: GraphQLCompositeType, set: SelectionSetNode, path: readonly string[]): void {
    const at = `${type.name} ${path.join('.')}`;
    const places = visited.get(set);
    if (denied.size >= maxDenied || places?.has(at) === true) return;
    if (places === undefined) visited.set(set, new Set([at]));
    else places.add(at);
    const objects = isObjectType(type) ? [type] : schema.getPossibleTypes(type);
    for (const selection of set.selections) {
      if (!isIncluded(selection.directives, values)) continue;
      if (selection.kind === Kind.FIELD) {
        visitField(objects, selection, path);
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : rules.fragments.get(selection.name.value);
      const condition = fragment?.typeCondition?.name.value;
      const narrowed = condition === undefined ? type : schema.getType(condition);
      if (fragment !== undefined && isCompositeType(narrowed)) visit(narrowed, fragment.selectionSet, path);
    }
  }

  function visitField(objects: readonly GraphQLObjectType[], node: FieldNode, above: readonly string[]): void {
    const name = node.name.value;
    if (name.startsWith('__')) return;
    const path = [...above, (node.alias ?? node.name).value];
    for (const object of objects) {
      const field = object.getFields()[name];
      if (field === undefined) continue;
      const rule = rules.denialOf(object, node, outcome);
      if (rule !== undefined) {
        const coordinate = `${object.name}.${name}`;
        denied.set(`${path.join('.')} ${coordinate}`, { path, coordinate, rule });
        continue;
      }
      const returned = getNamedType(field.type);
      if (!isCompositeType(returned) || node.selectionSet === undefined) continue;
      for (const member of table.protectedMembers(field.type)) {
        const memberRule = rules.denialOfType(member.name, outcome);
        if (memberRule !== undefined)
          denied.set(`${path.join('.')} ${member.name}`, { path, coordinate: member.name, rule: memberRule });
      }
      visit(returned, node.selectionSet, [...path, ...itemSteps(field.type)]);
    }
  }
}

function itemSteps(type: GraphQLOutputType): readonly string[] {
  const nullable = getNullableType(type);
  return isListType(nullable) ? ['@', ...itemSteps(nullable.ofType)] : [];
}

function isIncluded(
  directives: readonly DirectiveNode[] | undefined,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  if (directives === undefined || directives.length === 0) return true;
  try {
    const skip = getDirectiveValues(GraphQLSkipDirective, { directives }, variables);
    const include = getDirectiveValues(GraphQLIncludeDirective, { directives }, variables);
    return skip?.if !== true && include?.if !== false;
  } catch {
    return true; // a condition that is null fails the operation by itself
  }
}
