/**
 * What operations have in common that differ in literals, spaces, comments and the order of fragments alone: the hash of
 * their document without these. An operation that a client writes anew for each id is one operation still.
 */
import { hash } from 'node:crypto';
import { type ASTNode, type DocumentNode, Kind, type OperationDefinitionNode, print, visit } from 'graphql';
import { fragmentsOf, usedFragments } from '../../documents/index.ts';

const noText = { kind: Kind.STRING, value: '' } as const;
const noNumber = { kind: Kind.INT, value: '0' } as const;
const noList = { kind: Kind.LIST, values: [] } as const;
const noObject = { kind: Kind.OBJECT, fields: [] } as const;

/** Enums and booleans stay: they decide what an operation does. What is replaced is not visited. */
const withoutLiterals = {
  [Kind.STRING]: () => noText,
  [Kind.INT]: () => noNumber,
  [Kind.FLOAT]: () => noNumber,
  [Kind.LIST]: () => noList,
  [Kind.OBJECT]: () => noObject,
};

/** @returns 32 hexadecimal digits */
export function operationSignature(document: DocumentNode, operation: OperationDefinitionNode): string {
  const used = usedFragments(operation, fragmentsOf(document));
  const parts = [...used].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, fragment]) => fragment);
  const text = [operation, ...parts].map((node) => print(visit(node as ASTNode, withoutLiterals))).join('\n');
  return hash('sha256', text, 'hex').slice(0, 32);
}
