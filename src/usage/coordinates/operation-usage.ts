/** What an operation uses whatever its variables are: made once for each operation that has been validated. */
import { hash } from 'node:crypto';
import type { OperationDefinitionNode } from 'graphql';
import type { ParsedOperation } from '../../observability/index.ts';
import type { UsedOperation } from '../index.ts';
import { documentCoordinates } from './document-coordinates.ts';
import { documentText } from './document-text.ts';
import { type ReadVariables, variableReader } from './variable-coordinates.ts';

export interface OperationUsage {
  readonly operation: UsedOperation;
  /** Coordinates that this document has beside those. */
  readonly inLiterals: readonly string[];
  /** Undefined where its variables can name none. */
  readonly readVariables: ReadVariables | undefined;
}

const memory = new WeakMap<
  OperationDefinitionNode,
  { readonly schema: ParsedOperation['schema']; readonly usage: OperationUsage }
>();
const idLength = 22;
const maxNameLength = 200;
const maxDocumentLength = 20_000;

export function operationUsage({ document, operation, schema }: ParsedOperation, signature: string): OperationUsage {
  const entry = memory.get(operation);
  if (entry?.schema === schema) return entry.usage;
  const { named, inLiterals } = documentCoordinates(schema, document, operation);
  const name = operation.name?.value;
  const text = documentText(schema, document, operation);
  const usage = {
    operation: {
      // Names have no spaces.
      id: hash('sha256', [signature, ...named].join(' '), 'base64url').slice(0, idLength),
      signature,
      kind: operation.operation,
      name: name === undefined || name.length > maxNameLength ? undefined : name,
      document: text.length > maxDocumentLength ? undefined : text,
      coordinates: named,
    },
    inLiterals,
    readVariables: variableReader(schema, operation),
  };
  memory.set(operation, { schema, usage });
  return usage;
}
