import { describe, expect, it } from 'vitest';
import { twinRequiredArguments } from '../../../../src/planning/normalise/required-arguments.ts';
import { readRequiredFields } from '../../../../src/planning/plan/required-fields.ts';
import { restoreArguments } from '../../../../src/planning/repair/restore-arguments.ts';
import { entityFetch, on, requiresOf, rootFetch, supergraphOf, textsOf } from '../kit.ts';

const { supergraph, twins } = twinRequiredArguments(
  supergraphOf(`
    type Query @join__type(graph: A) { item: Item }
    type Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID!
      price(in: String): Int @join__field(graph: A) @join__field(graph: B, external: true)
      euros: Int @join__field(graph: B, requires: "price(in: \\"EUR\\")")
      dollars: Int @join__field(graph: B, requires: "price(in: \\"USD\\")")
    }`),
);
const requiredFields = readRequiredFields(supergraph);
const root = rootFetch('a', '{item{__typename id price__required_0 price__required_1}}');

describe('a twin', () => {
  it('is selected as its original field, and represented under its name', () => {
    const fetch = entityFetch('b', ['item'], [on('Item', 'id', 'price__required_0')], '...on Item{euros}', {
      after: [0],
    });
    const plan = restoreArguments({ fetches: [root, fetch] }, twins, requiredFields);
    expect(textsOf(plan)[0]).toBe(
      '{item{__typename id price__required_0:price(in:"EUR")price__required_1:price(in:"USD")}}',
    );
    expect(requiresOf(plan.fetches[1])).toBe('...on Item{__typename id price:price__required_0}');
  });

  it('that conflicts with another for one name has a separate request with its own representations', () => {
    const requires = [on('Item', 'id', 'price__required_0', 'price__required_1')];
    const fetch = entityFetch('b', ['item'], requires, '...on Item{euros dollars}', { after: [0] });
    const { fetches } = restoreArguments({ fetches: [root, fetch] }, twins, requiredFields);
    expect(
      textsOf({ fetches })
        .slice(1)
        .map((text) => text.replace(/^.*_entities\([^)]*\)/, '')),
    ).toEqual(['{...on Item{euros}}}', '{...on Item{dollars}}}']);
    expect(fetches.slice(1).map(requiresOf)).toEqual([
      '...on Item{__typename id ...on Item{price:price__required_0}}',
      '...on Item{__typename id ...on Item{price:price__required_1}}',
    ]);
    expect(fetches.map(({ after }) => after)).toEqual([[], [0], [0]]);
  });

  it('costs nothing in a supergraph without any', () => {
    const plan = { fetches: [root] };
    expect(restoreArguments(plan, new Map(), requiredFields)).toBe(plan);
  });
});
