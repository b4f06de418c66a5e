/**
 * What a model is asked for and how its answer is read, from a field's GraphQL type and what the client selected of it.
 *
 * A single String or ID is plain text; everything else is JSON that fits a schema of an object (under `value` where the
 * type is none). Only selected fields are asked for, so nobody pays for fields nobody asked for. Text in an answer is
 * text, whatever it looks like: HTML, templates, queries and links are neither read nor changed.
 *
 * The JSON schema and the reading agree, but for what reading forgives (a missing key that may be null, keys beyond those
 * asked for, an id written as a number) and what the schema does not say (bounds of length and depth).
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isScalarType,
} from 'graphql';
import { deepFreeze, stableHash } from '../../../lib/index.ts';
import type { JsonSchema, ModelAnswer, OutputForm } from '../../model-call/index.ts';
import { type OutputProblem, readOutput } from './output-reader.ts';
import { presentSchema, wrapperSchema } from './output-schema.ts';
import { decidingVariables, type OutputSelection } from './output-selection.ts';
import { outputShape } from './output-shape.ts';
import { answerJson, answerText } from './output-text.ts';
import { boundedText, maxStringLength } from './output-value.ts';

export type { OutputProblem } from './output-reader.ts';
export { repairWords } from './output-repair.ts';
export { unsupportedOutput } from './output-support.ts';

export interface FieldOutput {
  readonly form: OutputForm;
  /** Of everything that shapes an answer: part of the keys it is kept by. */
  readonly hash: string;
  /** Reads a whole answer. */
  read(answer: ModelAnswer): OutputReading;
  /** Reads the part of a shared answer that is this field's: JSON that fits the form's schema, or a string for text. */
  readValue(value: unknown): OutputReading;
  /** Reads what the field's own code made of an answer: a value of the field's type, `null` where that may be. */
  readFinished(value: unknown): OutputReading;
}

/**
 * - `valid`: JSON by the fields' own names, with `__typename` where it decides; only what was selected
 * - `partial`: the same, with a `GatewayError` `AI_OUTPUT_INVALID` in the place of each part that does not fit. graphql-js
 *   throws an error it finds as a value at that value's path, and keeps the rest as nullability allows
 * - `invalid`: nothing of it can be given. `value` is there where what does not fit is within it, with the errors in their
 *   places as in a partial one: what may not be null takes the whole along, and the error still says where
 */
export type OutputReading =
  | { readonly kind: 'valid'; readonly value: unknown }
  | { readonly kind: 'partial'; readonly value: unknown; readonly problems: readonly OutputProblem[] }
  | { readonly kind: 'invalid'; readonly problems: readonly OutputProblem[]; readonly value?: unknown }
  | { readonly kind: 'refused'; readonly detail: string };

export interface FieldOutputOptions {
  readonly schema: GraphQLSchema;
  /** How providers' logs name it: letters, digits, `_` and `-`. */
  readonly name: string;
  readonly type: GraphQLOutputType;
  /** The field as a client selected it. @default the whole type, without deprecated fields */
  readonly selection?: {
    readonly nodes: readonly FieldNode[];
    readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
    readonly variables: Readonly<Record<string, unknown>>;
  };
}

/** Raised where answers are read differently, so that none kept before is taken for one read so. */
const readingVersion = 1;

/** Made once per field of a document, and once per field where nothing is selected below it. */
export function fieldOutput(options: FieldOutputOptions): FieldOutput {
  const { schema, name, type, selection } = options;
  const [first] = selection?.nodes ?? [];
  if (selection === undefined || first === undefined || isLeafType(getNamedType(type))) {
    return outputOfType(schema, name, type);
  }
  const cached = outputsOfNodes.get(first) ?? [];
  for (const candidate of cached)
    if (isSame(candidate, options, selection.nodes)) return outputOf(candidate, selection);
  const nodes = [...selection.nodes];
  const outputs = new Map<string, FieldOutput>();
  const entry: SelectedField = { schema, name, type, nodes, deciding: decidingVariables(selection), outputs };
  outputsOfNodes.set(first, [...cached, entry]);
  return outputOf(entry, selection);
}

/** A field of a document, with what it comes to for each value of the variables that decide. */
interface SelectedField {
  readonly schema: GraphQLSchema;
  readonly name: string;
  readonly type: GraphQLOutputType;
  readonly nodes: readonly FieldNode[];
  readonly deciding: readonly string[];
  readonly outputs: Map<string, FieldOutput>;
}

