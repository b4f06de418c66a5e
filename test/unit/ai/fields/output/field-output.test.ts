import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {
  buildSchema,
  execute,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLObjectType,
  GraphQLScalarType,
  type GraphQLSchema,
  Kind,
  parse,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { type FieldOutput, fieldOutput, repairMessage } from '../../../../../src/ai/fields/output/field-output.ts';
import type { JsonSchema, ModelAnswer } from '../../../../../src/ai/model-call/index.ts';
import { strictJsonSchema } from '../../../../../src/ai/wires/shared/strict-json-schema.ts';
import { GatewayError } from '../../../../../src/errors/index.ts';

const sdl = `
directive @generate(prompt: String!) on FIELD_DEFINITION
"What to do with a product."
enum Verdict { BUY "Not yet." WAIT AVOID OLD @deprecated(reason: "gone") }
scalar DateTime
scalar Locale
scalar JSON
scalar Link @specifiedBy(url: "https://url.spec.whatwg.org/#url")
"Both sides of a product."
type Highlights {
  "What customers praise."
  pros: [String!]
  cons: [String!]
  "The advice."
  verdict: Verdict
  score: Int!
  best: Quote
  quotes: [Quote]
  reason: String @generate(prompt: "reason")
  former: String @deprecated
  inside: Highlights
}
type Quote { text: String! stars: Int id: ID at: DateTime constructor: String }
interface Finding { title: String! }
"Works."
type Strength implements Finding { title: String! weight: Float }
"Does not work."
type Defect implements Finding { title: String! isSafety: Boolean! parts: [String!] }
type Nothing implements Finding { title: String! }
union Answer = Strength | Defect | Nothing
type Query {
  highlights: Highlights
  findings: [Finding!]
  finding: Finding
  answer: Answer!
  gist: String
  id: ID!
  verdict: Verdict
  score: Int!
  ratio: Float
  sure: Boolean
  topics: [String!]
  grid: [[Int]!]
  at: DateTime!
  to: Locale
  free: JSON
  link: Link
}`;

const schema = buildSchema(sdl);
const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);

function parts(query: string, of: GraphQLSchema = schema) {
  const document = parse(query);
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no operation');
  const nodes = operation.selectionSet.selections.filter((one): one is FieldNode => one.kind === Kind.FIELD);
  const fragments: Record<string, FragmentDefinitionNode> = {};
  for (const one of document.definitions) if (one.kind === Kind.FRAGMENT_DEFINITION) fragments[one.name.value] = one;
  const name = nodes[0]?.name.value ?? '';
  const type = (of.getType('Query') as GraphQLObjectType).getFields()[name]?.type;
  if (type === undefined) throw new Error(`no field ${name}`);
  return { document, nodes, fragments, name: `Query_${name}`, type };
}

function outputOf(query: string, variables: Record<string, unknown> = {}, of: GraphQLSchema = schema): FieldOutput {
  const { nodes, fragments, name, type } = parts(query, of);
  return fieldOutput({ schema: of, name, type, selection: { nodes, fragments, variables } });
}

function schemaOf(output: FieldOutput): JsonSchema {
  if (output.form.kind !== 'json' || output.form.schema === undefined) throw new Error('no JSON is asked for');
  return output.form.schema;
}

function answer(text: string, rest: Partial<ModelAnswer> = {}): ModelAnswer {
  const usage = { inputTokens: 1, outputTokens: 1, source: 'reported' } as const;
  return { content: [{ type: 'text', text }], finishReason: 'stop', usage, ...rest };
}

function read(query: string, value: unknown) {
  return outputOf(query).read(answer(JSON.stringify(value)));
}

