import type { JsonSchema } from './model.ts';

/**
 * The part of a JSON schema that OpenAI's strict structured output takes (developers.openai.com, "Structured model
 * outputs", supported schemas): every object closed, every property required, `oneOf` written `anyOf`, keywords it
 * refuses left out. What an answer loses by that is held by the caller's own validation. A property that was optional
 * is asked for like the others: an answer that has it fits the given schema too.
 *
 * The root must be an object there; a schema that is none is wrapped in `{ "value": … }` and `unwrap` takes it out of
 * the answer again.
 */
export interface AskedSchema {
  readonly schema: JsonSchema;
  unwrap(answer: string): string;
}

/** Taken over as they are; keywords that hold schemas are walked instead. */
const plainKeywords = new Set([
  ...['type', 'enum', 'const', 'description', 'pattern', 'format', 'minItems', 'maxItems'],
  ...['multipleOf', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
]);

export function strictJsonSchema(schema: JsonSchema): AskedSchema {
  const { schema: rooted, unwrap } = objectRoot(schema);
  return { schema: strict(rooted), unwrap };
}

/** A forced function call's parameters must be an object as well. */
export function objectRoot(schema: JsonSchema): AskedSchema {
  if (schema.type === 'object' && schema.anyOf === undefined && schema.oneOf === undefined) {
    return { schema, unwrap: (answer) => answer };
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
    unwrap: (answer) => {
      const parsed = parseJson(answer);
      return isRecord(parsed) && Object.hasOwn(parsed, 'value') ? JSON.stringify(parsed.value) : answer;
    },
  };
}

function strict(schema: unknown): JsonSchema {
  if (!isRecord(schema)) return {};
  if (schema.$ref !== undefined) return { $ref: schema.$ref };
  const made: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (plainKeywords.has(keyword)) made[keyword] = value;
    else if (keyword === 'items') made.items = strict(value);
    else if ((keyword === 'anyOf' || keyword === 'oneOf') && Array.isArray(value)) made.anyOf = value.map(strict);
    else if ((keyword === '$defs' || keyword === 'definitions') && isRecord(value)) made[keyword] = strictEach(value);
  }
  if (isRecord(schema.properties) || schema.type === 'object') {
    made.properties = isRecord(schema.properties) ? strictEach(schema.properties) : {};
    made.required = Object.keys(isRecord(schema.properties) ? schema.properties : {});
    made.additionalProperties = false;
  }
  return made;
}

function strictEach(schemas: Readonly<Record<string, unknown>>): Record<string, JsonSchema> {
  return Object.fromEntries(Object.entries(schemas).map(([name, inner]) => [name, strict(inner)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** `undefined` where the text is no JSON: what is malformed is handed on for the caller to judge. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
