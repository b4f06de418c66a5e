/**
 * What a model might write, in the form a request asks for: a sentence for every text, three texts for every list, so
 * that the tokens of answers compare as a model's would.
 */
type Schema = Readonly<Record<string, unknown>>;

const sentence =
  'Customers praise how solid it feels and how little care it needs; several find it heavy for its size.';
const point = 'solid and easy to look after';
const perList = 3;

/** Of a chat completion's body; plain text where it asks for no JSON. */
export function readableAnswer(body: unknown): string {
  const form = (body as { readonly response_format?: { readonly json_schema?: { readonly schema?: unknown } } } | null)
    ?.response_format;
  const schema = form?.json_schema?.schema;
  if (!isSchema(schema)) return sentence;
  return JSON.stringify(valueFor(schema, schema, countOf(body)));
}

function valueFor(given: Schema, root: Schema, items: number): unknown {
  const schema = resolved(given, root);
  if (Array.isArray(schema.enum)) return schema.enum.find((value) => value !== null);
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) {
    const chosen: unknown = alternatives.find((one) => isSchema(one) && one.type !== 'null');
    return isSchema(chosen) ? valueFor(chosen, root, items) : null;
  }
  const type = Array.isArray(schema.type) ? schema.type.find((one) => one !== 'null') : schema.type;
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries((schema.properties ?? {}) as Schema).map(([name, property]) => [
          name,
          isSchema(property) ? valueFor(property, root, items) : null,
        ]),
      );
    case 'array':
      return isSchema(schema.items) ? listFor(resolved(schema.items, root), root, items) : [];
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    default:
      return point;
  }
}

/** A batch has an entry for every item, under its number; any other list has three. */
function listFor(item: Schema, root: Schema, items: number): unknown[] {
  const { index, answer } = (item.properties ?? {}) as Schema;
  if (items === 0 || index === undefined || !isSchema(answer)) {
    return Array.from({ length: perList }, () => valueFor(item, root, 0));
  }
  return Array.from({ length: items }, (_, at) => ({ index: at + 1, answer: valueFor(answer, root, 0) }));
}

/** How many items a batch holds, by its own numbering; 0 where it is none. */
function countOf(body: unknown): number {
  const { messages } = body as { readonly messages?: unknown };
  const numbers = [...JSON.stringify(messages).matchAll(/Item \d+ of (\d+):/g)].map((match) => Number(match[1]));
  return numbers[0] ?? 0;
}

function resolved(schema: Schema, root: Schema): Schema {
  const { $ref: reference } = schema;
  if (typeof reference !== 'string') return schema;
  let at: unknown = root;
  for (const step of reference.replace(/^#\/?/, '').split('/')) at = isSchema(at) && step !== '' ? at[step] : at;
  return isSchema(at) ? at : {};
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