/** As in the AI subgraph: the executor completes the read value. */
async function given(query: string, value: unknown) {
  const { document, nodes } = parts(query);
  const reading = read(query, value);
  if (reading.kind !== 'valid' && reading.kind !== 'partial') throw new Error(`it is ${reading.kind}`);
  const key = nodes[0]?.name.value ?? '';
  const { data, errors } = await execute({ schema, document, rootValue: { [key]: reading.value } });
  const told = (errors ?? []).map(({ path, originalError }) => ({
    path: path?.join('.'),
    code: originalError instanceof GatewayError ? originalError.code : undefined,
  }));
  return { data: JSON.parse(JSON.stringify(data)), errors: told };
}

describe('the requested output', () => {
  it('is plain text for one String or ID', () => {
    expect(outputOf('{ gist }').form).toEqual({ kind: 'text' });
    expect(outputOf('{ id }').form).toEqual({ kind: 'text' });
  });

  it.each([
    ['score', { type: 'integer', minimum: -2147483648, maximum: 2147483647 }],
    ['ratio', { anyOf: [{ type: 'number' }, { type: 'null' }] }],
    ['sure', { anyOf: [{ type: 'boolean' }, { type: 'null' }] }],
    ['topics', { anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }] }],
    [
      'verdict',
      {
        anyOf: [
          {
            type: 'string',
            enum: ['BUY', 'WAIT', 'AVOID'],
            description: 'What to do with a product.\nWAIT: Not yet.',
          },
          { type: 'null' },
        ],
      },
    ],
  ])('of %s is an object with the value', (name, value) => {
    const output = outputOf(`{ ${name} }`);
    expect(output.form).toEqual({
      kind: 'json',
      name: `Query_${name}`,
      schema: { type: 'object', properties: { value }, required: ['value'], additionalProperties: false },
    });
  });

  it('is the client’s selection, across aliases and fragments, in the order of the type', () => {
    const output = outputOf(
      `{ highlights { ...F a: verdict best { stars } } b: highlights { ... { best { words: text } } } }
       fragment F on Highlights { pros }`,
    );
    expect(schemaOf(output)).toEqual({
      type: 'object',
      description: 'Both sides of a product.',
      properties: {
        pros: {
          description: 'What customers praise.',
          anyOf: [{ type: 'array', items: { type: 'string' } }, { type: 'null' }],
        },
        verdict: {
          description: 'The advice.',
          anyOf: [
            {
              type: 'string',
              enum: ['BUY', 'WAIT', 'AVOID'],
              description: 'What to do with a product.\nWAIT: Not yet.',
            },
            { type: 'null' },
          ],
        },
        best: {
          anyOf: [
            {
              type: 'object',
              properties: {
                text: { type: 'string' },
                stars: { anyOf: [{ type: 'integer', minimum: -2147483648, maximum: 2147483647 }, { type: 'null' }] },
              },
              required: ['text', 'stars'],
              additionalProperties: false,
            },
            { type: 'null' },
          ],
        },
      },
      required: ['pros', 'verdict', 'best'],
      additionalProperties: false,
    });
  });

  it('omits what @skip and @include exclude, for each value of their variables', () => {
    const { nodes, fragments, name, type } = parts(
      'query ($a: Boolean!) { highlights { score pros @skip(if: $a) ... @include(if: $a) { cons verdict @skip(if: true) } } }',
    );
    const keysFor = (a: boolean) => {
      const output = fieldOutput({ schema, name, type, selection: { nodes, fragments, variables: { a } } });
      return schemaOf(output).required;
    };
    expect([keysFor(true), keysFor(false), keysFor(true)]).toEqual([
      ['cons', 'score'],
      ['pros', 'score'],
      ['cons', 'score'],
    ]);
  });

  it('omits deprecated fields unless they are selected, and fields with a prompt or a resolver', () => {
    expect(schemaOf(outputOf('{ highlights { former score reason } }')).required).toEqual(['score', 'former']);
    const { name, type } = parts('{ highlights { score } }');
    const whole = schemaOf(fieldOutput({ schema, name, type }));
    expect(whole.required).toEqual(['pros', 'cons', 'verdict', 'score', 'best', 'quotes']);

    const resolved = buildSchema(sdl);
    const quote = resolved.getType('Quote') as GraphQLObjectType;
    const { stars } = quote.getFields();
    if (stars !== undefined) stars.resolve = () => 1;
    expect(schemaOf(outputOf('{ highlights { best { text stars } } }', {}, resolved))).not.toMatchObject({
      properties: { best: { anyOf: [{ properties: { stars: {} } }] } },
    });
  });

  it('follows a type inside itself as deep as it is selected', () => {
    const output = outputOf('{ highlights { inside { inside { score } } } }');
    expect(output.readValue({ inside: { inside: { score: 3, inside: null } } })).toEqual({
      kind: 'valid',
      value: { inside: { inside: { score: 3 } } },
    });
  });

  it('is one choice for each type of an interface or union; the selection does not decide which', () => {
    const output = outputOf(
      '{ answer { __typename ... on Strength { weight } ... on Finding { ... on Strength { title } } } }',
    );
    expect(schemaOf(output).properties).toEqual({
      value: {
        anyOf: [
          {
            type: 'object',
            description: 'Works.',
            properties: {
              __typename: { type: 'string', const: 'Strength' },
              title: { type: 'string' },
              weight: { anyOf: [{ type: 'number' }, { type: 'null' }] },
            },
            required: ['__typename', 'title', 'weight'],
            additionalProperties: false,
          },
          {
            type: 'object',
            properties: {
              __typename: { type: 'string', enum: ['Defect', 'Nothing'], description: 'Defect: Does not work.' },
            },
            required: ['__typename'],
            additionalProperties: false,
          },
        ],
      },
    });
  });

  it.each([
    ['at', '2026-11-21T10:00:00Z', '2026-02-30T10:00:00Z'],
    ['to', 'de-AT', ['de']],
    ['to', 7, {}],
    ['link', 'https://isthmus.dev/ai', 'javascript:alert(1)'],
    ['free', { a: [1, { b: null }] }, undefined],
  ])('of the custom scalar in %s has its format: %j, not %j', (name, good, bad) => {
    const output = outputOf(`{ ${name} }`);
    const fits = ajv.compile(schemaOf(output));
    expect(fits({ value: good })).toBe(true);
    expect(output.readValue({ value: good })).toEqual({ kind: 'valid', value: good });
    expect(fits({ value: bad })).toBe(false);
    expect(output.readValue({ value: bad }).kind).toBe('invalid');
  });

  it('is validated by the code of a scalar as well, and returned as the original JSON', () => {
    const own = buildSchema(sdl);
    const locale = own.getType('Locale');
    if (!(locale instanceof GraphQLScalarType)) throw new Error('Locale is a scalar');
    locale.parseValue = (value) => {
      if (value !== 'de') throw new GraphQLError(`no such locale: ${value}`);
      return new Date();
    };
    const output = outputOf('{ to }', {}, own);
    expect(output.readValue({ value: 'de' })).toEqual({ kind: 'valid', value: 'de' });
    expect(output.readValue({ value: 'en' }).kind).toBe('invalid');
  });

  it('has the same meaning in a provider’s strict mode', () => {
    for (const query of [
      '{ highlights { pros verdict best { id at } quotes { text } } }',
      '{ findings { title ... on Defect { isSafety } } }',
      '{ answer { ... on Strength { weight } } }',
      '{ to }',
      '{ link }',
    ]) {
      const asked = schemaOf(outputOf(query));
      const { schema: strict, isStrict, isWrapped } = strictJsonSchema(asked);
      expect({ isStrict, isWrapped }).toEqual({ isStrict: true, isWrapped: false });
      expect(strict).toEqual(asked);
    }
  });

  it('is bounded, however fragments are nested', () => {
    const document = '{ highlights { ...F } } fragment F on Highlights { a: inside { ...F } b: quotes { text } }';
    expect(() => outputOf(document)).toThrow(expect.objectContaining({ code: 'AI_REQUEST_INVALID' }));
  });
});

