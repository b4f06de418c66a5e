import { describe, expect, it } from 'vitest';
import { generateFieldTypes } from '../../../../../src/ai/fields/code/generate-types.ts';

const head = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])
  @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
`;

function typesOf(sdl: string, sensitive: readonly string[] = []): string {
  const kinds = new Map(sensitive.map((coordinate) => [coordinate, 'personal']));
  return generateFieldTypes({ sdl: `${head}${sdl}`, source: 'schema.graphql', sensitive: kinds });
}

/** The text of one declaration, in one line. */
function declared(text: string, name: string): string | undefined {
  const found = text.split('\n\n').find((part) => new RegExp(`^(?:/\\*\\*.*\\*/\n)?export \\w+ ${name} `).test(part));
  return found
    ?.replace(/^\/\*\*.*\*\/\n/, '')
    .trim()
    .replace(/\s+/g, ' ');
}

describe('the types of a field’s code', () => {
  const product = `
    type Product @key(fields: "id") @key(fields: "sku maker { id }") {
      id: ID!  sku: String!  maker: Maker! @external
      parts: [Part!] @external
      label(words: Int = 3, to: Tone, filter: Filter!): String
        @requires(fields: "parts { name ... on Screw { millimetres } }") @generate(prompt: "label")
    }
    type Maker @key(fields: "id") { id: ID! }
    interface Part { name: String! }
    type Screw implements Part { name: String!  millimetres: Float }
    enum Tone { DRY WARM }
    input Filter { not: Filter  colours: [String!]! = [] }`;

  it('has what @requires reads, and one of several keys', () => {
    expect(declared(typesOf(product), 'ProductLabelEntity')).toBe(
      'export interface ProductLabelEntity { readonly id?: string; readonly sku?: string; ' +
        'readonly maker?: { readonly id: string; }; ' +
        'readonly parts: readonly { readonly name: string; readonly millimetres?: number | null; }[] | null; }',
    );
  });

  it('always has arguments with a default, and recursive inputs', () => {
    const text = typesOf(product);
    expect(declared(text, 'ProductLabelArguments')).toBe(
      'export interface ProductLabelArguments { readonly words: number | null; readonly to?: Tone | null; readonly filter: Filter; }',
    );
    expect(declared(text, 'Filter')).toBe(
      'export interface Filter { readonly not?: Filter | null; readonly colours: readonly string[]; }',
    );
    expect(declared(text, 'Tone')).toBe("export type Tone = 'DRY' | 'WARM';");
  });

  it('has optional fields in values, and distinguishes types by __typename', () => {
    const text = typesOf(`
      scalar DateTime
      scalar Whatever
      type Query { find: [Found]! @generate(prompt: "find") }
      union Found = Place | Event
      type Place { name: String! near: [[Place!]!] }
      type Event { at: DateTime! more: Whatever }`);
    expect(declared(text, 'QueryFindValue')).toBe('export type QueryFindValue = readonly (Found | null)[];');
    expect(declared(text, 'Found')).toMatch(/__typename: 'Place' \} & Place\).*__typename: 'Event' \} & Event\)/);
    expect(declared(text, 'Place')).toBe(
      'export interface Place { readonly name?: string; readonly near?: readonly (readonly Place[])[] | null; }',
    );
    expect(declared(text, 'Event')).toBe('export interface Event { readonly at?: string; readonly more?: unknown; }');
    expect(declared(text, 'QueryFindEntity')).toBe('export type QueryFindEntity = Readonly<Record<string, unknown>>;');
  });

  it('has a string for masked values, also in keys', () => {
    const text = typesOf(
      `type User @key(fields: "ssn") {
        ssn: Int!  age: Int @external  home: Home @external
        note: String @requires(fields: "age home { floor }") @generate(prompt: "note")
      }
      type Home { floor: Int! }`,
      ['User.ssn', 'User.age', 'User.home'],
    );
    expect(declared(text, 'UserNoteEntity')).toBe(
      'export interface UserNoteEntity { readonly ssn: string; readonly age: string | null; ' +
        'readonly home: { readonly floor: string; } | null; }',
    );
  });

  it('never uses a name twice, nor a name of TypeScript', () => {
    const text = typesOf(`
      type Foo { barBaz: string @generate(prompt: "one") }
      type FooBar { baz: Record @generate(prompt: "two") }
      type Query { foo: Foo fooBar: FooBar }
      enum string { A }
      enum Record { B }`);
    const names = [...text.matchAll(/^export \w+ (\w+)/gm)].map((match) => match[1]);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toEqual(expect.arrayContaining(['FooBarBazValue', 'FooBarBazValue2', 'string2', 'Record2']));
    expect(names).not.toContain('string');
  });

  it('cannot be had of a schema that is none', () => {
    expect(() => typesOf('type Query { a: Missing @generate(prompt: "a") }')).toThrow(/Missing/);
    expect(() => typesOf('type Query {')).toThrow(/Syntax Error/);
  });
});
