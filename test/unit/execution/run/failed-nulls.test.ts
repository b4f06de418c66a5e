import { describe, expect, it } from 'vitest';
import { FailedNulls } from '../../../../src/execution/run/failed-nulls.ts';

const types = new Map([['A', new Set(['A', 'I'])]]);
const n = { kind: 'field', key: 'n' } as const;
const inner = { kind: 'field', key: 'o', selections: [n] } as const;

describe('failed nulls', () => {
  it.each([
    ['at the error’s path', { n: null }, ['n'], [n], true],
    ['in a list', { o: [{ n: 1 }, { n: null }] }, ['o', 1, 'n'], [inner], true],
    ['above the error’s path', { o: null }, ['o', 'n'], [inner], true],
    ['by type', { __typename: 'A', n: null }, ['n'], [{ kind: 'on', type: 'I', selections: [n] }], true],
    [
      'but not of another type',
      { __typename: 'A', n: null },
      ['n'],
      [{ kind: 'on', type: 'B', selections: [n] }],
      false,
    ],
    ['but not where the value is not null', { n: 1 }, ['n'], [n], false],
    ['but not where no selection reads them', { n: null, m: 1 }, ['n'], [{ kind: 'field', key: 'm' }], false],
  ] as const)('are read %s', (_name, root, path, selections, isRead) => {
    const nulls = new FailedNulls();
    expect(nulls.isEmpty).toBe(true);
    nulls.add(root as never, path);
    expect(nulls.isRead(types, selections, root)).toBe(isRead);
  });

  it('are those of an object that replaces another, too', () => {
    const [first, second] = [{ n: null }, { n: null }];
    const nulls = new FailedNulls();
    nulls.add(second, ['n']);
    expect(nulls.isRead(types, [n], first)).toBe(false);
    nulls.copy(second, first);
    expect(nulls.isRead(types, [n], first)).toBe(true);
  });
});
