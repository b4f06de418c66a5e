import { describe, expect, it } from 'vitest';
import { mergeFetches } from '../../../../src/planning/repair/merge-fetches.ts';
import { entityFetch, on, rootFetch, textsOf } from '../kit.ts';

const none: ReadonlySet<string> = new Set();
const root = rootFetch('a', '{x{__typename id} y{__typename id}}');
const key = [on('T', 'id')];

describe('entity fetches of one subgraph', () => {
  it('share an _entities field if their selections are equal', () => {
    const x = entityFetch('b', ['x'], key, '...on T{name}', { after: [0] });
    const y = entityFetch('b', ['y'], key, '...on T{name}', { after: [0] });
    const { fetches } = mergeFetches({ fetches: [root, x, y] }, none);
    expect(textsOf({ fetches }).slice(1)).toEqual([
      'query($representations:[_Any!]!){_entities(representations:$representations){...on T{name}}}',
    ]);
    const merged = fetches[1];
    expect(merged?.kind === 'entities' && merged.fields[0]?.targets.map(({ path }) => path)).toEqual([['x'], ['y']]);
    expect(merged?.after).toEqual([0]);
  });

  it('become _entities fields under aliases if their selections differ', () => {
    const x = entityFetch('b', ['x'], key, '...on T{name(in:$v0)}', { after: [0], definitions: ',$v0:Int' });
    const y = entityFetch('b', ['y'], key, '...on T{size}', { after: [0] });
    expect(textsOf(mergeFetches({ fetches: [root, x, y] }, none)).slice(1)).toEqual([
      'query($_0:[_Any!]!$_1:[_Any!]!$v0:Int){_0:_entities(representations:$_0){...on T{name(in:$v0)}}_1:_entities(representations:$_1){...on T{size}}}',
    ]);
  });

  it('wait for a later one if no fetch is delayed', () => {
    const early = entityFetch('b', ['x'], key, '...on T{name}', { after: [0] });
    const between = entityFetch('c', ['y'], key, '...on T{z{__typename id}}', { after: [0] });
    const late = entityFetch('b', ['y', 'z'], key, '...on T{name}', { after: [2] });
    const { fetches } = mergeFetches({ fetches: [root, early, between, late] }, none);
    expect(fetches.map(({ subgraph, after }) => [subgraph, after])).toEqual([
      ['a', []],
      ['c', [0]],
      ['b', [0, 1]],
    ]);
  });

  it('are not merged in a subgraph whose requests cost nothing', () => {
    const x = entityFetch('b', ['x'], key, '...on T{name}', { after: [0] });
    const y = entityFetch('b', ['y'], key, '...on T{name}', { after: [0] });
    expect(mergeFetches({ fetches: [root, x, y] }, new Set(['b'])).fetches).toHaveLength(3);
  });
});
