/**
 * Collects the fields of an object type that a client selected, by GraphQL's CollectFields (spec section 6.3.2): through
 * fragments, type conditions, `@skip` and `@include`. Keyed by field name: the executor applies aliases.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { isIncluded } from '../../../supergraph/index.ts';

/** The nodes of one field in an operation, with the fragments and variables they use. */
export interface OutputSelection {
  readonly nodes: readonly FieldNode[];
  readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /** Coerced; only variables of `@skip` and `@include` are used. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** @returns for each selected field the nodes whose selections are merged; introspection fields are omitted */
export function selectedFields(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  { nodes, fragments, variables }: OutputSelection,
): ReadonlyMap<string, readonly FieldNode[]> {
  const nodesByField = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (!isIncluded(selection.directives, variables)) continue;
      switch (selection.kind) {
        case Kind.FIELD: {
          const name = selection.name.value;
          if (name.startsWith('__')) break;
          const siblings = nodesByField.get(name);
          if (siblings === undefined) nodesByField.set(name, [selection]);
          else siblings.push(selection);
          break;
        }
        case Kind.INLINE_FRAGMENT:
          if (applies(schema, type, selection.typeCondition?.name.value)) collect(selection.selectionSet);
          break;
        case Kind.FRAGMENT_SPREAD: {
          const name = selection.name.value;
          const fragment = fragments[name];
          if (fragment === undefined || spread.has(name)) break;
          spread.add(name);
          if (applies(schema, type, fragment.typeCondition.name.value)) collect(fragment.selectionSet);
          break;
        }
      }
    }
  };
  for (const { selectionSet } of nodes) if (selectionSet !== undefined) collect(selectionSet);
  return nodesByField;
}

/** The names of the variables that affect the selection below `nodes`. */
export function decidingVariables({ nodes, fragments }: OutputSelection): readonly string[] {
  const names = new Set<string>();
  const spread = new Set<string>();
  const walk = (selections: readonly SelectionNode[]): void => {
    for (const selection of selections) {
      for (const { arguments: argumentNodes = [] } of selection.directives ?? [])
        for (const { value } of argumentNodes) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
      if (selection.kind !== Kind.FRAGMENT_SPREAD) {
        walk(selection.selectionSet?.selections ?? []);
        continue;
      }
      const fragment = fragments[selection.name.value];
      if (fragment === undefined || spread.has(selection.name.value)) continue;
      spread.add(selection.name.value);
      walk(fragment.selectionSet.selections);
    }
  };
  for (const { selectionSet } of nodes) walk(selectionSet?.selections ?? []);
  return [...names];
}

function applies(schema: GraphQLSchema, type: GraphQLObjectType, condition: string | undefined): boolean {
  if (condition === undefined || condition === type.name) return true;
  const conditionType = schema.getType(condition);
  return conditionType !== undefined && isAbstractType(conditionType) && schema.isSubType(conditionType, type);
}
