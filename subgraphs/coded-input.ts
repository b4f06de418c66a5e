import { GraphQLError } from 'graphql';

/** The most a list answers, however many are asked for. */
const maxFirst = 1_000;
const defaultFirst = 10;

export function badUserInput(message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });
}

/** How many a list answers: null is the default of 10, more than 1000 is 1000. @throws BAD_USER_INPUT below 0 */
export function boundedFirst(first: number | null | undefined): number {
  if (first === null || first === undefined) return defaultFirst;
  if (first < 0) throw badUserInput('first must be 0 or more.');
  return Math.min(first, maxFirst);
}
