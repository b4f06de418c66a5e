import { describe, expect, it } from 'vitest';
import type { CompiledEntityField } from '../../../../src/execution/compile/compile-plan.ts';
import { compileRepresentation } from '../../../../src/execution/compile/compile-representation.ts';
import type { DataObject } from '../../../../src/execution/data/data.ts';
import { RepresentationValues } from '../../../../src/execution/run/representation-values.ts';
import { Representations } from '../../../../src/execution/run/representations.ts';
import { ownersAt } from '../../../../src/execution/run/requested-entities.ts';
import { RunData } from '../../../../src/execution/run/run-data.ts';

const types = new Map([['A', new Set(['A'])]]);
const requires = [
  { kind: 'field', key: '__typename' },
  { kind: 'field', key: 'id' },
] as const;

function fieldAt(...paths: readonly (readonly string[])[]): CompiledEntityField {
  return {
    key: '_entities',
    variable: 'representations',
    outputRewrites: [],
    gives: ['n'],
    leavesOnly: true,
    paths,
    covers: paths.map((path) => [...path, 'n']),
    targets: paths.map((path) => ({
      path,
      pathKey: path.join('.'),
      exact: false,
      requires,
      representation: compileRepresentation(types, requires, [], false),
    })),
  };
}

function collected(root: DataObject, placeMatters = false) {
  const data = new RunData();
  Object.assign(data.root, root);
  return {
    data,
    representations: new Representations({ data, types, placeMatters, values: new RepresentationValues() }),
  };
}

const a = (id: unknown, more: object = {}) => ({ __typename: 'A', id, ...more });

describe('collected representations', () => {
  it('are requested once each, with the objects they stand for', () => {
    const { data, representations } = collected({ l: [a(1, { x: 1 }), a(2), a(1, { x: 2 })] });
    const requested = representations.collect(fieldAt(['l', '@']), 'http');
    expect(requested.representations).toEqual(['{"__typename":"A","id":1}', '{"__typename":"A","id":2}']);
    expect(requested.owners.map((_owners, index) => ownersAt(requested, index).length)).toEqual([2, 1]);
    expect(requested.values).toBeUndefined();
    expect(data.isSharing).toBe(false);
  });

  it('merge objects of equal content, unless their positions matter', () => {
    for (const [placeMatters, isOne] of [
      [false, true],
      [true, false],
    ]) {
      const { data, representations } = collected({ l: [a(1), a(1)] }, placeMatters);
      representations.collect(fieldAt(['l', '@']), 'http');
      const [first, second] = data.root.l as DataObject[];
      expect(first === second).toBe(isOne);
    }
  });

  it('omit entities without a required field, and report the positions that stay empty', () => {
    const { representations } = collected({ l: [{ __typename: 'A' }, a(2)] });
    expect(representations.collect(fieldAt(['l', '@']), 'http').representations).toHaveLength(1);
    expect(representations.unfilled()).toEqual([['l', '@', 'n']]);
  });

  it('are values for a subgraph in process, the same object for the same text', () => {
    const { representations } = collected({ l: [a(1), a(2)] });
    const [first, second] = [fieldAt(['l', '@']), fieldAt(['l', '@'])].map(
      (field) => representations.collect(field, 'in-process').values,
    );
    expect(first).toEqual([a(1), a(2)]);
    expect(second?.[0]).toBe(first?.[0]);
  });

  it('omit entities whose required data failed, for a subgraph in process only', () => {
    const { data, representations } = collected({ l: [a(null), a(2)] });
    data.failedNulls.add(data.root, ['l', 0, 'id']);
    expect(representations.collect(fieldAt(['l', '@']), 'http').representations).toHaveLength(2);
    expect(representations.collect(fieldAt(['l', '@']), 'in-process').representations).toHaveLength(1);
  });

  it('are of some objects alone where only those are requested', () => {
    const { data, representations } = collected({ l: [a(1), a(2)] });
    const only = new Set([(data.root.l as DataObject[])[1] as DataObject]);
    expect(representations.collect(fieldAt(['l', '@']), 'http', only).representations).toEqual([
      '{"__typename":"A","id":2}',
    ]);
  });
});
