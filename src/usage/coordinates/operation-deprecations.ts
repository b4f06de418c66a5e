/** What an operation names that is deprecated: in its document, which is read once, and in the variables of a request. */
import type { OperationDefinitionNode } from 'graphql';
import type { ParsedOperation } from '../../observability/index.ts';
import { type Deprecation, deprecatedCoordinates } from './deprecated-coordinates.ts';
import { documentCoordinates } from './document-coordinates.ts';
import { type ReadVariables, variableCoordinates, variableReader } from './variable-coordinates.ts';

interface DocumentDeprecations {
  readonly schema: ParsedOperation['schema'];
  readonly inDocument: readonly Deprecation[];
  /** Undefined where its variables can name nothing that is deprecated. */
  readonly readVariables: ReadVariables | undefined;
}

const memory = new WeakMap<OperationDefinitionNode, DocumentDeprecations>();

/** @returns the same array for the same document, where its variables name none; in no order */
export function operationDeprecations(
  parsed: ParsedOperation,
  variables: Readonly<Record<string, unknown>>,
): readonly Deprecation[] {
  const { inDocument, readVariables } = documentDeprecations(parsed);
  if (readVariables === undefined) return inDocument;
  const coordinates = new Set<string>();
  readVariables(variables, coordinates);
  const deprecations = deprecatedCoordinates(parsed.schema);
  const inVariables = [...coordinates].flatMap((coordinate) => deprecations.get(coordinate) ?? []);
  const more = inVariables.filter((deprecation) => !inDocument.includes(deprecation));
  return more.length === 0 ? inDocument : [...inDocument, ...more];
}

function documentDeprecations({ document, operation, schema }: ParsedOperation): DocumentDeprecations {
  const existing = memory.get(operation);
  if (existing?.schema === schema) return existing;
  const deprecations = deprecatedCoordinates(schema);
  const { named, inLiterals } = documentCoordinates(schema, document, operation);
  const inDocument = [...named, ...inLiterals].flatMap((coordinate) => deprecations.get(coordinate) ?? []);
  const canName = [...variableCoordinates(schema, operation)].some((coordinate) => deprecations.has(coordinate));
  const readVariables = canName ? variableReader(schema, operation) : undefined;
  const result = { schema, inDocument, readVariables };
  memory.set(operation, result);
  return result;
}
