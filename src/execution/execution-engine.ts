/** The interface of execution engines, and the JSON text of their results. */
import type { DocumentNode, GraphQLFormattedError, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import type { ApiView, DecidedClauses, Denials, RowDecisions } from '../access/index.ts';
import type { RequestContext } from '../transport/index.ts';
import { JsonText } from './json-text.ts';
import type { LongText } from './long-text.ts';

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
  /**
   * What the caller may not read of it: these fields are not fetched and are null, with an error
   * `UNAUTHORIZED_FIELD_OR_TYPE` at their path. @default everything may be read
   */
  readonly denials?: Denials | undefined;
  /** Decides on the objects that rules of `@rows` are about. @default all of them are denied */
  readonly rows?: RowDecisions | undefined;
  /** What it was validated against: its answer has nothing else. @default the whole API schema */
  readonly view?: ApiView | undefined;
  /** What introspection shows. @default what it was validated against */
  readonly visibleSchema?: GraphQLSchema | undefined;
}

export interface ExecutionResult {
  readonly data?: Record<string, unknown> | JsonText | null | undefined;
  readonly errors?: readonly GraphQLFormattedError[] | undefined;
  readonly extensions?: Record<string, unknown> | undefined;
}

/** One result, or an initial one followed by further parts (`@defer`); no engine returns the second kind yet. */
export type ExecutionOutcome =
  | {
      readonly kind: 'single';
      readonly result: ExecutionResult;
      /** The HTTP status of a plugin's own answer. @default as its errors say */
      readonly status?: number | undefined;
      /** Whether a cache has the whole of it: the next request like it may be answered without being run. @default false */
      readonly isCached?: boolean;
    }
  | {
      readonly kind: 'incremental';
      readonly initialResult: ExecutionResult & { readonly hasNext: boolean };
      readonly subsequentResults: AsyncIterable<Record<string, unknown> & { readonly hasNext: boolean }>;
    };

/** An operation that has been run for callers of the same rights: it is planned again for the next schema. */
export interface UsedOperation extends PlannableOperation {
  /** What was decided of its rules; undefined: nothing was denied. */
  readonly decided: DecidedClauses | undefined;
  /** The contract that it was run with. */
  readonly contract: string | undefined;
}

/** An operation that may be planned before it is requested. */
export interface PlannableOperation extends Pick<OperationRequest, 'denials' | 'view'> {
  readonly documentHash: string;
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  /** The variables that decide its `@skip` and `@include`. */
  readonly conditions: Readonly<Record<string, unknown>>;
}

/**
 * Runs operations against the subgraphs of one generation.
 *
 * A subgraph's failure is an error of the result, coded and safe for clients, beside the other subgraphs' data. `execute`
 * throws `GatewayError` only where nothing could be run, and rejects with the reason of the context's signal on abort.
 */
export interface ExecutionEngine {
  execute(request: OperationRequest): Promise<ExecutionOutcome>;
  /** The operations that were run most often, in that order: each for every part of it that callers may read. */
  mostUsed(count: number): readonly UsedOperation[];
  /**
   * Plans operations before they are requested; those that are not valid against the schema are skipped.
   * @param signal ends it; the remaining operations are planned when they are requested
   */
  warm(operations: readonly PlannableOperation[], signal?: AbortSignal): Promise<void>;
  /** False where planning has failed for a while: only operations that are planned already are answered. */
  isAvailable(): boolean;
  /** How many plans it holds. */
  planCount(): number;
  close(): Promise<void>;
}

/**
 * The answer as JSON: text where it is short, pieces where it is long, bytes in between. Errors come first, as the
 * specification recommends (section 7.1).
 */
export function printResult({ errors, data, extensions }: ExecutionResult): Buffer | string | LongText {
  const hasErrors = errors !== undefined && errors.length > 0;
  if (data instanceof JsonText && !hasErrors && extensions === undefined) return data.long ?? data.whole;
  const head = hasErrors ? `{"errors":${JSON.stringify(errors)}` : '{';
  const tail = extensions === undefined ? '}' : `,"extensions":${JSON.stringify(extensions)}}`;
  const comma = hasErrors ? ',' : '';
  if (data instanceof JsonText) {
    if (data.long !== undefined) return data.long.between(`${head}${comma}"data":`, tail);
    const { whole } = data;
    return typeof whole === 'string'
      ? `${head}${comma}${whole.slice(1, -1)}${tail}`
      : Buffer.concat([Buffer.from(head + comma), whole.subarray(1, -1), Buffer.from(tail)]);
  }
  if (data !== undefined) return `${head}${comma}"data":${JSON.stringify(data)}${tail}`;
  return hasErrors ? `${head}${tail}` : `{${tail.replace(/^,/, '')}`;
}