describe('the output of a field', () => {
  it('is created once per field of a document', () => {
    const { nodes, fragments, name, type } = parts('{ highlights { pros } }');
    const make = () => fieldOutput({ schema, name, type, selection: { nodes: [...nodes], fragments, variables: {} } });
    expect(make()).toBe(make());
    expect(outputOf('{ verdict }')).toBe(outputOf('{ verdict }'));
  });

  it('is distinguished if one node is a field of several types, or is merged with others', () => {
    const { nodes, fragments, name, type } = parts('{ highlights { pros } b: highlights { cons } }');
    const [first] = nodes;
    if (first === undefined) throw new Error('no field');
    const one = fieldOutput({ schema, name, type, selection: { nodes: [first], fragments, variables: {} } });
    const both = fieldOutput({ schema, name, type, selection: { nodes, fragments, variables: {} } });
    const list = parts('{ findings { title } }').type;
    const other = fieldOutput({ schema, name, type: list, selection: { nodes: [first], fragments, variables: {} } });
    expect(new Set([one.hash, both.hash, other.hash]).size).toBe(3);
  });

  it('has the same hash for equal selections, however they are written, and another for any other', () => {
    const same = ['{ highlights { pros cons } }', '{ highlights { b: cons ... { pros } } }'].map(
      (q) => outputOf(q).hash,
    );
    expect(new Set(same).size).toBe(1);
    const others = ['{ highlights { pros } }', '{ gist }', '{ verdict }', '{ score }', '{ topics }'];
    expect(new Set([...same, ...others.map((query) => outputOf(query).hash)]).size).toBe(6);
    const renewed = buildSchema(sdl.replace('OLD @deprecated(reason: "gone")', 'OLD'));
    expect(outputOf('{ verdict }', {}, renewed).hash).not.toBe(outputOf('{ verdict }').hash);
  });
});

