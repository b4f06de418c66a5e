import { GraphQLError } from 'graphql';

/** What a caller of the admin graph is told. */
export function refusal(code: 'FORBIDDEN' | 'BAD_USER_INPUT' | 'OVERLOADED', message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
