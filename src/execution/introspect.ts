import { execute, type FieldNode, type GraphQLSchema, Kind, type OperationDefinitionNode, type SelectionNode } from 'graphql';
import type { PreparedOperation, Variables } from './prepared-operation.ts';

const none: ReadonlyMap<string, string> = new Map();

/** The values of an operation's `__schema` and `__type` fields, as JSON text by response key, from the API schema alone. */
export async function introspect(
  schema: GraphQLSchema,
  prepared: PreparedOperation,
  included: (selection: SelectionNode) => boolean,
  variables: Variables,
): Promise<ReadonlyMap<string, string>> {
  const fields = introspectionFields(prepared, prepared.operation.selectionSet.selections, included);
  if (fields.length === 0) return none;
  const operation: OperationDefinitionNode = {
    ...prepared.operation,
    selectionSet: { kind: Kind.SELECTION_SET, selections: fields },
  };
  const document = { kind: Kind.DOCUMENT, definitions: [operation, ...prepared.fragments.values()] } as const;
  const { data } = await execute({ schema, document, variableValues: variables });
  return new Map(Object.entries(data ?? {}).map(([key, value]) => [key, JSON.stringify(value)]));
}

function introspectionFields(
  prepared: PreparedOperation,
  selections: readonly SelectionNode[],
  included: (selection: SelectionNode) => boolean,
  visited = new Set<string>(),
): FieldNode[] {
  return selections.flatMap((selection) => {
    if (!included(selection)) return [];
    if (selection.kind === Kind.FIELD) return /^__(schema|type)$/.test(selection.name.value) ? [selection] : [];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return introspectionFields(prepared, selection.selectionSet.selections, included, visited);
    }
    const name = selection.name.value;
    if (visited.has(name)) return [];
    visited.add(name);
    return introspectionFields(prepared, prepared.fragments.get(name)?.selectionSet.selections ?? [], included, visited);
  });
}
