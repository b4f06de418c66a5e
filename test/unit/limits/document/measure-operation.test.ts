import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { measureOperations } from '../../../../src/limits/document/measure-operation.ts';

const sizeOf = (text: string) => measureOperations(parse(text))[0];

const doubling = (levels: number) =>
  Array.from({ length: levels }, (_, level) => `fragment F${level} on Q { ...F${level + 1} ...F${level + 1} }`).join(
    ' ',
  );

describe('the size of an operation', () => {
  it.each([
    ['a field', '{ a }', { depth: 1, selections: 1, rootFields: 1 }],
    [
      'fields in inline fragments are as deep as outside',
      '{ a { ... { ... on T { b } } } }',
      { depth: 2, selections: 2 },
    ],
    [
      'a fragment that is first shallow, then deep',
      '{ ...F a { b { ...F } } } fragment F on T { x { y } }',
      { depth: 4, selections: 6, rootFields: 2 },
    ],
    [
      'aliases in fragments count where they are spread',
      '{ a { ...F } b { ...F } } fragment F on T { p: x q: y }',
      { aliases: 4 },
    ],
    [
      'directives of every kind',
      'query ($v: Int @a) @b { x @c ...F @d ... @e { y } } fragment F on T @f { z @g }',
      { directives: 7 },
    ],
    ['a fragment in a circle', '{ ...A } fragment A on Q { a ...B } fragment B on Q { b ...A }', { selections: 2 }],
    ['a fragment that is missing', '{ ...Nowhere a }', { selections: 1, depth: 1 }],
    ['a fragment called like introspection', '{ ...__schema } fragment __schema on Q { a { b { c } } }', { depth: 3 }],
    ['an alias called like introspection', '{ __schema: a { b { c } } }', { depth: 3 }],
    ['introspection', '{ __schema { types { fields { name } } } }', { depth: 1, selections: 4 }],
    [
      'fragments that double thirty times',
      `{ ...F0 } ${doubling(30)} fragment F30 on Q { x: a }`,
      { selections: 2 ** 30, aliases: 2 ** 30, depth: 1 },
    ],
    [
      'fragments that double two thousand times',
      `{ ...F0 } ${doubling(1_900)} fragment F1900 on Q { a }`,
      { selections: Number.POSITIVE_INFINITY },
    ],
  ])('counts %s', (_name, text, expected) => {
    expect(sizeOf(text)).toMatchObject(expected);
  });

  it('that is nested deeper than a stack holds is infinitely deep', () => {
    const levels = 600;
    const chain = Array.from(
      { length: 5 },
      (_, index) => `fragment F${index} on Q { ${'a { '.repeat(levels)} ...F${index + 1} ${'} '.repeat(levels)} }`,
    );
    expect(sizeOf(`{ ...F0 } ${chain.join(' ')} fragment F5 on Q { a }`)?.depth).toBe(Number.POSITIVE_INFINITY);
  });
});
