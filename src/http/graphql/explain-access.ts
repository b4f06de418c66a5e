/** `extensions.access`, for `isthmus-explain: access`: each field that the caller may not read, and the rules that deny it. */
import type { Access, AccessRequest, ExplainedField } from '../../access/index.ts';
import type { ResolvedConfig } from '../../config/index.ts';
import type { ExecutionEngine, ExecutionOutcome } from '../../execution/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { RequestContext } from '../../transport/index.ts';
import { formatErrors, statusOfErrors } from './format-errors.ts';
import type { Execute } from './run-operation.ts';
import type { ValidatedOperation } from './validated-operations.ts';

export interface ExplainingAccessOptions {
  readonly engine: ExecutionEngine;
  /** Undefined: nothing of the schema is protected. */
  readonly access: Access | undefined;
  readonly mode: ResolvedConfig['access']['mode'];
  readonly log: Logger;
}

/** Runs an operation as always, and adds the explanation to its answer, a refusal included. */
export function explainingAccess({ engine, access, mode, log }: ExplainingAccessOptions): Execute {
  return async (validated, variables, context) => {
    let denied: readonly ExplainedField[] = [];
    const onDenied = (fields: readonly ExplainedField[]): void => {
      denied = fields;
    };
    try {
      const denials = await access?.authorise({ ...accessRequest(validated, variables, context), onDenied });
      const outcome = await engine.execute({ ...validated, variables, context, denials });
      return withExplanation(outcome, { mode, denied });
    } catch (error) {
      if (denied.length === 0 || context.signal.aborted) throw error;
      const errors = formatErrors(error, log);
      const refused: ExecutionOutcome = { kind: 'single', result: { errors }, status: statusOfErrors(errors) };
      return withExplanation(refused, { mode, denied });
    }
  };
}

export function accessRequest(
  { document, operation, operationName }: ValidatedOperation,
  variables: Record<string, unknown>,
  { principal, requestId, signal, clientHeaders = {} }: RequestContext,
): AccessRequest {
  const request = { headers: clientHeaders, operationName, operationType: operation.operation };
  return { document, operation, variables, principal, request, requestId, signal };
}

function withExplanation(outcome: ExecutionOutcome, access: object): ExecutionOutcome {
  if (outcome.kind === 'single') {
    const { result } = outcome;
    return { ...outcome, result: { ...result, extensions: { ...result.extensions, access } } };
  }
  const { initialResult } = outcome;
  return { ...outcome, initialResult: { ...initialResult, extensions: { ...initialResult.extensions, access } } };
}
