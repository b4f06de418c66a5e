/**
 * How a scalar or an enum is asked for and read. Reading is strict, as GraphQL's input coercion is: output coercion would
 * turn `true` into `"true"`.
 */
import { type GraphQLEnumType, type GraphQLLeafType, type GraphQLScalarType, isEnumType } from 'graphql';
import type { JsonSchema } from '../../model-call/index.ts';
import { scalarForm } from './output-scalars.ts';
import { boundedText, maxStringLength } from './output-value.ts';

export interface OutputLeaf {
  /** Without the type's own description. */
  readonly schema: JsonSchema;
  readonly description: string | undefined;
  /** What a value must be, for whoever answered something else; begins with `must be`. */
  readonly expected: string;
  /** Whether a wrong string is worth repeating: it was meant to be a word of a list. */
  readonly isEnum: boolean;
  /** @returns what is given to the executor; `undefined` where the value does not fit */
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

/** The values a model may choose: deprecated ones are not offered, and refused. */
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
      // GraphQL takes whole numbers for ids, and models write ids that are all digits so.
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
  // The built-in scalars' own descriptions teach a model nothing and are paid for.
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

/** A scalar of code has a check of its own. What it makes of the value is not kept: it need not be JSON. */
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