const outputsOfTypes = new WeakMap<GraphQLOutputType, Map<string, FieldOutput>>();
/** A list each: one node in a fragment on an interface is a field of several types. */
const outputsOfNodes = new WeakMap<FieldNode, SelectedField[]>();

function outputOfType(schema: GraphQLSchema, name: string, type: GraphQLOutputType): FieldOutput {
  let byName = outputsOfTypes.get(type);
  if (byName === undefined) {
    byName = new Map();
    outputsOfTypes.set(type, byName);
  }
  let output = byName.get(name);
  if (output === undefined) {
    output = makeOutput(schema, name, type, undefined);
    byName.set(name, output);
  }
  return output;
}

function isSame(entry: SelectedField, options: FieldOutputOptions, nodes: readonly FieldNode[]): boolean {
  if (entry.type !== options.type || entry.name !== options.name || entry.schema !== options.schema) return false;
  if (entry.nodes.length !== nodes.length) return false;
  for (let index = 0; index < nodes.length; index++) if (entry.nodes[index] !== nodes[index]) return false;
  return true;
}

function outputOf({ schema, name, type, deciding, outputs }: SelectedField, selection: OutputSelection): FieldOutput {
  let key = '';
  for (const variable of deciding) key += selection.variables[variable] === true ? '1' : '0';
  let output = outputs.get(key);
  if (output === undefined) {
    // A document with many such variables must not keep a power of two of them.
    if (outputs.size >= 64) outputs.clear();
    output = makeOutput(schema, name, type, selection);
    outputs.set(key, output);
  }
  return output;
}

function makeOutput(
  schema: GraphQLSchema,
  name: string,
  type: GraphQLOutputType,
  selection: OutputSelection | undefined,
): FieldOutput {
  const nullableType = getNullableType(type);
  if (isScalarType(nullableType) && (nullableType.name === 'String' || nullableType.name === 'ID'))
    return nullableType === type ? textOutput : textOutputNotNull;
  const shape = outputShape(schema, type, selection);
  const isWrapped = shape.kind !== 'object';
  return {
    ...jsonOutput(name, isWrapped ? wrapperSchema(shape) : presentSchema(shape), (value) =>
      readOutput(shape, isWrapped, value),
    ),
    readFinished: (value) => readOutput(shape, true, { value }),
  };
}

const textOutput: FieldOutput = Object.freeze({
  form: Object.freeze({ kind: 'text' } as const),
  hash: stableHash({ readingVersion, kind: 'text' }),
  read(answer: ModelAnswer): OutputReading {
    const reading = answerText(answer);
    return reading.kind === 'text'
      ? readText(reading.text)
      : reading.kind === 'refused'
        ? reading
        : invalid(reading.message);
  },
  readValue: readText,
  readFinished: (value: unknown): OutputReading =>
    value === null ? { kind: 'valid', value } : readFinishedText(value),
});

const textOutputNotNull: FieldOutput = Object.freeze({ ...textOutput, readFinished: readFinishedText });

function readText(value: unknown): OutputReading {
  if (typeof value !== 'string') return invalid('the answer must be a string');
  const text = boundedText(value.trim());
  if (text === undefined) return invalid('the answer is too long');
  return text === '' ? invalid('the answer is empty') : { kind: 'valid', value: text };
}

/** Unlike a model, code may say that there is nothing: an empty text is one. */
function readFinishedText(value: unknown): OutputReading {
  const text = typeof value === 'string' ? boundedText(value) : undefined;
  return text === undefined
    ? invalid(`the value must be a string of at most ${maxStringLength} characters`)
    : { kind: 'valid', value: text };
}

function jsonOutput(
  name: string,
  schema: JsonSchema,
  readValue: (value: unknown) => OutputReading,
): Omit<FieldOutput, 'readFinished'> {
  return {
    form: deepFreeze({ kind: 'json', name, schema } as const),
    hash: stableHash({ readingVersion, schema }),
    read(answer) {
      const reading = answerText(answer);
      if (reading.kind === 'refused') return reading;
      if (reading.kind === 'invalid') return invalid(reading.message);
      const value = answerJson(reading.text);
      return value === undefined ? invalid('the answer is not JSON, or is longer than 1 MB') : readValue(value);
    },
    readValue,
  };
}

function invalid(message: string): OutputReading {
  return { kind: 'invalid', problems: [{ path: [], message }] };
}
