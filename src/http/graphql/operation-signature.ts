/**
 * What operations have in common that differ in literals, spaces, comments and the order of fragments alone: the hash of
 * their document without these. An operation that a client writes anew for each id is one operation still.
 */
import { hash } from 'node:crypto';
import {
  type ASTNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  print,
  visit,
} from 'graphql';

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
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const used = new Set<string>();
  const pending: ASTNode[] = [operation];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    visit(node, {
      FragmentSpread({ name: { value: name } }) {
        const fragment = fragments.get(name);
        if (fragment === undefined || used.has(name)) return;
        used.add(name);
        pending.push(fragment);
      },
    });
  }
  const parts = [...used].sort().map((name) => fragments.get(name) as FragmentDefinitionNode);
  const text = [operation, ...parts].map((node) => print(visit(node as ASTNode, withoutLiterals))).join('\n');
  return hash('sha256', text, 'hex').slice(0, 32);
}
