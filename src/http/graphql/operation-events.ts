/** What an operation turns out to be while it is answered, told to its event. */
import type { GraphQLFormattedError } from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import type { OperationEvent } from '../../observability/index.ts';
import type { RequestContext } from '../../transport/index.ts';
import { operationSignature } from './operation-signature.ts';
import { operationSizes } from './operation-sizes.ts';
import type { GraphQLHttpRequest } from './read-graphql-request.ts';
import type { ValidatedOperation } from './validated-operations.ts';

/** As the client asks for it, before it is known whether that is an operation at all. */
export function noteParameters(event: OperationEvent, { body, parameters, variables }: GraphQLHttpRequest): void {
  const request = (body ?? parameters ?? {}) as {
    readonly query?: string;
    readonly operationName?: unknown;
    readonly variables?: Readonly<Record<string, unknown>> | null;
  };
  event.document = request.query;
  event.variables = variables ?? request.variables ?? undefined;
  if (typeof request.operationName === 'string') event.name = request.operationName;
}

/** As it has been validated. */
export function noteValidated(event: OperationEvent, validated: ValidatedOperation): void {
  const { document, operation } = validated;
  validated.signature ??= operationSignature(document, operation);
  event.signature = validated.signature;
  event.parsed = validated;
  event.kind = operation.operation;
  event.name = operation.name?.value;
}

/** Once it has been run. */
export function noteRun(
  event: OperationEvent,
  { size, operation }: ValidatedOperation,
  errors: unknown,
  { costs, sizes }: Pick<RequestContext, 'costs' | 'sizes'>,
): void {
  noteErrors(event, errors);
  if (sizes !== undefined) event.sizes = operationSizes(size, operation.name?.value, sizes);
  if (costs === undefined) return;
  event.costEstimated = costs.estimated;
  event.costActual = costs.actual;
  event.estimatedNanoUsd = costs.ai?.estimatedNanoUsd;
}

/** @param errors of the answer, as its client reads them */
export function noteErrors(event: OperationEvent, errors: unknown): void {
  if (!Array.isArray(errors)) return;
  for (const { extensions } of errors as readonly GraphQLFormattedError[])
    event.addError(typeof extensions?.code === 'string' ? extensions.code : 'INTERNAL_SERVER_ERROR');
}

/** An error that is the whole answer. */
export function noteRefused(event: OperationEvent, error: unknown): void {
  event.addError(error instanceof GatewayError ? error.code : 'INTERNAL_SERVER_ERROR');
}
