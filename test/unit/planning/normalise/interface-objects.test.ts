import { parse, print, stripIgnoredCharacters } from 'graphql';
import { describe, expect, it } from 'vitest';
import { liftInterfaceObjectFields } from '../../../../src/planning/normalise/interface-objects.ts';
import { readSupergraphTypes } from '../../../../src/planning/plan/supergraph-types.ts';
import { interfaceObjectSupergraph } from '../interface-object-supergraph.ts';

const types = readSupergraphTypes(interfaceObjectSupergraph);

function lift(text: string) {
  const { document, requested } = liftInterfaceObjectFields(types, parse(text));
  return { text: stripIgnoredCharacters(print(document)), requested };
}

describe('a field of an interface object', () => {
  it('is lifted out of its type condition, in which __typename remains', () => {
    const { text, requested } = lift('{media{id ...on Film{votes}}}');
    expect(text).toBe('{media{votes id ...on Film{__typename}}}');
    expect(requested.byType).toBe(true);
    expect(requested.of('media', 'Media', 'votes')?.types).toEqual(new Set(['Film']));
  });

  it('that several types select is lifted once, for all of them', () => {
    const { text, requested } = lift('{media{...on Film{votes}...on Book{votes}}}');
    expect(text).toBe('{media{votes ...on Film{__typename}...on Book{__typename}}}');
    expect(requested.of('media', 'Media', 'votes')?.types).toBeUndefined();
  });

  it('that the interface selects too is lifted for all types', () => {
    const { text, requested } = lift('{media{__typename votes...on Film{votes title}}}');
    expect(text).toBe('{media{votes __typename ...on Film{__typename title}}}');
    expect(requested.byType).toBe(false);
  });

  it('is recorded for each place, and fields of the types themselves are not lifted', () => {
    const { text, requested } = lift('{media{...on Film{title}}}');
    expect(text).toBe('{media{...on Film{title}}}');
    expect(requested.selections.map(({ place, key, types: names }) => [place, key, ...names])).toEqual([
      ['media', 'title', 'Film'],
    ]);
    expect(requested.byType).toBe(false);
  });
});
