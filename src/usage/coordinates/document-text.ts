/**
 * A document without the values in it, so that nothing of a person is in it: strings are empty and numbers 0, and it stays valid. A
 * scalar of the schema may have literals of any form, with any names: they are empty strings.
 */
import {
  type ASTNode,
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isScalarType,
  Kind,
  type OperationDefinitionNode,
  print,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { fragmentsOf, usedFragments } from '../../documents/index.ts';

const emptyString = { kind: Kind.STRING, value: '', block: false } as const;
const zero = { kind: Kind.INT, value: '0' } as const;

/** The operation with the fragments that it uses. */
export function documentText(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): string {
  const types = new TypeInfo(schema);
  const ofScalar = () => (isScalarType(getNamedType(types.getInputType())) ? emptyString : undefined);
  const withoutValues = visitWithTypeInfo(types, {
    [Kind.STRING]: () => emptyString,
    [Kind.INT]: () => zero,
    [Kind.FLOAT]: () => zero,
    [Kind.OBJECT]: ofScalar,
    [Kind.ENUM]: ofScalar,
  });
  const nodes: ASTNode[] = [operation, ...usedFragments(operation, fragmentsOf(document)).values()];
  return nodes.map((node) => print(visit(node, withoutValues))).join('\n\n');
}
