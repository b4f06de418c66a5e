import { getOperationAST, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { operationSignature } from '../../../../src/http/graphql/operation-signature.ts';

function signatureOf(text: string, name?: string): string {
  const document = parse(text);
  const operation = getOperationAST(document, name);
  if (operation == null) throw new Error('an operation');
  return operationSignature(document, operation);
}

const base = signatureOf(
  'query Q($n: Int = 3) { a(id: "1", n: 2, list: [1, 2], object: { b: 1.5 }) ...F } fragment F on Query { c }',
);

describe('the signature of an operation', () => {
  it.each([
    [
      'spaces and comments',
      'query Q($n:Int=3){a(id:"1",n:2,list:[1,2],object:{b:1.5}) ...F} # F\nfragment F on Query{c}',
    ],
    ['literals', 'query Q($n: Int = 4) { a(id: "two", n: -7, list: [], object: {}) ...F } fragment F on Query { c }'],
    [
      'the order of definitions',
      'fragment F on Query { c } query Q($n: Int = 3) { a(id: "1", n: 2, list: [1], object: {}) ...F }',
    ],
    [
      'other operations and their fragments',
      'query Q($n: Int = 3) { a(id: "1", n: 2, list: [1], object: {}) ...F } fragment F on Query { c } query P { ...G } fragment G on Query { d }',
    ],
  ])('does not depend on %s', (_what, text) => {
    expect(signatureOf(text, 'Q')).toBe(base);
  });

  it.each([
    ['fields', 'query Q($n: Int = 3) { b(id: "1", n: 2, list: [1, 2], object: {}) ...F } fragment F on Query { c }'],
    [
      'its fragments',
      'query Q($n: Int = 3) { a(id: "1", n: 2, list: [1, 2], object: {}) ...F } fragment F on Query { d }',
    ],
    ['its name', 'query R($n: Int = 3) { a(id: "1", n: 2, list: [1, 2], object: {}) ...F } fragment F on Query { c }'],
    ['booleans', 'query Q($n: Int = 3) { a(id: true, n: 2, list: [1, 2], object: {}) ...F } fragment F on Query { c }'],
  ])('depends on %s', (_what, text) => {
    expect(signatureOf(text)).not.toBe(base);
    expect(signatureOf(text)).toMatch(/^[0-9a-f]{32}$/);
  });

  it('ends where fragments spread themselves', () => {
    expect(signatureOf('{ ...F } fragment F on Query { a ...F }')).toMatch(/^[0-9a-f]{32}$/);
  });
});
