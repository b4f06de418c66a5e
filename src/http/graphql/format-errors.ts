/**
 * The errors of a GraphQL answer. Each has a code of the error table; an error without one is a defect of the gateway: it
 * is masked, and logged with its stack.
 */
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { errorTable, GatewayError, isErrorCode } from '../../errors/index.ts';
import type { Logger } from '../../observability/index.ts';

/** The errors of an operation that has no answer; an AggregateError stands for all that it holds. */
export function formatErrors(thrown: unknown, log: Logger): readonly GraphQLFormattedError[] {
  const errors = thrown instanceof AggregateError ? (thrown.errors as unknown[]) : [thrown];
  return errors.map((error) => formatError(toFormatted(error), error, log));
}

/** The HTTP status of an answer that is errors alone. */
export function statusOfErrors([first]: readonly GraphQLFormattedError[]): number {
  const code = first?.extensions?.code;
  return isErrorCode(code) ? errorTable[code].status : 500;
}

export function formatError(formatted: GraphQLFormattedError, error: unknown, log: Logger): GraphQLFormattedError {
  const cause = unwrapResolverError(error);
  if (cause instanceof GatewayError && cause.code === 'INTERNAL_SERVER_ERROR') {
    log.error({ error: cause, reason: cause.detail }, 'an operation failed unexpectedly');
  }
  if (cause instanceof GatewayError) return { ...formatted, message: cause.message, extensions: cause.extensions };
  if (isMethodNotAllowed(error))
    return { message: errorTable.METHOD_NOT_ALLOWED.client, extensions: { code: 'METHOD_NOT_ALLOWED' } };
  const code = formatted.extensions?.code;
  if (isErrorCode(code) && code !== 'INTERNAL_SERVER_ERROR') {
    const { message, locations, path } = formatted;
    return {
      message: plainMessage(message),
      ...(locations === undefined ? {} : { locations }),
      ...(path === undefined ? {} : { path }),
      extensions: { code },
    };
  }
  log.error({ error }, 'an operation failed unexpectedly');
  return { message: errorTable.INTERNAL_SERVER_ERROR.client, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
}

function toFormatted(error: unknown): GraphQLFormattedError {
  if (error instanceof GraphQLError) return error.toJSON();
  if (error instanceof GatewayError) {
    const { message, extensions, locations } = error;
    return { message, extensions, ...(locations === undefined ? {} : { locations }) };
  }
  return { message: '' };
}

/** Replaces messages of Apollo Server and graphql-js that would mislead a client or its owner. */
function plainMessage(message: string): string {
  if (message.startsWith('GraphQL introspection is not allowed')) return 'Introspection is switched off.';
  if (message.includes('Maximum call stack size exceeded')) return 'The GraphQL document is nested too deeply.';
  if (message === 'Validation aborted.') return 'The GraphQL document has more mistakes than are listed.';
  return message;
}

/** Apollo Server refuses a mutation by GET with the code of any bad request; only the status differs. */
function isMethodNotAllowed(error: unknown): boolean {
  const http = error instanceof GraphQLError ? error.extensions.http : undefined;
  return http !== null && typeof http === 'object' && 'status' in http && http.status === 405;
}
