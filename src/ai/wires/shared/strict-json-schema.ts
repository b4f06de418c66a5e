import type { JsonSchema } from '../../model-call/index.ts';
import { parseJson } from '../../model-call/index.ts';

/**
 * The subset of JSON schema that OpenAI's strict structured output supports (developers.openai.com, "Structured model
 * outputs", supported schemas): every object closed, every property required, `oneOf` written as `anyOf`, unsupported
 * keywords removed. The caller validates the answer against the original schema. An optional property is requested like
 * the others: an answer with it is valid for the original schema too.
 *
 * Schemas that cannot be expressed that way with the same meaning (objects with free keys, `allOf`, `not`, tuples) are
 * requested unchanged, not strictly.
 *
 * The root must be an object there; a schema that is not is wrapped in `{ "value": … }` and `unwrap` extracts it from
 * the answer.
 */
export interface RequestSchema {
  readonly schema: JsonSchema;
  readonly isWrapped: boolean;
  unwrap(answer: string): string;
}

/** Copied unchanged; keywords that contain schemas are converted recursively. */
const plainKeywords = new Set([
  ...['type', 'enum', 'const', 'description', 'pattern', 'format', 'minItems', 'maxItems'],
  ...['multipleOf', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
]);

/** Keywords that strict mode does not support and that a valid answer depends on. */
const freeKeywords = new Set([
  ...['allOf', 'not', 'if', 'patternProperties', 'prefixItems', 'dependentSchemas', 'propertyNames'],
  ...['$dynamicRef', 'unevaluatedProperties', 'contains'],
]);

export function strictJsonSchema(schema: JsonSchema): RequestSchema & { readonly isStrict: boolean } {
  const root = objectRoot(schema);
  return canBeStrict(root.schema)
    ? { ...root, schema: strict(root.schema), isStrict: true }
    : { ...root, isStrict: false };
}

/** A forced function call's parameters must be an object as well. */
export function objectRoot(schema: JsonSchema): RequestSchema {
  if (schema.type === 'object' && schema.anyOf === undefined && schema.oneOf === undefined) {
    return { schema, isWrapped: false, unwrap: (answer) => answer };
  }
  const { $defs, definitions, $schema: _dialect, ...inner } = schema;
  return {
    schema: {
      type: 'object',
      properties: { value: inner },
      required: ['value'],
      additionalProperties: false,
      ...($defs === undefined ? {} : { $defs }),
      ...(definitions === undefined ? {} : { definitions }),
    },
    isWrapped: true,
    unwrap: (answer) => {
      const parsed = parseJson(answer);
      return isRecord(parsed) && Object.hasOwn(parsed, 'value') ? JSON.stringify(parsed.value) : answer;
    },
  };
}

function canBeStrict(schema: unknown): boolean {
  if (!isRecord(schema)) return schema === undefined;
  for (const keyword of Object.keys(schema)) if (freeKeywords.has(keyword)) return false;
  const { type, properties, additionalProperties } = schema;
  if (isRecord(additionalProperties)) return false;
  const mayBeObject = type === 'object' || (Array.isArray(type) && type.includes('object'));
  if (mayBeObject && !isRecord(properties) && additionalProperties !== false) return false;
  if (schema.items !== undefined && !canBeStrict(schema.items)) return false;
  for (const list of [schema.anyOf, schema.oneOf]) if (Array.isArray(list) && !list.every(canBeStrict)) return false;
  for (const schemas of [properties, schema.$defs, schema.definitions]) {
    if (isRecord(schemas) && !Object.values(schemas).every(canBeStrict)) return false;
  }
  return true;
}

function strict(schema: unknown): JsonSchema {
  if (!isRecord(schema)) return {};
  if (schema.$ref !== undefined) return { $ref: schema.$ref };
  const strictSchema: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (plainKeywords.has(keyword)) strictSchema[keyword] = value;
    else if (keyword === 'items') strictSchema.items = strict(value);
    else if ((keyword === 'anyOf' || keyword === 'oneOf') && Array.isArray(value))
      strictSchema.anyOf = value.map(strict);
    else if ((keyword === '$defs' || keyword === 'definitions') && isRecord(value))
      strictSchema[keyword] = strictEach(value);
  }
  if (isRecord(schema.properties) || schema.type === 'object') {
    strictSchema.properties = isRecord(schema.properties) ? strictEach(schema.properties) : {};
    strictSchema.required = Object.keys(isRecord(schema.properties) ? schema.properties : {});
    strictSchema.additionalProperties = false;
  }
  return strictSchema;
}

function strictEach(schemas: Readonly<Record<string, unknown>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, inner]) => [name, strict(inner)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
