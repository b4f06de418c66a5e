/**
 * Errors suggest names that are similar to the client's ("Did you mean …?"): here those alone that the caller may use. A
 * suggestion is what graphql-js says of the part of the schema that the caller may use; where it says something else
 * there, none is made.
 */
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getVariableValues,
  type OperationDefinitionNode,
  validate,
} from 'graphql';
import { withPlainNumbers } from '../../lib/index.ts';

/** Where graphql-js begins a suggestion, at the end of a message. */
const opening = ' Did you mean ';

export function hasSuggestion({ message }: { readonly message: string }): boolean {
  return message.includes(opening);
}

/** @param visible the part of the schema that the caller may use; undefined: no suggestions are made */
export function suggestForDocument<E extends GraphQLFormattedError>(
  errors: readonly E[],
  document: DocumentNode,
  visible: GraphQLSchema | undefined,
): readonly E[] {
  const suggestions = visible === undefined ? [] : validate(visible, document).map((error) => error.toJSON());
  return errors.map((error) => ({ ...error, message: withSuggestionOf(error, suggestions) }));
}

/** The same for errors of variables. */
export function suggestForVariables(
  errors: readonly GraphQLError[],
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
  visible: GraphQLSchema | undefined,
): readonly GraphQLError[] {
  const plain = withPlainNumbers(variables) as typeof variables;
  const suggestions =
    visible === undefined ? [] : (getVariableValues(visible, variableDefinitions, plain).errors ?? []);
  return errors.map(
    (error) =>
      new GraphQLError(withSuggestionOf(error, suggestions), {
        nodes: error.nodes ?? null,
        extensions: error.extensions,
      }),
  );
}

type Located = Pick<GraphQLFormattedError, 'message' | 'locations'>;

function withSuggestionOf(error: Located | GraphQLError, suggestions: readonly (Located | GraphQLError)[]): string {
  const plain = withoutSuggestion(error.message);
  if (plain === error.message) return plain;
  const place = JSON.stringify(error.locations);
  const same = suggestions.find(
    ({ message, locations }) => withoutSuggestion(message) === plain && JSON.stringify(locations) === place,
  );
  return same?.message ?? plain;
}

function withoutSuggestion(message: string): string {
  const end = message.lastIndexOf(opening);
  return end === -1 ? message : message.slice(0, end);
}
