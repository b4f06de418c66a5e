/** Random types, selections and answers: what the JSON schema accepts is what reading calls valid, and nothing throws. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { buildSchema, type FieldNode, type FragmentDefinitionNode, Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { type FieldOutput, fieldOutput, repairMessage } from '../../../../src/ai/fields/output/field-output.ts';

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);

/** A type of a test: its name, its selection, and a correct answer. */
type Model =
  | { readonly kind: 'leaf'; readonly type: string }
  | { readonly kind: 'list'; readonly item: Slot }
  | { readonly kind: 'object'; readonly fields: readonly Field[] }
  | { readonly kind: 'union'; readonly members: readonly (readonly Field[])[] };

interface Slot {
  readonly isNullable: boolean;
  readonly model: Model;
}

interface Field {
  readonly slot: Slot;
  readonly isSelected: boolean;
  readonly isAliased: boolean;
  /** Selected inside an inline fragment, or in a named one. */
  readonly within: 'inline' | 'named' | undefined;
}

const leafTypes = ['String', 'Int', 'Float', 'Boolean', 'Mood', 'DateTime', 'Uuid', 'BigInt', 'Whatever'] as const;

const slots: fc.Arbitrary<Slot> = fc.letrec<{ slot: Slot; model: Model; fields: readonly Field[] }>((tie) => ({
  slot: fc.record({ isNullable: fc.boolean(), model: tie('model') }),
  model: fc.oneof(
    { maxDepth: 3, depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('leaf' as const), type: fc.constantFrom(...leafTypes) }),
    fc.record({ kind: fc.constant('list' as const), item: tie('slot') }),
    fc.record({ kind: fc.constant('object' as const), fields: tie('fields') }),
    fc.record({
      kind: fc.constant('union' as const),
      members: fc.array(tie('fields'), { minLength: 1, maxLength: 3 }),
    }),
  ),
  fields: fc.array(
    fc.record({
      slot: tie('slot'),
      isSelected: fc.boolean(),
      isAliased: fc.boolean(),
      within: fc.constantFrom('inline' as const, 'named' as const, undefined),
    }),
    { minLength: 1, maxLength: 4 },
  ),
})).slot;

interface Written {
  readonly sdl: string[];
  readonly fragments: string[];
  types: number;
}

/** Writes the type's SDL. @returns its name and its selection */
function write({ model, isNullable }: Slot, written: Written): { readonly type: string; readonly selection: string } {
  const bang = isNullable ? '' : '!';
  switch (model.kind) {
    case 'leaf':
      return { type: model.type + bang, selection: '' };
    case 'list': {
      const { type, selection } = write(model.item, written);
      return { type: `[${type}]${bang}`, selection };
    }
    case 'object': {
      const { type, selection } = writeObject(model.fields, written);
      return { type: type + bang, selection: ` { __typename ${selection} }` };
    }
    case 'union': {
      const members = model.members.map((fields) => writeObject(fields, written));
      const name = `U${written.types++}`;
      written.sdl.push(`union ${name} = ${members.map(({ type }) => type).join(' | ')}`);
      const selections = members.map(({ type, selection }) =>
        selection === '' ? '' : `... on ${type} { ${selection} }`,
      );
      return { type: name + bang, selection: ` { __typename ${selections.join(' ')} }` };
    }
  }
}

function writeObject(
  fields: readonly Field[],
  written: Written,
): { readonly type: string; readonly selection: string } {
  const name = `T${written.types++}`;
  const selected: string[] = [];
  const defined = fields.map((field, index) => {
    const { type, selection } = write(field.slot, written);
    const text = `${field.isAliased ? `a${index}_${name}: ` : ''}f${index}${selection}`;
    if (!field.isSelected) return `f${index}: ${type}`;
    if (field.within === 'named') {
      written.fragments.push(`fragment F${index}_${name} on ${name} { ${text} }`);
      selected.push(`...F${index}_${name}`);
    } else selected.push(field.within === 'inline' ? `... on ${name} { ${text} }` : text);
    return `f${index}: ${type}`;
  });
  written.sdl.push(`type ${name} { ${defined.join(' ')} }`);
  return { type: name, selection: selected.join(' ') };
}

interface Asked {
  readonly slot: Slot;
  readonly output: FieldOutput;
  /** Whether the answer is under `value`. */
  readonly isWrapped: boolean;
}