describe('an answer', () => {
  it('is text without the space around it', () => {
    expect(outputOf('{ gist }').read(answer(' <b>Good</b> {{value}} query { me }\n'))).toEqual({
      kind: 'valid',
      value: '<b>Good</b> {{value}} query { me }',
    });
    expect(outputOf('{ gist }').readValue('\ud800 half')).toEqual({ kind: 'valid', value: '\ufffd half' });
  });

  it.each([
    ['an empty text', '{ gist }', answer(' \n'), 'invalid'],
    ['a text that was cut', '{ gist }', answer('Good, but', { finishReason: 'length' }), 'invalid'],
    ['a text beyond its bound', '{ gist }', answer('x'.repeat(100_001)), 'invalid'],
    ['whole JSON that was cut', '{ verdict }', answer('{"value":"BUY"}', { finishReason: 'length' }), 'invalid'],
    ['prose', '{ verdict }', answer('BUY'), 'invalid'],
    ['a megabyte', '{ topics }', answer(JSON.stringify({ value: ['x'.repeat(1_048_577)] })), 'invalid'],
    ['a million brackets', '{ topics }', answer('['.repeat(1_000_000)), 'invalid'],
    ['nesting without end', '{ topics }', answer(`{"value":${'['.repeat(500_000)}${']'.repeat(500_000)}}`), 'invalid'],
    ['NaN', '{ score }', answer('{"value":NaN}'), 'invalid'],
    ['a number beyond all', '{ ratio }', answer('{"value":1e999}'), 'invalid'],
    ['no value', '{ verdict }', answer('{"verdict":"BUY"}'), 'invalid'],
    ['another object', '{ highlights { pros cons } }', answer('{"error":"no"}'), 'invalid'],
    ['a prototype', '{ verdict }', answer('{"__proto__":{"value":"BUY"}}'), 'invalid'],
    ['null for an object', '{ highlights { pros } }', answer('null'), 'invalid'],
    [
      'a tool call',
      '{ verdict }',
      answer('', { content: [{ type: 'tool_call', id: '1', name: 'x', arguments: '{}' }] }),
      'invalid',
    ],
    ['a refusal', '{ verdict }', answer('{"value":"BUY"}', { refusal: 'I would rather not.' }), 'refused'],
    ['a refusal without words', '{ gist }', answer('', { finishReason: 'refusal' }), 'refused'],
    ['filtered content', '{ gist }', answer('Goo', { finishReason: 'content_filter' }), 'refused'],
  ])('that is %s is of its kind', (_name, query, given, kind) => {
    const reading = outputOf(query).read(given);
    expect(reading.kind).toBe(kind);
    if (reading.kind === 'refused') expect(reading.detail).not.toBe('');
  });

  it.each([
    ['```json\n{"value":"BUY"}\n```'],
    ['Here it is:\n```\n{"value":"BUY"}```\nEnjoy.'],
    ['\ufeff {"value":"BUY","value2":1}'],
  ])('is JSON out of %j', (text) => {
    expect(outputOf('{ verdict }').read(answer(text))).toEqual({ kind: 'valid', value: 'BUY' });
  });

  it('preserves a code fence inside its JSON', () => {
    expect(read('{ topics }', { value: ['```json\n[]\n```'] })).toEqual({ kind: 'valid', value: ['```json\n[]\n```'] });
  });

  it.each([
    ['{ verdict }', 'buy'],
    ['{ verdict }', 'OLD'],
    ['{ verdict }', ['BUY']],
    ['{ score }', null],
    ['{ score }', '3'],
    ['{ score }', 1.5],
    ['{ score }', 2_147_483_648],
    ['{ sure }', 1],
    ['{ topics }', 'battery'],
    ['{ topics }', ['battery', null]],
    ['{ topics }', Array(1_001).fill('x')],
    ['{ grid }', [[1], null]],
    ['{ answer { ... on Strength { weight } } }', { __typename: 'Query', weight: 1 }],
    ['{ answer { ... on Strength { weight } } }', { weight: 1 }],
  ])('for %s is not %j', (query, value) => {
    expect(read(query, { value }).kind).toBe('invalid');
  });

  it('has no unrequested keys, and null for missing nullable ones', () => {
    const answered = JSON.parse(
      '{"pros":["light"],"x":1,"__proto__":{"verdict":"BUY"},"best":{"text":"a","constructor":"b"}}',
    );
    expect(read('{ highlights { pros verdict best { text } } }', answered)).toStrictEqual({
      kind: 'valid',
      value: { pros: ['light'], verdict: null, best: { text: 'a' } },
    });
  });

  it('is returned under the client’s aliases, also for fields named like members of every object', async () => {
    const answered = { best: { text: 'a', constructor: null } };
    expect(await given('{ highlights { b: best { c: constructor text id } } }', answered)).toEqual({
      data: { highlights: { b: { c: null, text: 'a', id: null } } },
      errors: [],
    });
  });

  it('is distinguished by __typename', async () => {
    const value = [
      { __typename: 'Defect', title: 'Hot', isSafety: true, weight: 7 },
      { __typename: 'Nothing', title: '-' },
    ];
    const query = '{ findings { kind: __typename title ... on Defect { isSafety } ... on Strength { weight } } }';
    expect(await given(query, { value })).toEqual({
      data: {
        findings: [
          { kind: 'Defect', title: 'Hot', isSafety: true },
          { kind: 'Nothing', title: '-' },
        ],
      },
      errors: [],
    });
  });

  it('has an error where a nullable part does not fit, and the remaining value', async () => {
    const query = '{ highlights { pros verdict score quotes { text stars at } } }';
    const value = {
      pros: ['light', 3],
      verdict: 'PERHAPS',
      score: 4,
      quotes: [{ text: 'a', stars: 'five', at: '2026-11-21T10:00:00Z' }, { text: null, stars: 1 }, 'b', null],
    };
    expect(await given(query, value)).toEqual({
      data: {
        highlights: {
          pros: null,
          verdict: null,
          score: 4,
          quotes: [{ text: 'a', stars: null, at: '2026-11-21T10:00:00Z' }, null, null, null],
        },
      },
      errors: [
        { path: 'highlights.pros.1', code: 'AI_OUTPUT_INVALID' },
        { path: 'highlights.verdict', code: 'AI_OUTPUT_INVALID' },
        { path: 'highlights.quotes.0.stars', code: 'AI_OUTPUT_INVALID' },
        { path: 'highlights.quotes.1.text', code: 'AI_OUTPUT_INVALID' },
        { path: 'highlights.quotes.2', code: 'AI_OUTPUT_INVALID' },
      ],
    });
    const reading = read(query, value);
    expect(reading.kind === 'partial' && reading.problems.map(({ path }) => path.join('.'))).toEqual([
      'pros.1',
      'verdict',
      'quotes.0.stars',
      'quotes.1.text',
      'quotes.2',
    ]);
  });

  it('is not valid as a whole where nothing above a wrong part may be null', () => {
    expect(read('{ highlights { pros score } }', { pros: ['light'], score: 'four' })).toEqual({
      kind: 'invalid',
      problems: [{ path: ['score'], message: 'must be a whole number from -2147483648 to 2147483647' }],
      value: { pros: ['light'], score: expect.any(GatewayError) },
    });
    expect(read('{ highlights { pros score } }', 'four')).not.toHaveProperty('value');
  });

  it('reports a bounded number of problems', () => {
    const reading = read('{ highlights { score quotes { stars } } }', {
      score: 1,
      quotes: Array(1_000).fill({ stars: 'x' }),
    });
    expect(reading.kind === 'partial' && reading.problems.length).toBe(50);
    expect(reading.kind === 'partial' && JSON.stringify(reading.value).length).toBeGreaterThan(10_000);
  });

  it('of free JSON has no prototype keys and respects its bounds', () => {
    const text = '{"value":{"__proto__":{"a":1},"constructor":{"prototype":{"a":1}},"b":{"c":1}}}';
    const reading = outputOf('{ free }').read(answer(text));
    expect(JSON.stringify(reading)).toBe('{"kind":"valid","value":{"b":{"c":1}}}');
    const deep = `{"value":${'['.repeat(65)}${']'.repeat(65)}}`;
    expect(outputOf('{ free }').read(answer(deep)).kind).toBe('invalid');
    expect(outputOf('{ free }').read(answer(deep.replace('[', '').replace(']', ''))).kind).toBe('valid');
  });
});

