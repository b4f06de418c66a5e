/**
 * The smallest value that fits a JSON schema: required properties only, with as few list items and characters as it
 * allows.
 *
 * It supports `$ref` within the schema, `const`, `enum`, `anyOf`, `oneOf`, `allOf`, bounds and the common formats, and
 * Gemini's upper-case types. `pattern` is not supported: script a `json` answer then.
 */

type Schema = Readonly<Record<string, unknown>>;

const deepest = 32;

export function fitSchema(schema: unknown): unknown {
  return leastFor(schema, schema, 0);
}

function leastFor(node: unknown, root: unknown, depth: number): unknown {
  if (!isSchema(node) || depth > deepest) return null;
  const schema = merged(node, root);
  if (Object.hasOwn(schema, 'const')) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  const alternatives = schema.anyOf ?? schema.oneOf;
  // Null ends lists that the first alternative would nest further.
  if (Array.isArray(alternatives) && alternatives.length > 0) {
    const chosen = depth > 3 ? (alternatives.find(isNull) ?? alternatives[0]) : alternatives[0];
    return leastFor(chosen, root, depth + 1);
  }
  switch (typeOf(schema)) {
    case 'object':
      return fitObject(schema, root, depth);
    case 'array':
      return Array.from({ length: numberOr(schema.minItems, 0) }, () => leastFor(schema.items, root, depth + 1));
    case 'string':
      return fitString(schema);
    case 'integer':
    case 'number':
      return fitNumber(schema);
    case 'boolean':
      return true;
    default:
      return null;
  }
}

/** A schema's own keywords, merged with those of its `$ref` and `allOf`. */
function merged(schema: Schema, root: unknown): Schema {
  let result = schema;
  for (let hops = 0; typeof result.$ref === 'string' && hops < deepest; hops++) {
    const { $ref: reference, ...siblings } = result;
    const target = lookUp(reference as string, root);
    result = isSchema(target) ? { ...target, ...siblings } : siblings;
  }
  if (!Array.isArray(result.allOf)) return result;
  const { allOf, ...base } = result;
  let whole: Schema = base;
  for (const part of allOf) {
    if (!isSchema(part)) continue;
    const branch = merged(part, root);
    whole = {
      ...branch,
      ...whole,
      properties: { ...recordOr(branch.properties), ...recordOr(whole.properties) },
      required: [...listOr(branch.required), ...listOr(whole.required)],
    };
  }
  return whole;
}

function lookUp(reference: string, root: unknown): unknown {
  let at: unknown = root;
  for (const step of reference.replace(/^#\/?/, '').split('/')) {
    if (step === '') continue;
    if (!isSchema(at)) return undefined;
    at = at[decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return at;
}

function fitObject(schema: Schema, root: unknown, depth: number): unknown {
  const properties = recordOr(schema.properties);
  const fitted: [string, unknown][] = [];
  for (const name of new Set(listOr(schema.required))) {
    if (typeof name !== 'string') continue;
    const property = Object.hasOwn(properties, name) ? properties[name] : schema.additionalProperties;
    fitted.push([name, leastFor(property, root, depth + 1)]);
  }
  return Object.fromEntries(fitted);
}

const formats: ReadonlyMap<unknown, string> = new Map([
  ['date', '2026-01-01'],
  ['time', '00:00:00Z'],
  ['date-time', '2026-01-01T00:00:00Z'],
  ['duration', 'P1D'],
  ['email', 'someone@example.com'],
  ['hostname', 'example.com'],
  ['ipv4', '192.0.2.1'],
  ['ipv6', '2001:db8::1'],
  ['uri', 'https://example.com/'],
  ['uuid', '00000000-0000-4000-8000-000000000000'],
]);

function fitString(schema: Schema): string {
  const format = formats.get(schema.format);
  if (format !== undefined) return format;
  return 'text'.padEnd(numberOr(schema.minLength, 0), '.').slice(0, Math.max(0, numberOr(schema.maxLength, Infinity)));
}

function fitNumber(schema: Schema): number {
  const isWhole = typeOf(schema) === 'integer';
  const step = numberOr(schema.multipleOf, isWhole ? 1 : 0);
  const least = numberOr(schema.minimum, -Infinity);
  const above = numberOr(schema.exclusiveMinimum, -Infinity);
  const most = Math.min(numberOr(schema.maximum, Infinity), numberOr(schema.exclusiveMaximum, Infinity));
  let value = Math.max(least, above, Math.min(0, most));
  if (value === -Infinity) value = 0;
  if (step > 0) {
    value = Math.ceil(value / step) * step;
    if (value > most) value = Math.floor(most / step) * step;
    if (value <= above) value += step;
    if (value === schema.exclusiveMaximum) value -= step;
    return value;
  }
  if (value > above && value !== schema.exclusiveMaximum) return value;
  // An open bound: the middle of the range, or one step away if there is no other bound.
  if (value <= above) return most === Infinity ? above + 1 : (above + most) / 2;
  const floor = Math.max(least, above);
  return floor === -Infinity ? most - 1 : (floor + most) / 2;
}

function typeOf(schema: Schema): string | undefined {
  const type = Array.isArray(schema.type) ? schema.type.find((type) => type !== 'null') : schema.type;
  if (typeof type === 'string') return type.toLowerCase(); // Gemini writes STRING
  if (isSchema(schema.properties)) return 'object';
  return isSchema(schema.items) ? 'array' : undefined;
}

function isNull(schema: unknown): boolean {
  return isSchema(schema) && schema.type === 'null';
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recordOr(value: unknown): Schema {
  return isSchema(value) ? value : {};
}

function listOr(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function numberOr(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
