/**
 * Whether the values of an operation's variables are of their types. graphql-js reads each declaration anew for every
 * request, 2 % of a flat query's CPU; here that is done once per operation, for variables of the types that most have.
 * Whatever is not plainly right, or of any other type, is graphql-js's to judge, and its errors are the ones told.
 */
import {
  GraphQLBoolean,
  GraphQLError,
  GraphQLFloat,
  GraphQLID,
  type GraphQLInputType,
  GraphQLInt,
  type GraphQLSchema,
  GraphQLString,
  getVariableValues,
  isEnumType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';
import { withPlainNumbers } from '../../lib/index.ts';

type Variables = Readonly<Record<string, unknown>>;
type Accepts = (value: unknown) => boolean;

interface Declared {
  readonly name: string;
  readonly hasDefault: boolean;
  readonly accepts: Accepts;
}

const minInt = -2_147_483_648;
const maxInt = 2_147_483_647;

const scalars = new Map<unknown, Accepts>([
  [GraphQLString, (value) => typeof value === 'string'],
  [GraphQLID, (value) => typeof value === 'string' || Number.isInteger(value)],
  [GraphQLBoolean, (value) => typeof value === 'boolean'],
  [GraphQLFloat, (value) => Number.isFinite(value)],
  [GraphQLInt, (value) => Number.isInteger(value) && (value as number) >= minInt && (value as number) <= maxInt],
]);

export class VariableChecks {
  readonly #schema: GraphQLSchema;
  /** `undefined`: graphql-js judges them all. */
  readonly #declared = new WeakMap<OperationDefinitionNode, readonly Declared[] | undefined>();

  constructor(schema: GraphQLSchema) {
    this.#schema = schema;
  }

  /** @returns GraphQLErrors `BAD_USER_INPUT`, one for each value that is wrong up to graphql-js's limit of 50 */
  check(operation: OperationDefinitionNode, variables: Variables): readonly GraphQLError[] | undefined {
    const { variableDefinitions = [] } = operation;
    if (variableDefinitions.length === 0 || this.#arePlainlyRight(operation, variables)) return undefined;
    const { errors } = getVariableValues(this.#schema, variableDefinitions, withPlainNumbers(variables) as Variables);
    return errors?.map(
      ({ message, nodes = null }) => new GraphQLError(message, { nodes, extensions: { code: 'BAD_USER_INPUT' } }),
    );
  }

  #arePlainlyRight(operation: OperationDefinitionNode, variables: Variables): boolean {
    let declared = this.#declared.get(operation);
    if (declared === undefined && !this.#declared.has(operation)) {
      declared = this.#read(operation);
      this.#declared.set(operation, declared);
    }
    if (declared === undefined) return false;
    for (const { name, hasDefault, accepts } of declared) {
      const isProvided = Object.hasOwn(variables, name);
      if (isProvided ? !accepts(variables[name]) : !hasDefault && !accepts(null)) return false;
    }
    return true;
  }

  #read({ variableDefinitions = [] }: OperationDefinitionNode): readonly Declared[] | undefined {
    const declared: Declared[] = [];
    for (const { variable, type, defaultValue } of variableDefinitions) {
      const accepts = acceptsOf(typeFromAST(this.#schema, type) as GraphQLInputType | undefined);
      if (accepts === undefined) return undefined;
      declared.push({ name: variable.name.value, hasDefault: defaultValue !== undefined, accepts });
    }
    return declared;
  }
}

function acceptsOf(type: GraphQLInputType | undefined): Accepts | undefined {
  if (isNonNullType(type)) return namedOf(type.ofType);
  const accepts = namedOf(type);
  return accepts && ((value) => value === null || accepts(value));
}

function namedOf(type: GraphQLInputType | undefined): Accepts | undefined {
  if (!isEnumType(type)) return scalars.get(type);
  const names = new Set<unknown>(type.getValues().map(({ name }) => name));
  return (value) => names.has(value);
}
