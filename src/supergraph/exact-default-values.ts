/**
 * Introspection prints a default value exactly as the SDL has it. graphql-js coerces the value and prints it again, which
 * fails for a custom scalar whose default is an object or a list (`x: JSON = {}`) and rounds long numbers.
 * The introspection types are shared by all schemas of the process: importing this file replaces their resolver once.
 */
import { __InputValue, type GraphQLInputField, print } from 'graphql';

const { defaultValue } = __InputValue.getFields();
const resolveCoerced = defaultValue?.resolve;
if (defaultValue !== undefined && resolveCoerced !== undefined) {
  defaultValue.resolve = (input: GraphQLInputField, ...parameters) => {
    const literal = input.astNode?.defaultValue;
    return literal === undefined ? resolveCoerced(input, ...parameters) : print(literal);
  };
}
