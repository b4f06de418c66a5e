/** A document without the values in it: strings are empty and numbers 0, so that it stays valid, and nothing of a person is in it. */
import { type ASTNode, type DocumentNode, Kind, type OperationDefinitionNode, print, visit } from 'graphql';
import { fragmentsOf, usedFragments } from '../../documents/index.ts';

const withoutValues = {
  [Kind.STRING]: () => ({ kind: Kind.STRING, value: '', block: false }) as const,
  [Kind.INT]: () => ({ kind: Kind.INT, value: '0' }) as const,
  [Kind.FLOAT]: () => ({ kind: Kind.FLOAT, value: '0' }) as const,
};

/** The operation with the fragments that it uses. */
export function documentText(document: DocumentNode, operation: OperationDefinitionNode): string {
  const nodes: ASTNode[] = [operation, ...usedFragments(operation, fragmentsOf(document)).values()];
  return nodes.map((node) => print(visit(node, withoutValues))).join('\n\n');
}