const common =
  'enum Mood { GOOD BAD } scalar DateTime scalar Uuid @specifiedBy(url: "https://www.rfc-editor.org/rfc/rfc4122") scalar BigInt scalar Whatever\n';

function ask(slot: Slot): Asked {
  const written: Written = { sdl: [], fragments: [], types: 0 };
  const { type, selection } = write(slot, written);
  const schema = buildSchema(`${common}${written.sdl.join('\n')}\ntype Query { field: ${type} }`);
  const document = parse(`{ field${selection} }\n${written.fragments.join('\n')}`);
  const fragments: Record<string, FragmentDefinitionNode> = {};
  let nodes: readonly FieldNode[] = [];
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments[one.name.value] = one;
    if (one.kind === Kind.OPERATION_DEFINITION)
      nodes = one.selectionSet.selections.filter((node): node is FieldNode => node.kind === Kind.FIELD);
  }
  const fieldType = schema.getQueryType()?.getFields().field?.type;
  if (fieldType === undefined) throw new Error('no field');
  const output = fieldOutput({
    schema,
    name: 'Query_field',
    type: fieldType,
    selection: { nodes, fragments, variables: {} },
  });
  return { slot, output, isWrapped: slot.model.kind !== 'object' };
}

const leafValues: Readonly<Record<(typeof leafTypes)[number], fc.Arbitrary<unknown>>> = {
  String: fc.string({ unit: 'grapheme', maxLength: 20 }),
  Int: fc.integer(),
  Float: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  Boolean: fc.boolean(),
  Mood: fc.constantFrom('GOOD', 'BAD'),
  DateTime: fc
    .date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
    .map((date) => date.toISOString()),
  Uuid: fc.uuid(),
  BigInt: fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
  Whatever: fc.oneof(fc.string(), fc.integer(), fc.boolean()),
};

/** Right values, numbering types as {@link write} does. */
function valuesOf(slot: Slot, numbering: { types: number }, isTop = false): fc.Arbitrary<unknown> {
  const present = presentValues(slot.model, numbering);
  return slot.isNullable && !(isTop && slot.model.kind === 'object') ? fc.option(present, { freq: 4 }) : present;
}

function presentValues(model: Model, numbering: { types: number }): fc.Arbitrary<unknown> {
  switch (model.kind) {
    case 'leaf':
      return leafValues[model.type as (typeof leafTypes)[number]];
    case 'list':
      return fc.array(valuesOf(model.item, numbering), { maxLength: 3 });
    case 'object':
      return objectValues(model.fields, numbering, false);
    case 'union': {
      const members = model.members.map((fields) => objectValues(fields, numbering, true));
      numbering.types++;
      return fc.oneof(...members);
    }
  }
}

function objectValues(
  fields: readonly Field[],
  numbering: { types: number },
  isMember: boolean,
): fc.Arbitrary<unknown> {
  const name = `T${numbering.types++}`;
  const values: Record<string, fc.Arbitrary<unknown>> = isMember ? { __typename: fc.constant(name) } : {};
  for (const [index, field] of fields.entries()) {
    const value = valuesOf(field.slot, numbering);
    if (field.isSelected) values[`f${index}`] = value;
  }
  return fc.record(values, { noNullPrototype: true });
}

const asked = slots
  .filter(({ model }) => !(model.kind === 'leaf' && model.type === 'String'))
  .chain((slot) => {
    const one = ask(slot);
    return valuesOf(slot, { types: 0 }, true).map((value) => ({ ...one, value }));
  });

function accepts({ output }: Asked, value: unknown): boolean {
  if (output.form.kind !== 'json' || output.form.schema === undefined) throw new Error('no JSON is asked for');
  return ajv.validate(output.form.schema, value);
}

const body = ({ isWrapped }: Asked, value: unknown): unknown => (isWrapped ? { value } : value);

function read({ output }: Asked, text: string) {
  const usage = { inputTokens: 1, outputTokens: 1, source: 'reported' } as const;
  return output.read({ content: [{ type: 'text', text }], finishReason: 'stop', usage });
}

/** Every place of a JSON value; the root is `[]`. */
function placesOf(value: unknown, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  const inner = Array.isArray(value)
    ? [...value.entries()]
    : value !== null && typeof value === 'object'
      ? Object.entries(value)
      : [];
  return [at, ...inner.flatMap(([key, one]) => placesOf(one, [...at, key]))];
}

