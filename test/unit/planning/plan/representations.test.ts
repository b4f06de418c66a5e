import { describe, expect, it } from 'vitest';
import {
  asInterface,
  dotted,
  forTypes,
  leavesOf,
  needsOf,
  only,
  requiredKeys,
} from '../../../../src/planning/plan/representations.ts';
import { readSupergraphTypes } from '../../../../src/planning/plan/supergraph-types.ts';
import { interfaceObjectSupergraph } from '../interface-object-supergraph.ts';
import { entityFetch, on, rootFetch } from '../kit.ts';

const types = readSupergraphTypes(interfaceObjectSupergraph);
const nested = { kind: 'on', type: 'Media', selections: [on('Film', 'title'), on('Book', 'pages')] } as const;

describe('required selections', () => {
  it('for some types are one condition for each, with what applies to it', () => {
    expect(forTypes(types, [on('Media', 'id'), nested], new Set(['Film']))).toEqual([
      { kind: 'on', type: 'Film', selections: [...on('Media', 'id').selections, ...on('Film', 'title').selections] },
    ]);
  });

  it('are reduced to some keys inside their conditions', () => {
    expect(only([on('Media', 'id', 'title')], new Set(['id']))).toEqual([
      { kind: 'on', type: 'Media', selections: [{ kind: 'field', key: 'id' }] },
    ]);
  });

  it('have keys and leaves, without conditions', () => {
    const size = { kind: 'field', key: 'size', selections: [{ kind: 'field', key: 'width' }] } as const;
    expect(requiredKeys([on('Media', 'id'), size])).toEqual(['__typename', 'id', 'size']);
    expect(leavesOf([on('Media', 'id'), size], ['item', '@'])).toEqual([
      'item.__typename',
      'item.id',
      'item.size.width',
    ]);
  });
});

describe('the fields a fetch needs', () => {
  it('are those of its path and those its representations require', () => {
    const fetch = entityFetch('a', ['items', '@', 'maker'], [on('Maker', 'id')], '...on Maker{name}');
    expect([...needsOf(fetch)]).toEqual(['items', 'items.maker', 'items.maker.__typename', 'items.maker.id']);
    expect(needsOf(rootFetch('a', '{items{id}}')).size).toBe(0);
    expect(dotted(['items', '@', '@', 'id'])).toBe('items.id');
  });
});

it('an interface object gets its entities under the name of the interface, once', () => {
  const rewrite = { kind: 'set', path: ['... on Media', '__typename'], value: 'Media' } as const;
  expect(asInterface([], 'Media')).toEqual([rewrite]);
  expect(asInterface([rewrite], 'Media')).toEqual([rewrite]);
});
