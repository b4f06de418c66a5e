/** `extensions.access`, for `isthmus-explain: access`: each field that the caller may not read, and the rules that deny it. */
import type { GraphQLSchema } from 'graphql';
import {
  type Access,
  type AccessRequest,
  type ApiView,
  type ExplainedField,
  explainCount,
} from '../../access/index.ts';
import type { ResolvedConfig } from '../../config/index.ts';
import type { ExecutionEngine, ExecutionOutcome } from '../../execution/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { RequestContext } from '../../transport/index.ts';
import { formatErrors, statusOfErrors } from './format-errors.ts';
import type { Execute } from './run-operation.ts';
import type { ValidatedOperation } from './validated-operations.ts';
import { withExtension } from './with-extension.ts';

export interface ExplainingAccessOptions {
  readonly engine: ExecutionEngine;
  /** Undefined: nothing of the schema is protected. */
  readonly access: Access | undefined;
  /** What operations are validated against. */
  readonly view: ApiView;
  readonly visibleSchemaOf: VisibleSchemaOf;
  readonly mode: ResolvedConfig['access']['mode'];
  readonly log: Logger;
}

/** What introspection shows of an operation that has some; undefined: what it was validated against. */
export type VisibleSchemaOf = (
  validated: ValidatedOperation,
  variables: Record<string, unknown>,
  context: RequestContext,
) => Promise<GraphQLSchema | undefined>;

/** Runs an operation as always, and adds the explanation to its answer, a refusal included. */
export function explainingAccess(options: ExplainingAccessOptions): Execute {
  const { engine, access, view, visibleSchemaOf, mode, log } = options;
  return async (validated, variables, context) => {
    let denied: readonly ExplainedField[] = [];
    const onDenied = (fields: readonly ExplainedField[]): void => {
      denied = fields;
    };
    try {
      const request = accessRequest(validated, variables, context, view);
      const denials = await access?.authorise({ ...request, onDenied });
      const rows = access?.rowsFor?.(request);
      const visibleSchema = await visibleSchemaOf(validated, variables, context);
      const outcome = await engine.execute({ ...validated, variables, context, denials, rows, view, visibleSchema });
      const counts = rows === undefined ? {} : { rows: rows.counts().map(explainCount) };
      return withExtension(outcome, { access: { mode, denied, ...counts } });
    } catch (error) {
      if (denied.length === 0 || context.signal.aborted) throw error;
      const errors = formatErrors(error, log);
      const refused: ExecutionOutcome = { kind: 'single', result: { errors }, status: statusOfErrors(errors) };
      return withExtension(refused, { access: { mode, denied } });
    }
  };
}

export function accessRequest(
  { document, operation, operationName }: ValidatedOperation,
  variables: Record<string, unknown>,
  { principal, requestId, signal, clientHeaders = {} }: RequestContext,
  { schema }: ApiView,
): AccessRequest {
  const request = { headers: clientHeaders, operationName, operationType: operation.operation };
  return { document, operation, variables, principal, request, requestId, signal, apiSchema: schema };
}
