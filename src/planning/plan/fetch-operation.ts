/** The operation of a fetch as an AST: reading it, and making others of its parts. */
import {
  type FieldNode,
  Kind,
  type NameNode,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  type SelectionNode,
  type SelectionSetNode,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import { invariant } from '../../lib/index.ts';

export const typeNameField: FieldNode = { kind: Kind.FIELD, name: nameNode('__typename') };

export function operationOf(text: string): OperationDefinitionNode {
  const operation = parse(text, { noLocation: true }).definitions.find(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  invariant(operation !== undefined, 'a fetch has an operation');
  return operation;
}

/** The `_entities` field of an entity fetch that has one. */
export function entitiesFieldOf(operation: OperationDefinitionNode): FieldNode {
  const field = operation.selectionSet.selections.find(
    (selection) => selection.kind === Kind.FIELD && selection.name.value === '_entities',
  );
  invariant(field?.kind === Kind.FIELD, 'an entity fetch selects _entities');
  return field;
}

/** The selection set of the `_entities` field. */
export function entitySelectionsOf(operation: OperationDefinitionNode): SelectionSetNode {
  const { selectionSet } = entitiesFieldOf(operation);
  invariant(selectionSet !== undefined, 'an entity fetch selects fields');
  return selectionSet;
}

export function declaredVariables({ variableDefinitions = [] }: OperationDefinitionNode): Set<string> {
  return new Set(variableDefinitions.map(({ variable }) => variable.name.value));
}

/** The fetch with another operation, and with those of its variables that the operation declares. */
export function withOperation<
  Fetch extends { readonly operation: OperationDefinitionNode; readonly variables: readonly string[] },
>(fetch: Fetch, operation: OperationDefinitionNode): Fetch {
  const declared = declaredVariables(operation);
  return { ...fetch, operation, variables: fetch.variables.filter((name) => declared.has(name)) };
}

/** The operation without some of its fields, and without the variables that only they used. */
export function withoutFields(
  operation: OperationDefinitionNode,
  fields: ReadonlySet<FieldNode>,
): OperationDefinitionNode {
  const selectionSet = withoutFieldsIn(operation.selectionSet, fields);
  const used = variablesIn(selectionSet);
  return {
    ...operation,
    selectionSet,
    variableDefinitions: (operation.variableDefinitions ?? []).filter(({ variable }) => used.has(variable.name.value)),
  };
}

function withoutFieldsIn(set: SelectionSetNode, fields: ReadonlySet<FieldNode>): SelectionSetNode {
  const selections: SelectionNode[] = [];
  for (const selection of set.selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) selections.push(selection);
    else if (selection.kind === Kind.FIELD) {
      if (fields.has(selection)) continue;
      const { selectionSet } = selection;
      selections.push(
        selectionSet === undefined ? selection : { ...selection, selectionSet: withoutFieldsIn(selectionSet, fields) },
      );
    } else {
      const inner = withoutFieldsIn(selection.selectionSet, fields);
      if (inner.selections.length > 0) selections.push({ ...selection, selectionSet: inner });
    }
  }
  return { ...set, selections };
}

/** An entity request for one field; its variables are those the field uses. */
export function entityOperation(
  operation: OperationDefinitionNode,
  { node, typeName }: { readonly node: FieldNode; readonly typeName: string },
): OperationDefinitionNode {
  const used = variablesIn(node);
  const definitions = (operation.variableDefinitions ?? []).filter(({ variable }) => used.has(variable.name.value));
  const selectionSet: SelectionSetNode = {
    kind: Kind.SELECTION_SET,
    selections: [
      {
        kind: Kind.INLINE_FRAGMENT,
        typeCondition: { kind: Kind.NAMED_TYPE, name: nameNode(typeName) },
        selectionSet: { kind: Kind.SELECTION_SET, selections: [node] },
      },
    ],
  };
  return entitiesOperation([{ key: '_entities', variable: 'representations', selectionSet }], definitions);
}

export interface EntitiesSelection {
  /** The response key of the `_entities` field. */
  readonly key: string;
  /** The variable of its representations. */
  readonly variable: string;
  readonly selectionSet: SelectionSetNode;
}

/** A query with one `_entities` field for each selection. */
export function entitiesOperation(
  entities: readonly EntitiesSelection[],
  definitions: readonly VariableDefinitionNode[],
): OperationDefinitionNode {
  return {
    kind: Kind.OPERATION_DEFINITION,
    operation: OperationTypeNode.QUERY,
    variableDefinitions: [...entities.map(({ variable }) => representationsDefinition(variable)), ...definitions],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: entities.map(
        ({ key, variable, selectionSet }): FieldNode => ({
          kind: Kind.FIELD,
          ...(key === '_entities' ? {} : { alias: nameNode(key) }),
          name: nameNode('_entities'),
          arguments: [
            {
              kind: Kind.ARGUMENT,
              name: nameNode('representations'),
              value: { kind: Kind.VARIABLE, name: nameNode(variable) },
            },
          ],
          selectionSet,
        }),
      ),
    },
  };
}

/** `$variable: [_Any!]!` */
function representationsDefinition(variable: string): VariableDefinitionNode {
  return {
    kind: Kind.VARIABLE_DEFINITION,
    variable: { kind: Kind.VARIABLE, name: nameNode(variable) },
    type: {
      kind: Kind.NON_NULL_TYPE,
      type: {
        kind: Kind.LIST_TYPE,
        type: { kind: Kind.NON_NULL_TYPE, type: { kind: Kind.NAMED_TYPE, name: nameNode('_Any') } },
      },
    },
  };
}

function variablesIn(node: FieldNode | SelectionSetNode): Set<string> {
  const names = new Set<string>();
  visit(node, { Variable: ({ name }) => void names.add(name.value) });
  return names;
}

function nameNode(value: string): NameNode {
  return { kind: Kind.NAME, value };
}
