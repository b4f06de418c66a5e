/**
 * What a model is asked for and how its answer is read, from a field's GraphQL type. A single String or ID is plain
 * text; enums, numbers, booleans and lists of these are JSON under `value` (providers want an object at the top).
 */
import {
  GraphQLError,
  type GraphQLLeafType,
  type GraphQLOutputType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isScalarType,
} from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import type { JsonSchema, ModelAnswer, OutputForm } from '../models/index.ts';

export interface FieldOutput {
  readonly form: OutputForm;
  /**
   * Reads an answer into the field's value.
   * @throws GatewayError `AI_OUTPUT_INVALID` or `AI_OUTPUT_REFUSED`
   */
  read(answer: ModelAnswer): unknown;
}

/** @returns undefined for types that are not available yet: objects, interfaces, unions and custom scalars */
export function fieldOutput(name: string, type: GraphQLOutputType): FieldOutput | undefined {
  const bare = isNonNullType(type) ? type.ofType : type;
  if (isScalarType(bare) && (bare.name === 'String' || bare.name === 'ID')) {
    return { form: { kind: 'text' }, read: (answer) => complete(answer).trim() || invalid('the answer is empty') };
  }
  const value = schemaOf(type);
  if (value === undefined) return undefined;
  const schema = { type: 'object', properties: { value }, required: ['value'], additionalProperties: false };
  return {
    form: { kind: 'json', name, schema },
    read(answer) {
      const body = parseJson(complete(answer));
      if (body === null || typeof body !== 'object' || !Object.hasOwn(body, 'value'))
        return invalid('the answer has no "value"');
      return readValue(type, (body as { readonly value: unknown }).value);
    },
  };
}

function schemaOf(type: GraphQLOutputType): JsonSchema | undefined {
  const bare = isNonNullType(type) ? type.ofType : type;
  const schema = isListType(bare) ? listSchema(bare.ofType) : isLeafType(bare) ? leafSchema(bare) : undefined;
  if (schema === undefined) return undefined;
  return isNonNullType(type) ? schema : { anyOf: [schema, { type: 'null' }] };
}

function listSchema(item: GraphQLOutputType): JsonSchema | undefined {
  const items = schemaOf(item);
  return items === undefined ? undefined : { type: 'array', items };
}

const scalarSchemas: Readonly<Record<string, JsonSchema>> = {
  String: { type: 'string' },
  ID: { type: 'string' },
  Int: { type: 'integer' },
  Float: { type: 'number' },
  Boolean: { type: 'boolean' },
};

function leafSchema(type: GraphQLLeafType): JsonSchema | undefined {
  const description = type.description == null ? {} : { description: type.description };
  if (isEnumType(type)) {
    const values = type.getValues().filter((value) => value.deprecationReason == null);
    return { type: 'string', enum: values.map((value) => value.name), ...description };
  }
  return Object.hasOwn(scalarSchemas, type.name) ? scalarSchemas[type.name] : undefined;
}

function readValue(type: GraphQLOutputType, value: unknown): unknown {
  if (isNonNullType(type)) {
    return value === null || value === undefined
      ? invalid('a value that may not be null is')
      : readValue(type.ofType, value);
  }
  if (value === null || value === undefined) return null;
  if (isListType(type)) {
    return Array.isArray(value) ? value.map((item) => readValue(type.ofType, item)) : invalid('a list is not a list');
  }
  if (!isLeafType(type)) return invalid('the type is not available yet');
  try {
    // A leaf's input coercion is the strict one: output coercion would turn true into "true" and 1 into a string.
    return type.parseValue(value);
  } catch (error) {
    return invalid(error instanceof GraphQLError ? error.message : 'a value does not fit its type');
  }
}

function complete(answer: ModelAnswer): string {
  if (answer.refusal !== undefined || answer.finishReason === 'content_filter') {
    throw new GatewayError('AI_OUTPUT_REFUSED', { detail: answer.refusal ?? 'the provider filtered the content' });
  }
  return answer.finishReason === 'length' ? invalid('the answer was cut at maxOutputTokens') : answer.text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return invalid('the answer is not JSON');
  }
}

function invalid(detail: string): never {
  throw new GatewayError('AI_OUTPUT_INVALID', { detail });
}
