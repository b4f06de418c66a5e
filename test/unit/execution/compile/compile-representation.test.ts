import { describe, expect, it } from 'vitest';
import { compileRepresentation } from '../../../../src/execution/compile/compile-representation.ts';
import { ExactNumber } from '../../../../src/lib/index.ts';
import type { RequiredSelection } from '../../../../src/planning/index.ts';

const types = new Map([
  ['A', new Set(['A', 'I'])],
  ['B', new Set(['B', 'I'])],
]);
const typename = { kind: 'field', key: '__typename' } as const;
const id = { kind: 'field', key: 'id' } as const;
const compile = (...requires: RequiredSelection[]) => compileRepresentation(types, requires, [], false);

describe('a representation', () => {
  it.each([
    ['leaves, in the order of the selection', [typename, id], { id: 1, __typename: 'A' }, { __typename: 'A', id: 1 }],
    [
      'a field under its own name',
      [typename, { ...id, key: 'id__1', as: 'id' }],
      { __typename: 'A', id__1: 2 },
      { __typename: 'A', id: 2 },
    ],
    ['null', [typename, id], { __typename: 'A', id: null }, { __typename: 'A', id: null }],
    [
      'objects and lists',
      [typename, { kind: 'field', key: 'l', selections: [id] }],
      { __typename: 'A', l: [{ id: 1, x: 2 }, null, [{ id: 3 }]] },
      { __typename: 'A', l: [{ id: 1 }, null, [{ id: 3 }]] },
    ],
    [
      'what its type has, by condition',
      [
        typename,
        { kind: 'on', type: 'I', selections: [id] },
        { kind: 'on', type: 'B', selections: [{ kind: 'field', key: 'b' }] },
      ],
      { __typename: 'A', id: 1 },
      { __typename: 'A', id: 1 },
    ],
    [
      'an exact number',
      [typename, id],
      { __typename: 'A', id: new ExactNumber('12345678901234567890') },
      { __typename: 'A', id: new ExactNumber('12345678901234567890') },
    ],
  ] as [string, RequiredSelection[], Record<string, unknown>, Record<string, unknown>][])(
    'has %s, as text and as a value',
    (_name, requires, entity, expected) => {
      const { write, build } = compile(...requires);
      expect(build(entity)).toEqual(expected);
      expect(write(entity)).toBe(JSON.stringify(expected));
    },
  );

  it.each([
    ['a required field', { __typename: 'A' }],
    ['a field of an object', { __typename: 'A', id: 1, o: {} }],
    ['a field of an item', { __typename: 'A', id: 1, o: [{ n: 1 }, {}] }],
    ['the type', { id: 1, o: { n: 1 } }],
  ])('is not made without %s', (_name, entity) => {
    const { write, build } = compile(typename, id, {
      kind: 'field',
      key: 'o',
      selections: [{ kind: 'field', key: 'n' }],
    });
    expect([write(entity), build(entity)]).toEqual([undefined, undefined]);
  });

  it('shares no object with the data', () => {
    const entity = { __typename: 'A', id: { custom: [1] } };
    const value = compile(typename, id).build(entity);
    entity.id.custom.push(2);
    expect(value).toEqual({ __typename: 'A', id: { custom: [1] } });
  });

  it('is made though nothing is selected of the type of an object within it', () => {
    const onB: RequiredSelection = { kind: 'on', type: 'B', selections: [id] };
    const { write, build } = compile(typename, { kind: 'field', key: 'l', selections: [onB] });
    const entity = { __typename: 'A', l: [{ __typename: 'A' }, { __typename: 'B', id: 1 }] };
    expect(build(entity)).toEqual({ __typename: 'A', l: [{}, { id: 1 }] });
    expect(JSON.parse(write(entity) ?? '')).toEqual(build(entity));
    expect(compile(onB).write({ __typename: 'A', id: 1 })).toBeUndefined();
  });

  it('says of which types objects within it are, for a subgraph in this process', () => {
    const requires: RequiredSelection[] = [typename, { kind: 'field', key: 'l', selections: [id] }];
    const { write, build } = compileRepresentation(types, requires, [], true);
    const entity = { __typename: 'A', l: [{ __typename: 'B', id: 1 }, { id: 2 }] };
    expect(build(entity)).toEqual({ __typename: 'A', l: [{ __typename: 'B', id: 1 }, { id: 2 }] });
    expect(JSON.parse(write(entity) ?? '')).toEqual(build(entity));
  });

  it('is rewritten without changing the data', () => {
    const entity = { __typename: 'A', id: 1 };
    const rewrites = [{ kind: 'set' as const, path: ['... on A', '__typename'], value: 'I' }];
    const { write, build, keyOf } = compileRepresentation(types, [typename, id], rewrites, false);
    expect(write(entity)).toBe('{"__typename":"I","id":1}');
    expect(build(entity)).toEqual({ __typename: 'I', id: 1 });
    expect([entity.__typename, keyOf('A')]).toEqual(['A', undefined]);
  });

  it('has a key where it has one leaf besides the type', () => {
    expect(compile(typename, id).keyOf('A')).toBe('id');
    expect(compile(typename, id, { kind: 'field', key: 'n' }).keyOf('A')).toBeUndefined();
    expect(compile(typename, { kind: 'field', key: 'o', selections: [id] }).keyOf('A')).toBeUndefined();
  });
});
