/**
 * The steps of an operation from its validated document to its answer, in order; the same for one that Apollo Server has
 * just validated and for one that was validated before.
 */
import type { OperationDefinitionNode } from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import type { ExecutionOutcome } from '../../execution/index.ts';
import type { Logger } from '../../observability/index.ts';
import { runOperationHooks } from '../../plugins/index.ts';
import type { GatewayGeneration } from '../../runtime/index.ts';
import type { RequestContext } from '../../transport/index.ts';
import type { OperationFacts } from '../request/request-facts.ts';
import type { VariableChecks } from './check-variables.ts';
import { accessRequest, explainingAccess } from './explain-access.ts';
import { formatErrors, statusOfErrors } from './format-errors.ts';
import type { ValidatedOperation } from './validated-operations.ts';

/** What one generation runs its operations with. */
export interface OperationRunner {
  readonly execute: Execute;
  readonly log: Logger;
}

export type Execute = (
  validated: ValidatedOperation,
  variables: Record<string, unknown>,
  context: RequestContext,
) => Promise<ExecutionOutcome>;

/** Whether plugins take part is decided here, once per generation. */
export function createRunner(
  { engine, access, config, hooks }: Pick<GatewayGeneration, 'engine' | 'access' | 'config' | 'hooks'>,
  variableChecks: VariableChecks,
  log: Logger,
): OperationRunner {
  const explained = explainingAccess({ engine, access, mode: config.access.mode, log });
  const execute: Execute = (validated, variables, context) => {
    variableChecks.check(validated.operation, variables);
    if (context.explain?.has('access') === true) return explained(validated, variables, context);
    if (access === undefined) return engine.execute({ ...validated, variables, context });
    const denials = access.authorise(accessRequest(validated, variables, context));
    if (!(denials instanceof Promise)) return engine.execute({ ...validated, variables, context, denials });
    return denials.then((decided) => engine.execute({ ...validated, variables, context, denials: decided }));
  };
  if (hooks?.onOperation === undefined) return { execute, log };
  return {
    execute: (validated, variables, context) =>
      runOperationHooks(hooks, { ...validated, variables, context }, async (changed) =>
        execute(validated, changed, context),
      ),
    log,
  };
}

/** Never throws for what a client or a subgraph does wrong: such errors are the answer. */
export async function runOperation(
  { execute, log }: OperationRunner,
  validated: ValidatedOperation,
  variables: Record<string, unknown>,
  context: RequestContext,
): Promise<ExecutionOutcome> {
  try {
    refuseSubscription(validated.operation);
    return await execute(validated, variables, context);
  } catch (error) {
    // Nobody reads the answer of an aborted run; the route reports the reason to every client that still waits.
    if (context.signal.aborted) return { kind: 'single', result: {} };
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
