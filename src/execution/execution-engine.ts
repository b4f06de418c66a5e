import type { DocumentNode, GraphQLFormattedError, OperationDefinitionNode } from 'graphql';
import type { RequestContext } from '../transport/index.ts';

/** An operation that has been parsed, validated against the API schema, and whose variables fit their types. */
export interface OperationRequest {
  /** SHA-256 of the document's text, in hexadecimal. */
  readonly documentHash: string;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly operationName: string | undefined;
  /** As the client sent them. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: RequestContext;
}

export interface ExecutionResult {
  readonly data?: Record<string, unknown> | null | undefined;
  readonly errors?: readonly GraphQLFormattedError[] | undefined;
  readonly extensions?: Record<string, unknown> | undefined;
}

/** One result, or an initial one whose rest comes later (`@defer`); no engine gives the second yet. */
export type ExecutionOutcome =
  | { readonly kind: 'single'; readonly result: ExecutionResult }
  | {
      readonly kind: 'incremental';
      readonly initialResult: ExecutionResult & { readonly hasNext: boolean };
      readonly subsequentResults: AsyncIterable<Record<string, unknown> & { readonly hasNext: boolean }>;
    };

/**
 * Runs operations against the subgraphs of one generation.
 *
 * A subgraph's failure is an error of the result, coded and safe to show, beside the data of the others. `execute`
 * throws `GatewayError` only where nothing could be run, and rejects with the context's signal's reason on abort.
 */
export interface ExecutionEngine {
  execute(request: OperationRequest): Promise<ExecutionOutcome>;
  close(): Promise<void>;
}
