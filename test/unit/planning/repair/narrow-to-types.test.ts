import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { liftInterfaceObjectFields } from '../../../../src/planning/normalise/interface-objects.ts';
import type { DraftFetch, DraftPlan } from '../../../../src/planning/plan/draft-plan.ts';
import { readEntityKeys } from '../../../../src/planning/plan/entity-keys.ts';
import { readRequiredFields } from '../../../../src/planning/plan/required-fields.ts';
import { readSupergraphTypes } from '../../../../src/planning/plan/supergraph-types.ts';
import { UnsoundPlan } from '../../../../src/planning/plan/unsound-plan.ts';
import { narrowToTypes } from '../../../../src/planning/repair/narrow-to-types.ts';
import { interfaceObjectSupergraph as supergraph } from '../interface-object-supergraph.ts';
import { entityFetch, on, requiresOf, rootFetch, textsOf } from '../kit.ts';

const types = readSupergraphTypes(supergraph);
const options = { types, keys: readEntityKeys(supergraph), requiredFields: readRequiredFields(supergraph) };

function narrow(query: string, ...fetches: DraftFetch[]): DraftPlan {
  return narrowToTypes({ fetches }, liftInterfaceObjectFields(types, parse(query)).requested, options);
}

const withTypes = rootFetch('b', '{media{__typename id}}');

describe('a fetch from an interface object', () => {
  it('gets representations of the types for which its field is selected', () => {
    const scores = entityFetch('a', ['media'], [on('Media', 'id')], '...on Media{votes}', { after: [0] });
    const { fetches } = narrow('{media{id ...on Film{votes}}}', withTypes, scores);
    expect(requiresOf(fetches[1])).toBe('...on Film{__typename id}');
    const [target] = fetches[1]?.kind === 'entities' ? (fetches[1].fields[0]?.targets ?? []) : [];
    expect(target?.inputRewrites).toEqual([{ kind: 'set', path: ['... on Media', '__typename'], value: 'Media' }]);
  });

  it('is one fetch for each set of types', () => {
    const query = '{media{score ...on Film{votes}}}';
    const scores = entityFetch('a', ['media'], [on('Media', 'id')], '...on Media{score votes}', { after: [0] });
    const plan = narrow(query, withTypes, scores);
    expect(
      textsOf(plan)
        .slice(1)
        .map((text) => text.replace(/^.*_entities\([^)]*\)/, '')),
    ).toEqual(['{...on Media{score}}}', '{...on Media{votes}}}']);
    expect(plan.fetches.slice(1).map(requiresOf)).toEqual(['...on Media{__typename id}', '...on Film{__typename id}']);
  });

  it('that has no representation for the field becomes two, the second after the types are known', () => {
    const root = rootFetch('a', '{rated{__typename id votes}}');
    const finder = entityFetch('b', ['rated'], [on('Media', 'id')], '...on Media{__typename}', { after: [0] });
    const plan = narrow('{rated{id ...on Film{votes}}}', root, finder);
    expect(textsOf(plan)[0]).toBe('{rated{__typename id}}');
    expect(textsOf(plan)[2]).toContain('{...on Media{votes}}');
    expect(requiresOf(plan.fetches[2])).toBe('...on Film{__typename id}');
    expect(plan.fetches[2]?.after).toEqual([0, 1]);
  });

  it('stays as it is if all types are selected', () => {
    const scores = entityFetch('a', ['media'], [on('Media', 'id')], '...on Media{votes}', { after: [0] });
    expect(narrow('{media{votes}}', withTypes, scores).fetches).toEqual([withTypes, scores]);
  });

  it('is refused for a field with arguments if no fetch provides the types', () => {
    const root = rootFetch('a', '{rated{id score(plus:1)}}');
    expect(() => narrow('{rated{...on Film{score(plus:1)}}}', root)).toThrow(UnsoundPlan);
  });
});
