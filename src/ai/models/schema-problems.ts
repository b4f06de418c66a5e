/** Holds a value against a JSON schema (draft 2020-12): the door of `ajv`. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { messageOf } from '../../errors/index.ts';
import type { JsonSchema } from '../model-call/index.ts';

/** Compiling takes milliseconds: a schema is known again by itself, or by its text where a client sends it each time. */
const validators = new WeakMap<JsonSchema, ValidateFunction>();
const validatorsByText = new LRUCache<string, ValidateFunction>({
  maxSize: 16_000_000,
  // The compiled function, its source, and the compiler it came from: 14 to 30 bytes for a character were measured.
  sizeCalculation: (_validate, text) => 15_000 + text.length * 30,
});

/** @returns why it cannot be used as a JSON schema; undefined where it can */
export function whyNoSchema(schema: JsonSchema): string | undefined {
  try {
    validatorOf(schema);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** @returns what is wrong, each with its place, such as `input/reviews/0 must be object`; nothing where it fits */
export function schemaProblems(schema: JsonSchema, value: unknown, name = ''): readonly string[] {
  const validate = validatorOf(schema);
  if (validate(value)) return [];
  return (validate.errors ?? []).map((error) => `${name}${error.instancePath} ${error.message ?? 'is wrong'}`.trim());
}

function validatorOf(schema: JsonSchema): ValidateFunction {
  const compiled = validators.get(schema);
  if (compiled !== undefined) return compiled;
  const text = JSON.stringify(schema);
  const compiledByText = validatorsByText.get(text);
  if (compiledByText !== undefined) {
    validators.set(schema, compiledByText);
    return compiledByText;
  }
  // Compiled apart, so that schemas of two prompts with one `$id` do not meet. Compiling finds a keyword of the wrong
  // type by itself; holding the schema against its metaschema too would cost the first one 100 ms.
  const validate = new Ajv2020({
    strict: false,
    validateFormats: false,
    validateSchema: false,
    meta: false,
    logger: false,
  }).compile(schema);
  validators.set(schema, validate);
  validatorsByText.set(text, validate);
  return validate;
}
