/**
 * The JSON schema and the parser of a scalar or an enum. Parsing is as strict as GraphQL's input coercion: output coercion
 * would turn `true` into `"true"`.
 */
import { type GraphQLEnumType, type GraphQLLeafType, type GraphQLScalarType, isEnumType } from 'graphql';
import type { JsonSchema } from '../../model-call/index.ts';
import { scalarForm } from './output-scalars.ts';
import { boundedText, maxStringLength } from './output-value.ts';

export interface OutputLeaf {
  /** Without the description of the type. */
  readonly schema: JsonSchema;
  readonly description: string | undefined;
  /** The requirement on a value, for error messages; begins with `must be`. */
  readonly expected: string;
  /** Whether an error message quotes an invalid string: only an enum value is worth quoting. */
  readonly isEnum: boolean;
  /** @returns the value for the executor; `undefined` if it does not fit */
  read(value: unknown): unknown;
}

const leaves = new WeakMap<GraphQLLeafType, OutputLeaf>();

export function outputLeaf(type: GraphQLLeafType): OutputLeaf {
  let leaf = leaves.get(type);
  if (leaf === undefined) {
    leaf = isEnumType(type) ? enumLeaf(type) : scalarLeaf(type);
    leaves.set(type, leaf);
  }
  return leaf;
}

/** The enum values a model may choose. Deprecated values are excluded, and rejected in an answer. */
export function offeredValues(type: GraphQLEnumType) {
  return type.getValues().filter(({ deprecationReason }) => deprecationReason == null);
}

function enumLeaf(type: GraphQLEnumType): OutputLeaf {
  const offered = offeredValues(type);
  const byName = new Map<unknown, unknown>(offered.map(({ name, value }) => [name, value]));
  const words = offered.flatMap(({ name, description }) => (description ? [`${name}: ${description}`] : []));
  const description = [...(type.description ? [type.description] : []), ...words].join('\n');
  const names = offered.map(({ name }) => name);
  return {
    schema: { type: 'string', enum: names },
    description: description === '' ? undefined : description,
    expected: `must be one of ${shorten(names.join(', '), 400)}`,
    isEnum: true,
    read: (value) => byName.get(value),
  };
}

const maxInt = 2_147_483_647;

const builtIn: ReadonlyMap<string, Omit<OutputLeaf, 'description' | 'isEnum'>> = new Map([
  [
    'String',
    {
      schema: { type: 'string' },
      expected: `must be a string of at most ${maxStringLength} characters`,
      read: (value: unknown) => (typeof value === 'string' ? boundedText(value) : undefined),
    },
  ],
  [
    'ID',
    {
      schema: { type: 'string' },
      expected: `must be a string of at most ${maxStringLength} characters`,
      // GraphQL accepts integers as IDs, and models write IDs of digits as numbers.
      read: (value: unknown) =>
        typeof value === 'string' ? boundedText(value) : Number.isSafeInteger(value) ? String(value) : undefined,
    },
  ],
  [
    'Int',
    {
      schema: { type: 'integer', minimum: -maxInt - 1, maximum: maxInt },
      expected: `must be a whole number from ${-maxInt - 1} to ${maxInt}`,
      read: (value: unknown) =>
        typeof value === 'number' && Number.isInteger(value) && value <= maxInt && value >= -maxInt - 1
          ? value
          : undefined,
    },
  ],
  [
    'Float',
    {
      schema: { type: 'number' },
      expected: 'must be a finite number',
      read: (value: unknown) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined),
    },
  ],
  [
    'Boolean',
    {
      schema: { type: 'boolean' },
      expected: 'must be true or false',
      read: (value: unknown) => (typeof value === 'boolean' ? value : undefined),
    },
  ],
]);

function scalarLeaf(type: GraphQLScalarType): OutputLeaf {
  const builtInLeaf = builtIn.get(type.name);
  // The descriptions of the built-in scalars cost tokens and do not help a model.
  if (builtInLeaf !== undefined) return { ...builtInLeaf, description: undefined, isEnum: false };
  const { schema, words, read } = scalarForm(type.name, type.specifiedByURL);
  return {
    schema,
    description: type.description || `${type.name}: ${words}`,
    expected: `must be ${words}`,
    isEnum: false,
    read(value) {
      const parsed = read(value);
      return parsed !== undefined && passesParseValue(type, parsed) ? parsed : undefined;
    },
  };
}

/** A scalar implemented in code has its own validation. Its parsed value is discarded: it need not be JSON. */
function passesParseValue(type: GraphQLScalarType, value: unknown): boolean {
  try {
    return type.parseValue(value) !== undefined;
  } catch {
    return false;
  }
}

function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)} …`;
}
