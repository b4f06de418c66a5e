import { buildSubgraphSchema } from '@apollo/subgraph';
import fc from 'fast-check';
import { type GraphQLObjectType, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { anonymous } from '../../../../../src/access/principal.ts';
import { aiFieldsOf } from '../../../../../src/ai/fields/ai-field.ts';
import { questionWriter } from '../../../../../src/ai/fields/answers/question-writer.ts';
import type { Inputs } from '../../../../../src/ai/fields/answers/sensitive.ts';
import { fieldOutput } from '../../../../../src/ai/fields/output/field-output.ts';
import { parsePrompt } from '../../../../../src/ai/fields/prompts/prompt.ts';
import { Deadline } from '../../../../../src/lib/index.ts';
import { linkOwnDirectives } from '../../../../../src/supergraph/index.ts';
import type { RequestContext } from '../../../../../src/transport/index.ts';
import { TestModels } from '../../../../integration/v1/v1-server.ts';

const document = parse(`extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
  @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
type Query { ask(q: String): String @generate(prompt: "p") }
type User @key(fields: "email") {
  email: String!  name: String! @external  phone: String @external
  letter(tone: String): String @requires(fields: "name phone") @generate(prompt: "p", maxOutputTokens: 9) }`);
const prompt = await parsePrompt(
  'p',
  '---\nmodel: fast\nconfig: { maxOutputTokens: 5 }\n---\n{{name}} {{phone}} {{tone}}',
);
const schema = buildSubgraphSchema([{ typeDefs: linkOwnDirectives(document) }]);

const inputs = { maxInputTokens: 8_000, longInput: 'reject', maxChunks: 8 } as const;

interface Asking {
  readonly field?: string;
  readonly sensitive?: Readonly<Record<string, string>>;
  readonly principal?: { readonly id?: string; readonly tenant?: string };
  readonly supplied?: Inputs;
}

function writerOf(field: string, sensitive: Readonly<Record<string, string>> = {}) {
  const one = aiFieldsOf(document).find(({ fieldName }) => fieldName === field);
  const parent = schema.getType(one?.typeName ?? '') as GraphQLObjectType;
  const type = parent.getFields()[field]?.type;
  if (one === undefined || type === undefined) throw new Error('a field');
  const writer = questionWriter({
    schema,
    field: one,
    parent,
    choice: { versions: [{ prompt, weight: 1 }], pick: () => prompt },
    models: new TestModels(),
    sensitive: new Map(Object.entries(sensitive)),
    placeholderKey: new Uint8Array(32),
    code: undefined,
    config: { ...inputs },
  });
  return { ...writer, output: fieldOutput({ schema, name: 'x', type }) };
}

const contextOf = (principal: Asking['principal'] = {}): RequestContext => ({
  requestId: 'r',
  principal: { ...anonymous, id: 'a', tenant: 't', ...principal },
  signal: new AbortController().signal,
  deadline: Deadline.in(1_000),
});

function write(
  entity: Inputs,
  args: Inputs,
  { field = 'letter', sensitive = {}, principal = {}, supplied = {} }: Asking = {},
) {
  const writer = writerOf(field, sensitive);
  const inputs = writer.read(entity);
  return inputs && writer.write(inputs, args, supplied, writer.output, contextOf(principal));
}
const ann = { __typename: 'User', email: 'ann@x.example', name: 'Ann', phone: '5550123' };

describe('a question', () => {
  it('is the same whatever else the client selects: inputs of other fields do not matter', () => {
    const alone = write(ann, { tone: 'dry' });
    const beside = write({ ...ann, bio: 'Sails.', friends: [{ name: 'Bob' }] }, { tone: 'dry' });
    expect(beside?.key).toBe(alone?.key);
    expect(beside?.stickyKey).toBe(alone?.stickyKey);
    expect(beside?.values).toEqual(alone?.values);
    expect(beside?.entity).toEqual(alone?.entity);
    expect(write({ ...ann, phone: '5550124' }, { tone: 'dry' })?.key).not.toBe(alone?.key);
  });

  it('has the inputs by their names, and an identity to be sticky by', () => {
    expect(write(ann, { tone: 'dry' })).toMatchObject({
      coordinate: 'User.letter',
      alias: 'fast',
      maxOutputTokens: 9,
      values: { name: 'Ann', phone: '5550123', tone: 'dry' },
      stickyKey: 'User ["ann@x.example"]',
    });
    expect(write({}, { q: 'x' }, { field: 'ask' })?.stickyKey).not.toBe(
      write({}, { q: 'y' }, { field: 'ask' })?.stickyKey,
    );
  });

  it('has the same key for the same object, and another key if anything differs', () => {
    const entity = { ...ann };
    const writer = writerOf('letter');
    const keyOf = (args: Inputs, supplied: Inputs = {}, tenant = 't') => {
      const inputs = writer.read(entity);
      return inputs && writer.write(inputs, args, supplied, writer.output, contextOf({ tenant })).key;
    };
    const first = keyOf({ tone: 'dry' });
    expect(keyOf({ tone: 'dry' })).toBe(first);
    expect(first).toBe(write({ ...ann }, { tone: 'dry' })?.key);
    const others = [keyOf({ tone: 'wet' }), keyOf({ tone: 'dry' }, { more: 1 }), keyOf({ tone: 'dry' }, {}, 'u')];
    expect(new Set([first, ...others]).size).toBe(4);
    expect(keyOf({ tone: 'dry' })).toBe(first);
  });

  it('does not exist if a non-null input is missing', () => {
    expect(write({ ...ann, name: null }, {})).toBeUndefined();
    expect(write({ ...ann, phone: null }, {})?.values).toEqual({ name: 'Ann', phone: null });
  });

  it('differs with each input, argument, supplied value and tenant, and with nothing else', () => {
    const key = write(ann, { tone: 'dry' })?.key;
    expect(write({ ...ann, email: 'other' }, { tone: 'dry' })?.key).toBe(key);
    expect(write(ann, { tone: 'dry' }, { principal: { id: 'b' } })?.key).toBe(key);
    const others = [
      write({ ...ann, name: 'Bob' }, { tone: 'dry' }),
      write({ ...ann, phone: null }, { tone: 'dry' }),
      write(ann, { tone: 'wet' }),
      write(ann, {}),
      write(ann, { tone: 'dry' }, { supplied: { x: 1 } }),
      write(ann, { tone: 'dry' }, { principal: { tenant: 'u' } }),
    ];
    expect(new Set([key, ...others.map((one) => one?.key)]).size).toBe(7);
  });

  it('never shares its key with a question of other inputs', () => {
    const value = fc.oneof(fc.string(), fc.constant(null));
    fc.assert(
      fc.property(fc.string(), value, value, fc.string(), value, value, (name, phone, tone, name2, phone2, tone2) => {
        const same = name === name2 && phone === phone2 && tone === tone2;
        const one = write({ ...ann, name, phone }, { tone })?.key;
        expect(write({ ...ann, name: name2, phone: phone2 }, { tone: tone2 })?.key === one).toBe(same);
      }),
    );
  });

  it('of private inputs is masked and separate for each caller, also in arguments and keys', () => {
    const sensitive = { 'User.phone': 'contact', 'User.email': 'personal' };
    const one = write(ann, { tone: 'call 5550123' }, { sensitive });
    const phone = expect.stringMatching(/^\[CONTACT_1_\w{6}\]$/);
    expect(one?.values).toEqual({ name: 'Ann', phone, tone: `call ${one?.values.phone}` });
    expect(one?.entity).toMatchObject({ email: '[personal]', phone });
    expect(write(ann, { tone: 'call 5550123' }, { sensitive, principal: { id: 'b' } })?.key).not.toBe(one?.key);
    const other = write({ ...ann, phone: '5550199' }, { tone: 'call 5550199' }, { sensitive });
    expect(other?.values).toMatchObject({ name: 'Ann', phone });
    expect(other?.key).not.toBe(one?.key);
    expect(other?.key).not.toContain('5550');
  });
});
