import fc from 'fast-check';
import { buildSchema, type GraphQLObjectType, Kind, parse, type SelectionSetNode } from 'graphql';
import { describe, expect, it } from 'vitest';
import { compileMask, type Inputs, type Masked } from '../../../../../src/ai/fields/answers/sensitive.ts';
import { sensitiveFieldsOf } from '../../../../../src/ai/fields/answers/sensitive-fields.ts';

const schema = buildSchema(`
  type Query { review: Review }
  type Review { body: String  author: User  owner: Person  tags: [String]  address: Address  contacts: [User!] }
  interface Person { email: String }
  type User implements Person { name: String  email: String  phone: Int }
  type Address { street: String  lines: [String] }
`);
const sensitive = new Map([
  ['User.email', 'personal'],
  ['User.phone', 'contact'],
  ['Review.address', 'personal'],
  ['Review.tags', 'health'],
]);

const key = new Uint8Array(32);

function selection(fields: string): SelectionSetNode {
  const [operation] = parse(`{${fields}}`).definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) throw new Error('an operation');
  return operation.selectionSet;
}

function mask(fields: string, inputs: Inputs): Masked {
  const review = schema.getType('Review') as GraphQLObjectType;
  const masking = compileMask(schema, review, selection(fields), sensitive, key);
  if (masking === undefined) throw new Error('something is sensitive');
  return untagged(masking(inputs));
}

/** The tag of the placeholders follows from the values: it is left out here, so that they are read easily. */
function untagged({ masked, hide, texts }: Masked): Masked {
  const { tail } = texts.placeholders;
  const plain = <Value>(value: Value): Value => JSON.parse(JSON.stringify(value).replaceAll(tail, ']')) as Value;
  return { masked: plain(masked), hide: (values) => plain(hide(values)), texts };
}

describe('masking', () => {
  it('does not exist if nothing sensitive is read', () => {
    const review = schema.getType('Review') as GraphQLObjectType;
    expect(compileMask(schema, review, selection('body author { name }'), sensitive, key)).toBeUndefined();
    expect(compileMask(schema, review, undefined, sensitive, key)).toBeUndefined();
    expect(compileMask(schema, review, selection('author { email }'), new Map(), key)).toBeUndefined();
  });

  it('replaces each value by a placeholder of its kind, the same at every position', () => {
    const a = { name: 'Ann', email: 'a@x.example', phone: 123456 };
    const b = { name: 'Bob', email: 'b@x.example', phone: null };
    const inputs = { body: 'From a@x.example', author: a, contacts: [b, a, { ...b, email: null }] };
    expect(mask('body author { name email phone } contacts { name email phone }', inputs).masked).toEqual({
      body: 'From [PERSONAL_1]',
      author: { name: 'Ann', email: '[PERSONAL_1]', phone: '[CONTACT_1]' },
      contacts: [
        { name: 'Bob', email: '[PERSONAL_2]', phone: null },
        { name: 'Ann', email: '[PERSONAL_1]', phone: '[CONTACT_1]' },
        { name: 'Bob', email: null, phone: null },
      ],
    });
  });

  it('covers everything at and below a sensitive field, lists included', () => {
    const inputs = { tags: ['flu', null, ['cold']], address: { street: 'Elm', lines: ['Elm', 'Oak'] } };
    expect(mask('tags address { street lines }', inputs).masked).toEqual({
      tags: ['[HEALTH_1]', null, ['[HEALTH_2]']],
      address: { street: '[PERSONAL_1]', lines: ['[PERSONAL_1]', '[PERSONAL_2]'] },
    });
  });

  it('sees through an interface and a type condition', () => {
    const inputs = { owner: { email: 'a@x.example' } };
    expect(mask('owner { email }', inputs).masked).toEqual({ owner: { email: '[PERSONAL_1]' } });
    expect(mask('owner { ... on User { email } }', inputs).masked).toEqual({ owner: { email: '[PERSONAL_1]' } });
  });

  it('masks the values in texts besides the inputs', () => {
    const { hide } = mask('author { email }', { author: { email: 'ann@x.example' } });
    expect(hide({ question: 'Is ANN@x.example right?', n: 1, list: ['ann@x.example'] })).toEqual({
      question: 'Is [PERSONAL_1] right?',
      n: 1,
      list: ['[PERSONAL_1]'],
    });
  });

  it.each(['İbrahim', 'José', 'Straße', 'ΟΔΥΣΣΕΥΣ', 'ﬁnnegan', 'ǅuro'])('masks %s in every spelling', (name) => {
    for (const spelling of [name, name.toLowerCase(), name.toUpperCase(), name.normalize('NFD')]) {
      const { masked } = mask('body author { email }', { body: `by ${spelling}!`, author: { email: name } });
      expect(masked).toEqual({ body: 'by [PERSONAL_1]!', author: { email: '[PERSONAL_1]' } });
    }
  });

  it('leaves no sensitive text of four or more characters anywhere', () => {
    const text = fc.string({ minLength: 4, maxLength: 12, unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, fc.string(), (email, other, between) => {
        // The text of a placeholder itself stays readable.
        fc.pre(!'[personal_1_[personal_2_'.includes(email.toLowerCase()));
        const inputs = { body: `${between}${email}${other}${email}`, author: { email }, contacts: [{ email: other }] };
        const { masked } = mask('body author { email } contacts { email }', inputs);
        expect(masked.author).toEqual({ email: '[PERSONAL_1]' });
        const rest = String(masked.body).split(/\[PERSONAL_\d+\]/);
        expect(rest.filter((piece) => piece.includes(email))).toEqual([]);
        expect(String(masked.body)).toMatch(/\[PERSONAL_\d\]/);
      }),
    );
  });
});

describe('the sensitive fields of a supergraph', () => {
  const link = (imports: string): string =>
    `extend schema @link(url: "https://isthmus.dev/ai/v1.0", import: [${imports}])\n`;

  it('are those of every subgraph, whatever name it imports the directive under', async () => {
    const fields = await sensitiveFieldsOf([
      { sdl: `${link('"@sensitive"')} type User { email: String @sensitive  name: String }` },
      { sdl: `${link('{ name: "@sensitive", as: "@pii" }')} extend type User { ssn: ID @pii(kind: "secret") }` },
      { sdl: 'type User { other: String @sensitive }' },
      { sdl: 'type {' },
    ]);
    expect([...fields]).toEqual([
      ['User.email', 'personal'],
      ['User.ssn', 'secret'],
    ]);
  });

  it('are sensitive through an interface of another subgraph, and below a sensitive interface', async () => {
    const fields = await sensitiveFieldsOf([
      { sdl: 'interface Person { email: String  born: Int } type User implements Person { email: String  born: Int }' },
      {
        sdl: `${link('"@sensitive"')} interface Person { born: Int @sensitive(kind: "health") } type User { email: String @sensitive }`,
      },
    ]);
    expect(new Map(fields)).toEqual(
      new Map([
        ['User.email', 'personal'],
        ['Person.email', 'personal'],
        ['Person.born', 'health'],
        ['User.born', 'health'],
      ]),
    );
  });
});
