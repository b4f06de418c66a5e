/**
 * The JSON schema (draft 2020-12) of the requested output, in the subset that every provider's strict mode supports: closed
 * objects with all properties required, `anyOf` for nullable and abstract types, no `$ref`. Length bounds are omitted:
 * legitimate answers do not reach them, and every schema token is paid for in each call.
 */
import { unreachable } from '../../../lib/index.ts';
import type { JsonSchema } from '../../model-call/index.ts';
import type { AbstractShape, ObjectShape, OutputShape } from './output-shape.ts';

/** @param description the description of the field, in addition to that of its type */
export function outputSchema(shape: OutputShape, description?: string): JsonSchema {
  const schema = presentSchema(shape);
  if (!shape.isNullable) return describe(schema, description);
  const choices = shape.kind !== 'object' && Array.isArray(schema.anyOf) ? schema.anyOf : undefined;
  const nullable =
    choices === undefined
      ? { anyOf: [schema, { type: 'null' }] }
      : { ...schema, anyOf: [...choices, { type: 'null' }] };
  return describe(nullable, description);
}

/** @returns the schema of a non-null value */
export function presentSchema(shape: OutputShape): JsonSchema {
  switch (shape.kind) {
    case 'leaf':
      return describe(shape.leaf.schema, shape.leaf.description);
    case 'list':
      return { type: 'array', items: outputSchema(shape.item) };
    case 'object':
      return objectSchema(shape, {});
    case 'abstract':
      return abstractSchema(shape);
    default:
      return unreachable(shape);
  }
}

/** Wraps a type that is not an object in an object with the key `value`: providers require an object at the top level. */
export function wrapperSchema(shape: OutputShape): JsonSchema {
  return {
    type: 'object',
    properties: { value: outputSchema(shape) },
    required: ['value'],
    additionalProperties: false,
  };
}

function objectSchema({ fields, description }: ObjectShape, first: Readonly<Record<string, JsonSchema>>): JsonSchema {
  // `fromEntries` creates own properties even for names such as `__proto__`.
  const properties = Object.fromEntries([
    ...Object.entries(first),
    ...fields.map((field) => [field.name, outputSchema(field.shape, field.description)] as const),
  ]);
  return describe(
    { type: 'object', properties, required: Object.keys(properties), additionalProperties: false },
    description,
  );
}

/** `__typename` comes first, because the other keys depend on it. Types without selected fields share one choice. */
function abstractSchema({ types, description }: AbstractShape): JsonSchema {
  const choices: JsonSchema[] = [];
  const bare: ObjectShape[] = [];
  for (const type of types.values()) {
    if (type.fields.length === 0) bare.push(type);
    else choices.push(objectSchema(type, { __typename: { type: 'string', const: type.typeName } }));
  }
  if (bare.length > 0) {
    const words = bare.flatMap((type) =>
      type.description === undefined ? [] : [`${type.typeName}: ${type.description}`],
    );
    const names = { type: 'string', enum: bare.map(({ typeName }) => typeName) };
    const nothing = { kind: 'object', isNullable: false, typeName: '', description: undefined, fields: [] } as const;
    choices.push(objectSchema(nothing, { __typename: describe(names, words.join('\n') || undefined) }));
  }
  return describe({ anyOf: choices }, description);
}

/** Adds the description of a field before that of its type. */
function describe(schema: JsonSchema, description: string | undefined): JsonSchema {
  if (description === undefined) return schema;
  const both = typeof schema.description === 'string' ? `${description}\n${schema.description}` : description;
  return { ...schema, description: both };
}
