/** Holds a value against a JSON schema (draft 2020-12) of a prompt's owner. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { messageOf } from '../../errors/index.ts';
import type { JsonSchema } from '../models/index.ts';

const validators = new WeakMap<JsonSchema, ValidateFunction>();

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
  const known = validators.get(schema);
  if (known !== undefined) return known;
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
  return validate;
}
