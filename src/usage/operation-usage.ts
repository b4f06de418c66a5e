/** What an operation uses whatever its variables are: made once for each operation that has been validated. */
import { hash } from 'node:crypto';
import type { OperationDefinitionNode } from 'graphql';
import type { ParsedOperation } from '../observability/index.ts';
import { documentCoordinates } from './document-coordinates.ts';
import { type ReadVariables, variableReader } from './variable-coordinates.ts';

export interface OperationUsage {
  /** Of all documents with its signature. */
  readonly coordinates: readonly string[];
  /** Of these coordinates: 22 characters. */
  readonly shape: string;
  /** Besides, of this document. */
  readonly inLiterals: readonly string[];
  /** Undefined where its variables can name none. */
  readonly readVariables: ReadVariables | undefined;
}

const memory = new WeakMap<
  OperationDefinitionNode,
  { readonly schema: ParsedOperation['schema']; usage: OperationUsage }
>();
const shapeLength = 22;

export function operationUsage({ document, operation, schema }: ParsedOperation): OperationUsage {
  const entry = memory.get(operation);
  if (entry?.schema === schema) return entry.usage;
  const { named, inLiterals } = documentCoordinates(schema, document, operation);
  const usage = {
    coordinates: named,
    shape: shapeOf(named),
    inLiterals,
    readVariables: variableReader(schema, operation),
  };
  memory.set(operation, { schema, usage });
  return usage;
}

/** Names have no spaces. */
export function shapeOf(coordinates: readonly string[]): string {
  return hash('sha256', coordinates.join(' '), 'base64url').slice(0, shapeLength);
}
