/**
 * Derives the output form requested from a model, and the parsing of its answer, from a field's GraphQL type and the client's
 * selection.
 *
 * A single String or ID is requested as plain text, everything else as JSON for an object schema (wrapped under `value` if
 * the type is not an object). Only selected fields are requested, so unselected ones cost nothing. Text in an answer stays
 * plain text: HTML, templates, queries and links are neither interpreted nor changed.
 *
 * Parsing accepts what the JSON schema allows, with these exceptions: a nullable key may be missing, extra keys are ignored,
 * an ID may be a number, and lengths and depths have bounds that the schema does not state.
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
export { repairMessage } from './output-repair.ts';
export { unsupportedOutput } from './output-support.ts';

export interface FieldOutput {
  readonly form: OutputForm;
  /** Hash of everything that affects the form of an answer; part of its cache key. */
  readonly hash: string;
  /** Parses a complete answer. */
  read(answer: ModelAnswer): OutputReading;
  /** Parses this field's part of a batched answer: JSON that fits the form's schema, or a string for text. */
  readValue(value: unknown): OutputReading;
  /** Validates the result of the field's custom code: a value of the field's type, or `null` if it is nullable. */
  readFinished(value: unknown): OutputReading;
}

/**
 * - `valid`: JSON keyed by field names (not aliases), with `__typename` in abstract types; selected fields only
 * - `partial`: the same, with a `GatewayError` `AI_OUTPUT_INVALID` in place of each invalid value. graphql-js throws an
 *   error that it finds as a value, at the path of that value, and returns the remaining data as nullability allows
 * - `invalid`: no data can be returned. `value` is set if the invalid part is nested, with the errors in place as in a
 *   partial reading: null propagates to the top, and the error still has its own path
 * - `refused`: the model or the provider declined to answer
 */
export type OutputReading =
  | { readonly kind: 'valid'; readonly value: unknown }
  | { readonly kind: 'partial'; readonly value: unknown; readonly problems: readonly OutputProblem[] }
  | { readonly kind: 'invalid'; readonly problems: readonly OutputProblem[]; readonly value?: unknown }
  | { readonly kind: 'refused'; readonly detail: string };

export interface FieldOutputOptions {
  readonly schema: GraphQLSchema;
  /** The name of the form in provider requests: letters, digits, `_` and `-`. */
  readonly name: string;
  readonly type: GraphQLOutputType;
  /** The client's selection of the field. @default the whole type, without deprecated fields */
  readonly selection?: {
    readonly nodes: readonly FieldNode[];
    readonly fragments: Readonly<Record<string, FragmentDefinitionNode>>;
    readonly variables: Readonly<Record<string, unknown>>;
  };
}

/** Incremented when parsing changes, so that answers cached before are not reused. */
const readingVersion = 1;

/** Memoised per field of a document, and per type if the field is a leaf or has no selection. */
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

/** A field of a document, with its output for each combination of the `@skip` and `@include` variables. */
interface SelectedField {
  readonly schema: GraphQLSchema;
  readonly name: string;
  readonly type: GraphQLOutputType;
  readonly nodes: readonly FieldNode[];
  readonly deciding: readonly string[];
  readonly outputs: Map<string, FieldOutput>;
}

const outputsOfTypes = new WeakMap<GraphQLOutputType, Map<string, FieldOutput>>();
/** Each node has a list: in a fragment on an interface, one node is a field of several types. */
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
    // A document with many such variables has exponentially many combinations.
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

/** Unlike a model, custom code may return an empty string. */
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
