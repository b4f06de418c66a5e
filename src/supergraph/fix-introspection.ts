/**
 * Introspection prints a default value as the schema writes it. graphql-js turns it into a value and back, for which it
 * has no way where a custom scalar's default is an object or a list (`x: JSON = {}`), and which rounds long numbers.
 * The introspection types are shared by all schemas of the process: this replaces the one resolver, once.
 */
import { __InputValue, type GraphQLInputField, print } from 'graphql';

const { defaultValue } = __InputValue.getFields();
const coerced = defaultValue?.resolve;
if (defaultValue !== undefined && coerced !== undefined) {
  defaultValue.resolve = (input: GraphQLInputField, ...rest) => {
    const written = input.astNode?.defaultValue;
    return written === undefined ? coerced(input, ...rest) : print(written);
  };
}