describe('the words for a second try', () => {
  it('name the problem and its position', () => {
    const reading = read('{ highlights { verdict quotes { text } } }', { verdict: 'PERHAPS', quotes: [{ text: 7 }] });
    expect(reading.kind === 'partial' && repairMessage(reading.problems)).toBe(
      [
        'That answer cannot be used:',
        '- verdict must be one of BUY, WAIT, AVOID, not "PERHAPS"',
        '- quotes[0].text must be a string of at most 100000 characters',
        'Give the whole answer once more with this put right, in the form that was asked for, and nothing besides it.',
      ].join('\n'),
    );
  });

  it('repeat at most 200 characters of the answer', () => {
    const value = { score: 1, quotes: Array(9).fill('y'.repeat(900)), verdict: 'y'.repeat(900), pros: 'y'.repeat(900) };
    const reading = read('{ highlights { score verdict pros quotes { text } } }', value);
    const words = reading.kind === 'partial' ? repairMessage(reading.problems) : '';
    expect(words).toContain('and 7 more');
    expect((words.match(/yy+/g) ?? []).join('').length).toBeLessThan(200);
  });

  it('name the answer as a whole without a position', () => {
    const reading = outputOf('{ gist }').read(answer(''));
    expect(reading.kind === 'invalid' && repairMessage(reading.problems)).toContain('- the answer is empty\n');
  });
});
