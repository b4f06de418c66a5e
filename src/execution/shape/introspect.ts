/** Answers `__schema` and `__type` from the API schema, wherever a field of type Query stands in an operation. */
import {
  executeSync,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { withPlainNumbers } from '../../lib/index.ts';

/** @returns the value of an introspection field as JSON text; `nodes` are all fields of one response key */
export type Introspect = (nodes: readonly FieldNode[]) => string;

export interface IntrospectedOperation {
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

export function introspector(
  schema: GraphQLSchema,
  { operation, fragments }: IntrospectedOperation,
  variables: Readonly<Record<string, unknown>>,
): Introspect {
  const texts = new Map<readonly FieldNode[], string>();
  return (nodes) => {
    const text = texts.get(nodes);
    if (text !== undefined) return text;
    const introspection: OperationDefinitionNode = {
      ...operation,
      operation: OperationTypeNode.QUERY,
      selectionSet: { kind: Kind.SELECTION_SET, selections: nodes },
    };
    const document = { kind: Kind.DOCUMENT, definitions: [introspection, ...fragments.values()] } as const;
    const variableValues = withPlainNumbers(variables) as Readonly<Record<string, unknown>>;
    const { data } = executeSync({ schema, document, variableValues });
    const json = JSON.stringify(Object.values(data ?? {})[0] ?? null);
    texts.set(nodes, json);
    return json;
  };
}
