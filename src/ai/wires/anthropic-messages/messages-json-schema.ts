/**
 * Converts JSON schemas to the form of `output_config.format`. The API refuses unknown keywords, recursive schemas and
 * more than a few optional properties, and closes open objects, so that a map is always empty. Constraints that its
 * decoder does not support are moved to the description.
 *
 * Source: Anthropic's guide to structured outputs; the rules are those of `@ai-sdk/anthropic`.
 */
import type { JsonObject, JsonSchema } from '../../model-call/index.ts';
import { arrayOf, isRecord, recordOf } from '../../model-call/index.ts';

/** The API accepts 24; compiling the grammar fails earlier on some of its hosts. */
const maxOptionalProperties = 10;

/** Whether the API accepts the schema without losing data. */
export function fitsOutputFormat(schema: JsonSchema): boolean {
  const state: Inspection = { root: schema, optional: 0, isOpen: false, path: new Set() };
  return inspect(schema, state) && !state.isOpen && state.optional <= maxOptionalProperties;
}

interface Inspection {
  readonly root: JsonSchema;
  optional: number;
  isOpen: boolean;
  /** The references on the current path. */
  readonly path: Set<string>;
}

const subschemas = ['additionalProperties', 'contains', 'else', 'if', 'items', 'not', 'then'];
const schemaLists = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];
const schemaMaps = ['dependentSchemas', 'patternProperties', 'properties'];

/** @returns false if the schema is recursive */
function inspect(node: unknown, state: Inspection): boolean {
  if (!isRecord(node) || state.optional > maxOptionalProperties) return true;
  const { $ref: reference } = node;
  if (typeof reference === 'string' && reference.startsWith('#')) {
    if (state.path.has(reference) || reference === '#') return false;
    state.path.add(reference);
    const isAcyclic = inspect(resolvePointer(state.root, reference), state);
    state.path.delete(reference);
    if (!isAcyclic) return false;
  }
  if (isOpenObject(node)) state.isOpen = true;
  if (isRecord(node.properties)) {
    const required = new Set(arrayOf(node.required));
    for (const name of Object.keys(node.properties)) if (!required.has(name)) state.optional += 1;
  }
  return innerSchemas(node).every((inner) => inspect(inner, state));
}

function innerSchemas(node: JsonObject): readonly unknown[] {
  return [
    ...subschemas.flatMap((keyword) => node[keyword]),
    ...schemaLists.flatMap((keyword) => arrayOf(node[keyword])),
    ...schemaMaps.flatMap((keyword) => Object.values(recordOf(node[keyword]))),
  ];
}

function isOpenObject({ additionalProperties, patternProperties, properties, type }: JsonObject): boolean {
  if (additionalProperties === true || isRecord(additionalProperties)) return true;
  if (Object.keys(recordOf(patternProperties)).length > 0) return true;
  const isObject = type === 'object' || (Array.isArray(type) && type.includes('object'));
  return isObject && (properties === undefined || properties === null) && additionalProperties !== false;
}

function resolvePointer(root: JsonSchema, pointer: string): unknown {
  let target: unknown = root;
  for (const segment of pointer.slice(2).split('/')) {
    const name = decoded(segment).replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(target)) target = target[Number(name)];
    else if (isRecord(target) && Object.hasOwn(target, name)) target = target[name];
    else return undefined;
  }
  return target;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

const plainKeywords = ['$schema', '$id', 'title', 'description', 'default', 'const', 'enum', 'type'];
const formats: ReadonlySet<unknown> = new Set([
  ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'],
]);
const constraints = [
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'minLength', 'maxLength', 'pattern'],
  ...['minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'not'],
];

/** The schema, reduced to the keywords that the API supports. */
export function outputFormatSchema(schema: JsonSchema): JsonSchema {
  // Definitions are copied with a reference, which may point to them.
  if (isSet(schema.$ref)) return { $ref: schema.$ref, ...definitionsOf(schema) };
  const format: Record<string, unknown> = {};
  for (const keyword of plainKeywords) {
    const value = schema[keyword];
    if (keyword === 'default' || keyword === 'const' ? value !== undefined : isSet(value)) format[keyword] = value;
  }
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (isSet(alternatives)) format.anyOf = arrayOf(alternatives).map(inner);
  if (isSet(schema.allOf)) format.allOf = arrayOf(schema.allOf).map(inner);
  Object.assign(format, definitionsOf(schema));
  if (schema.type === 'object' || isSet(schema.properties)) {
    if (isSet(schema.properties)) format.properties = eachOf(schema.properties);
    format.additionalProperties = false;
    if (isSet(schema.required)) format.required = schema.required;
  }
  if (isSet(schema.items)) format.items = Array.isArray(schema.items) ? schema.items.map(inner) : inner(schema.items);
  if (formats.has(schema.format)) format.format = schema.format;
  const sentence = constraintsOf(schema);
  if (sentence !== undefined) {
    format.description = isSet(format.description) ? `${String(format.description)}\n${sentence}` : sentence;
  }
  return format;
}

function inner(schema: unknown): unknown {
  return isRecord(schema) ? outputFormatSchema(schema) : schema;
}

function eachOf(schemas: unknown): JsonObject {
  return Object.fromEntries(Object.entries(recordOf(schemas)).map(([name, schema]) => [name, inner(schema)]));
}

function definitionsOf({ definitions, $defs }: JsonSchema): JsonObject {
  return {
    ...(isSet(definitions) ? { definitions: eachOf(definitions) } : {}),
    ...(isSet($defs) ? { $defs: eachOf($defs) } : {}),
  };
}

/** `min length: 2; pattern: ^a.` */
function constraintsOf(schema: JsonSchema): string | undefined {
  const sentences: string[] = [];
  for (const keyword of constraints) {
    const value = schema[keyword];
    if (!isSet(value) || value === false) continue;
    const name = keyword.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    sentences.push(`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`);
  }
  if (typeof schema.format === 'string' && !formats.has(schema.format)) sentences.push(`format: ${schema.format}`);
  return sentences.length === 0 ? undefined : `${sentences.join('; ')}.`;
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}
