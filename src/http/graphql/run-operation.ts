/**
 * The steps of an operation from its validated document to its answer, in order; the same for one that Apollo Server has
 * just validated and for one that was validated before.
 */
import type { OperationDefinitionNode } from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import type { ExecutionOutcome, ExecutionResult } from '../../execution/index.ts';
import type { Logger } from '../../observability/index.ts';
import { runOperationHooks } from '../../plugins/index.ts';
import type { GatewayGeneration } from '../../runtime/index.ts';
import type { RequestContext } from '../../transport/index.ts';
import type { OperationFacts } from '../request/request-facts.ts';
import type { VariableChecks } from './check-variables.ts';
import { formatErrors, statusOfErrors } from './format-errors.ts';
import type { ValidatedOperation } from './validated-operations.ts';

/** What one generation runs its operations with. */
export interface OperationRunner {
  readonly engine: GatewayGeneration['engine'];
  readonly hooks: GatewayGeneration['hooks'];
  readonly variableChecks: VariableChecks;
  readonly log: Logger;
}

export type OperationOutcome =
  | { readonly kind: 'single'; readonly result: ExecutionResult; readonly status: number | undefined }
  | Extract<ExecutionOutcome, { readonly kind: 'incremental' }>;

/** Never throws for what a client or a subgraph does wrong: such errors are the answer. */
export async function runOperation(
  { engine, hooks, variableChecks, log }: OperationRunner,
  validated: ValidatedOperation,
  variables: Record<string, unknown>,
  context: RequestContext,
): Promise<OperationOutcome> {
  try {
    refuseSubscription(validated.operation);
    const execute = (checked: Record<string, unknown>): Promise<ExecutionOutcome> => {
      variableChecks.check(validated.operation, checked);
      return engine.execute({ ...validated, variables: checked, context });
    };
    if (hooks?.onOperation === undefined) {
      const outcome = await execute(variables);
      return outcome.kind === 'single' ? { ...outcome, status: undefined } : outcome;
    }
    const outcome = await runOperationHooks(hooks, { ...validated, variables, context }, execute);
    return outcome.kind === 'single' ? { ...outcome, status: outcome.status } : outcome;
  } catch (error) {
    // Nobody reads the answer of an aborted run; the route reports the reason to every client that still waits.
    if (context.signal.aborted) return { kind: 'single', result: {}, status: undefined };
    const errors = formatErrors(error, log);
    return { kind: 'single', result: { errors }, status: statusOfErrors(errors) };
  }
}

/** The facts of the operation for the request's line in the log. */
export function operationFacts(
  { operation }: ValidatedOperation,
  { errors }: { readonly errors?: unknown },
): OperationFacts {
  return {
    operationType: operation.operation,
    operation: operation.name?.value,
    errors: Array.isArray(errors) ? errors.length : undefined,
  };
}

function refuseSubscription({ operation }: OperationDefinitionNode): void {
  if (operation !== 'subscription') return;
  throw new GatewayError('BAD_REQUEST', { message: 'Subscriptions are not available.' });
}
