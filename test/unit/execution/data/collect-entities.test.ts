import { describe, expect, it } from 'vitest';
import { collectEntities, haveSameContent } from '../../../../src/execution/data/collect-entities.ts';
import type { DataObject } from '../../../../src/execution/data/data.ts';
import { findObject, findPlaces, placesOfEach } from '../../../../src/execution/data/find-places.ts';

function visited(root: DataObject, path: readonly string[], shared = false): DataObject[] {
  const objects: DataObject[] = [];
  collectEntities(root, path, shared, (entity) => {
    objects.push(entity);
    return entity;
  });
  return objects;
}

describe('entities', () => {
  it('are found through objects and lists, past nulls and other values', () => {
    const root = { a: [{ b: { id: 1 } }, null, { b: null }, { b: 'text' }, { b: { id: 2 } }] };
    expect(visited(root, ['a', '@', 'b'])).toEqual([{ id: 1 }, { id: 2 }]);
    expect(visited({ a: [[{ id: 1 }], [{ id: 2 }]] }, ['a', '@', '@'])).toEqual([{ id: 1 }, { id: 2 }]);
    expect(visited(root, [])).toEqual([root]);
  });

  it('are visited once each place, and once in all below an object at several places', () => {
    const item = { b: { id: 1 } };
    const root = { a: [{ c: item }, { c: item }] };
    expect(visited(root, ['a', '@', 'c', 'b'], true)).toHaveLength(1);
  });

  it('are replaced by what the visitor returns', () => {
    const root = { a: [{ id: 1 }, { id: 1 }], b: { id: 1 } };
    const first = root.a[0];
    for (const path of [['a', '@'], ['b']]) collectEntities(root, path, false, () => first as DataObject);
    expect(root.a[1]).toBe(first);
    expect(root.b).toBe(first);
  });

  it.each([
    [{ a: 1 }, { a: 1 }, true],
    [{ a: 1 }, { a: 2 }, false],
    [{ a: 1 }, { a: 1, b: 2 }, false],
    [{ a: 1, b: 2 }, { a: 1 }, false],
    [{ a: {} }, { a: {} }, false],
  ])('have the same content: %j, %j: %s', (a, b, same) => {
    expect(haveSameContent(a, b)).toBe(same);
  });
});

describe('places', () => {
  const object = { id: 1 };
  const root = { a: [{ x: object }, { x: { id: 2 } }, { x: object }] };
  const path = ['a', '@', 'x'];

  it('are all of an object, the first of them, and no more than asked for', () => {
    expect(findObject(root, path, object)).toEqual(['a', 0, 'x']);
    expect(findPlaces(root, path, object, 9)).toEqual([
      ['a', 0, 'x'],
      ['a', 2, 'x'],
    ]);
    expect(findPlaces(root, path, object, 1)).toEqual([['a', 0, 'x']]);
    expect(findObject(root, path, { id: 1 })).toBeUndefined();
  });

  it('of several objects are found in one walk', () => {
    const places = placesOfEach(root, [path], new Set([object]), 9);
    expect([...places.values()]).toEqual([
      [
        ['a', 0, 'x'],
        ['a', 2, 'x'],
      ],
    ]);
  });
});
