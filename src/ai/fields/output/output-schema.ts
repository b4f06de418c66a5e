/**
 * The JSON schema (draft 2020-12) of what a model is asked for, in the words every provider's strict mode keeps: objects
 * closed and all their properties required, nothing but `anyOf` for what may be null or of several types, no `$ref`.
 * Bounds of length are not said: no honest answer meets them, and every word of a schema is paid for in each call.
 */
import { unreachable } from '../../../lib/index.ts';
import type { JsonSchema } from '../../model-call/index.ts';
import type { AbstractShape, ObjectShape, OutputShape } from './output-shape.ts';

/** @param description what the place is for, besides what its type says of itself */
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

/** @returns the schema of a value that is there */
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

/** An object of one value, for types that are none: providers want an object at the top. */
export function wrapperSchema(shape: OutputShape): JsonSchema {
  return {
    type: 'object',
    properties: { value: outputSchema(shape) },
    required: ['value'],
    additionalProperties: false,
  };
}

function objectSchema({ fields, description }: ObjectShape, first: Readonly<Record<string, JsonSchema>>): JsonSchema {
  // Entries become own properties whatever they are called.
  const properties = Object.fromEntries([
    ...Object.entries(first),
    ...fields.map((field) => [field.name, outputSchema(field.shape, field.description)] as const),
  ]);
  return describe(
    { type: 'object', properties, required: Object.keys(properties), additionalProperties: false },
    description,
  );
}

/** The discriminator comes first, as it decides what follows. Types of which nothing is selected share one choice. */
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

/** The place's own words before its type's. */
function describe(schema: JsonSchema, description: string | undefined): JsonSchema {
  if (description === undefined) return schema;
  const both = typeof schema.description === 'string' ? `${description}\n${schema.description}` : description;
  return { ...schema, description: both };
}
