/** Validates values against JSON schemas (draft 2020-12) with `ajv`. */
import type * as Ajv from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { messageOf } from '../../errors/index.ts';
import { packageOnDemand } from '../../lib/index.ts';
import type { JsonSchema } from '../model-call/index.ts';

const ajvPackage = packageOnDemand<typeof Ajv>('ajv/dist/2020.js');

/** Compiling takes milliseconds, so validators are cached by the schema object, and by its text for schemas from clients. */
const validators = new WeakMap<JsonSchema, ValidateFunction>();
const validatorsByText = new LRUCache<string, ValidateFunction>({
  maxSize: 16_000_000,
  // The compiled function, its source and its compiler: 14 to 30 bytes per character were measured.
  sizeCalculation: (_validate, text) => 15_000 + text.length * 30,
});

/** @returns why the value is not a usable JSON schema; undefined if it is */
export function schemaError(schema: JsonSchema): string | undefined {
  try {
    validatorOf(schema);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** @returns the validation errors, each with its path, such as `input/reviews/0 must be object`; empty if valid */
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
  // One compiler per schema, so that two schemas with the same `$id` do not conflict. Compiling detects a keyword of the
  // wrong type; validating against the metaschema too would cost 100 ms for the first schema.
  const validate = new (ajvPackage().Ajv2020)({
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
