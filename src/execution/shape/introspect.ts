import {
  executeSync,
  type FieldNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { withPlainNumbers } from '../../lib/index.ts';
import type { PreparedOperation, Variables } from '../prepare/prepared-operation.ts';

/** @returns the value of an introspection field as JSON text; its nodes are all those of one response key */
export type Introspect = (nodes: readonly FieldNode[]) => string;

/** Answers `__schema` and `__type`, wherever a field of type Query stands, from the API schema alone. */
export function introspector(
  schema: GraphQLSchema,
  { operation, fragments }: PreparedOperation,
  variables: Variables,
): Introspect {
  const known = new Map<readonly FieldNode[], string>();
  return (nodes) => {
    const text = known.get(nodes);
    if (text !== undefined) return text;
    const alone: OperationDefinitionNode = {
      ...operation,
      operation: OperationTypeNode.QUERY,
      selectionSet: { kind: Kind.SELECTION_SET, selections: nodes },
    };
    const document = { kind: Kind.DOCUMENT, definitions: [alone, ...fragments.values()] } as const;
    const { data } = executeSync({ schema, document, variableValues: withPlainNumbers(variables) as Variables });
    const written = JSON.stringify(Object.values(data ?? {})[0] ?? null);
    known.set(nodes, written);
    return written;
  };
}