function replaced(value: unknown, [step, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.map((one, index) => (index === step ? replaced(one, rest, by) : one));
  return Object.fromEntries(
    Object.entries(value as object).map(([key, one]) => [key, key === step ? replaced(one, rest, by) : one]),
  );
}

/** No objects, and no other type’s name: missing nullable keys and unrequested keys are tolerated. */
const wrong = fc.oneof(
  fc.constantFrom(null, true, false, 0, 1, -1, 0.5, 2 ** 31, 1e300, '', '0', 'GOOD', 'OLD', 'Query', 'text'),
  fc.string(),
  fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { maxLength: 3 }),
);

describe('of any type and selection', () => {
  it('a correct answer is read as it was written, and fits the schema', () => {
    fc.assert(
      fc.property(asked, (one) => {
        expect(accepts(one, body(one, one.value))).toBe(true);
        expect(read(one, JSON.stringify(body(one, one.value)))).toEqual({ kind: 'valid', value: one.value });
      }),
      { numRuns: 200 },
    );
  });

  it('the schema accepts an answer with a wrong part exactly where reading calls it valid', () => {
    let refused = 0;
    fc.assert(
      fc.property(asked, wrong, fc.nat(), (one, by, at) => {
        const whole = body(one, one.value);
        const places = placesOf(whole);
        const answer = replaced(whole, places[at % places.length] ?? [], by);
        const reading = read(one, JSON.stringify(answer));
        expect(reading.kind === 'valid').toBe(accepts(one, answer));
        if (reading.kind === 'valid')
          expect([reading.value]).toEqual([one.isWrapped ? (answer as { value: unknown }).value : answer]);
        else {
          refused++;
          expect('problems' in reading && repairMessage(reading.problems).length).toBeGreaterThan(100);
        }
      }),
      { numRuns: 400 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it('unrequested keys are removed, and missing keys are null or an error', () => {
    fc.assert(
      fc.property(asked, fc.nat(), (one, at) => {
        const whole = body(one, one.value);
        const objects = placesOf(whole).filter((place) => isObject(placed(whole, place)));
        const place = objects[at % objects.length] ?? [];
        const object = placed(whole, place) as Record<string, unknown>;
        const more = replaced(whole, place, { ...object, more: { of: 'it' } });
        expect(read(one, JSON.stringify(more))).toEqual({ kind: 'valid', value: one.value });

        const [key, ...others] = Object.keys(object);
        if (key === undefined || (place.length === 0 && others.length === 0)) return;
        const less = replaced(whole, place, { ...object, [key]: undefined });
        const nulled = replaced(whole, place, { ...object, [key]: null });
        expect(read(one, JSON.stringify(less)).kind).toBe(read(one, JSON.stringify(nulled)).kind);
      }),
      { numRuns: 200 },
    );
  });
});

it('any JSON is read without throwing, and reaches no prototype', () => {
  const keys = fc.constantFrom('value', 'f0', 'f1', '__proto__', 'constructor', 'prototype', '__typename', 'toString');
  const trees = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.json({ maxDepth: 2 }),
      fc
        .array(fc.tuple(keys, tie('tree')), { maxLength: 4 })
        .map((entries) => `{${entries.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join(',')}}`),
      fc.array(tie('tree'), { maxLength: 3 }).map((items) => `[${items.join(',')}]`),
    ),
  })).tree;
  const before = Object.getOwnPropertyNames(Object.prototype).length;
  fc.assert(
    fc.property(asked, fc.oneof(trees, fc.string()), (one, text) => {
      const reading = read(one, text);
      expect(['valid', 'partial', 'invalid']).toContain(reading.kind);
      if (reading.kind === 'valid') {
        expect(JSON.parse(JSON.stringify([reading.value]))).toEqual([reading.value]);
        for (const prototype of prototypesOf(reading.value))
          expect([Object.prototype, Array.prototype, null]).toContain(prototype);
      }
    }),
    { numRuns: 300 },
  );
  expect(Object.getOwnPropertyNames(Object.prototype).length).toBe(before);
});

function isObject(value: unknown): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function placed(value: unknown, place: readonly (string | number)[]): unknown {
  return place.reduce((inner, step) => (inner as Record<string | number, unknown>)[step], value);
}

function prototypesOf(value: unknown): unknown[] {
  if (value === null || typeof value !== 'object') return [];
  return [Object.getPrototypeOf(value), ...Object.values(value).flatMap(prototypesOf)];
}
