/**
 * An AI subgraph, in-process: SDL and prompts behind the interface of any other subgraph. Representations bring the
 * inputs that @requires names, a model call gives each @generate field its value. Free of gateway internals, so that
 * it can be served over HTTP later.
 *
 * All entities of one request are asked at once, and calls that are equal to the letter are made once per client request.
 */
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  execute,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLSchema,
  isNonNullType,
  isObjectType,
  parse,
} from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import { invariant, stableHash } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import { linkAiDirectives } from '../../supergraph/index.ts';
import type { RequestContext, SubgraphClient, SubgraphError, SubgraphRequest } from '../../transport/index.ts';
import type { ModelAnswer, ModelClient, ModelRequest } from '../models/index.ts';
import { type AiField, aiFieldsOf } from './ai-field.ts';
import { fieldOutput } from './field-output.ts';
import { PromptError } from './prompt.ts';
import type { PromptFolder } from './prompt-folder.ts';

/** How long one AI field may take. */
const fieldTimeoutMs = 20_000;

export interface AiSubgraphOptions {
  readonly name: string;
  readonly sdl: string;
  readonly prompts: PromptFolder;
  readonly models: ModelClient;
  readonly log: Logger;
}

type Resolver = GraphQLFieldResolver<Readonly<Record<string, unknown>>, RequestContext>;
/** The calls of one client request by what is asked: the same question is asked once. */
type ModelCalls = Map<string, Promise<ModelAnswer>>;

/** @throws an invariant's error for a subgraph that `checkAiSubgraph` would have refused */
export function createAiSubgraph(options: AiSubgraphOptions): SubgraphClient {
  const document = parse(options.sdl);
  const fields = aiFieldsOf(document);
  const schema = buildSubgraphSchema([{ typeDefs: linkAiDirectives(document), resolvers: referenceResolvers(fields) }]);
  const callsOf = new WeakMap<RequestContext, ModelCalls>();
  const sharedCalls = (context: RequestContext): ModelCalls => {
    const calls: ModelCalls = callsOf.get(context) ?? new Map();
    callsOf.set(context, calls);
    return calls;
  };
  for (const field of fields) {
    const definition = objectType(schema, field.typeName).getFields()[field.fieldName];
    invariant(definition !== undefined, `${field.typeName}.${field.fieldName} is a field`);
    definition.resolve = resolverOf(field, objectType(schema, field.typeName), options, sharedCalls);
  }

  return {
    name: options.name,
    kind: 'in-process',
    async execute(request, context) {
      const { data, errors } = await execute({
        schema,
        document: parse(request.query, { noLocation: true }),
        contextValue: context,
        variableValues: variablesOf(request),
        operationName: request.operationName ?? null,
      });
      context.signal.throwIfAborted();
      return {
        data: data ?? null,
        ...(errors === undefined ? {} : { errors: errors.map((error) => toSubgraphError(error, context, options)) }),
      };
    },
    close: async () => {},
  };
}

function variablesOf({ variables, variablesJson, representationsJson }: SubgraphRequest): Record<string, unknown> {
  const values =
    variablesJson === undefined ? { ...variables } : (JSON.parse(variablesJson) as Record<string, unknown>);
  return representationsJson === undefined
    ? values
    : { ...values, representations: JSON.parse(`[${representationsJson.join(',')}]`) };
}

function referenceResolvers(fields: readonly AiField[]) {
  const byReference = { __resolveReference: (reference: unknown) => reference };
  return Object.fromEntries(
    [...new Set(fields.map((field) => field.typeName))]
      .filter((typeName) => typeName !== 'Query' && typeName !== 'Mutation')
      .map((typeName) => [typeName, byReference]),
  );
}

function objectType(schema: GraphQLSchema, name: string): GraphQLObjectType {
  const type = schema.getType(name);
  invariant(isObjectType(type), `${name} is an object type`);
  return type;
}

function resolverOf(
  field: AiField,
  parent: GraphQLObjectType,
  { prompts, models }: AiSubgraphOptions,
  callsOf: (context: RequestContext) => ModelCalls,
): Resolver {
  const definition = parent.getFields()[field.fieldName];
  const prompt = prompts.find(field.prompt);
  invariant(definition !== undefined && !(prompt instanceof PromptError), `${field.fieldName} has been checked`);
  const output = fieldOutput(`${field.typeName}_${field.fieldName}`, definition.type);
  const alias = field.model ?? prompt.model;
  const maxOutputTokens = field.maxOutputTokens ?? prompt.maxOutputTokens;
  const mandatory = field.requires.filter((name) => isNonNullType(parent.getFields()[name]?.type));

  return async (entity, args, context) => {
    // Required data that failed elsewhere: the field is null with that error's cause, and no model is asked.
    if (mandatory.some((name) => entity[name] === null || entity[name] === undefined)) return null;
    if (output === undefined || alias === undefined || maxOutputTokens === undefined) {
      throw new GatewayError('AI_MODEL_UNAVAILABLE', { detail: `the type of ${field.fieldName} is not available yet` });
    }
    const inputs = Object.fromEntries(field.requires.map((name) => [name, entity[name]]));
    const request: ModelRequest = {
      messages: await prompt.render({ ...inputs, ...args }),
      output: output.form,
      maxOutputTokens,
      ...(prompt.temperature === undefined ? {} : { temperature: prompt.temperature }),
    };
    const bounds = { signal: context.signal, deadline: context.deadline.within(fieldTimeoutMs) };
    const calls = callsOf(context);
    const key = stableHash({ alias, request });
    const call = calls.get(key) ?? models.complete(alias, request, bounds);
    calls.set(key, call);
    return output.read(await call);
  };
}

function toSubgraphError(
  error: GraphQLError,
  context: RequestContext,
  { name, log }: AiSubgraphOptions,
): SubgraphError {
  const cause = error.originalError;
  const path = error.path === undefined ? {} : { path: error.path };
  if (cause instanceof GatewayError) {
    log.warn(
      { requestId: context.requestId, subgraph: name, code: cause.code, reason: cause.detail },
      'AI field failed',
    );
    return { message: cause.message, ...path, extensions: { code: cause.code } };
  }
  log.error({ requestId: context.requestId, subgraph: name, error: cause ?? error }, 'AI field failed unexpectedly');
  return { message: error.message, ...path, extensions: { code: 'INTERNAL_SERVER_ERROR' } };
}
