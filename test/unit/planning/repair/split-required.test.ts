import { describe, expect, it } from 'vitest';
import { readEntityKeys } from '../../../../src/planning/plan/entity-keys.ts';
import type { StepGraph } from '../../../../src/planning/plan/plan-step.ts';
import { readRequiredFields } from '../../../../src/planning/plan/required-fields.ts';
import { splitRequired } from '../../../../src/planning/repair/split-required.ts';
import { entityFetch, on, requiresOf, rootFetch, stepOf, supergraphOf, textOf } from '../kit.ts';

const supergraph = supergraphOf(`
  type Query @join__type(graph: B) { stocked: Item @join__field(graph: B) }
  type Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
    id: ID!
    price: Int @join__field(graph: A) @join__field(graph: B, external: true)
    cost(in: String): Int @join__field(graph: B, requires: "price")
  }`);

function split(steps: StepGraph['steps']): StepGraph {
  const graph = { steps, preceding: steps.map((_step, index) => (index === 0 ? [] : [0])), after: steps.map(() => []) };
  splitRequired(graph, readEntityKeys(supergraph), readRequiredFields(supergraph));
  return graph;
}

const root = stepOf(rootFetch('b', 'query($v0:String){stocked{__typename id cost(in:$v0)}}'));
const price = stepOf(entityFetch('a', ['stocked'], [on('Item', 'id')], '...on Item{price}'));

describe('a field with @requires in a request that cannot send what it requires', () => {
  it('moves to an entity request of its own, with its variables', () => {
    const { steps, after } = split([root, price]);
    expect(steps.map(({ fetch }) => textOf(fetch))).toEqual([
      '{stocked{__typename id}}',
      'query($representations:[_Any!]!){_entities(representations:$representations){...on Item{price}}}',
      'query($representations:[_Any!]!$v0:String){_entities(representations:$representations){...on Item{cost(in:$v0)}}}',
    ]);
    expect(steps.map(({ fetch }) => fetch.variables)).toEqual([[], [], ['v0']]);
    expect(requiresOf(steps[2]?.fetch)).toBe('...on Item{__typename price id}');
    expect(after[2]).toEqual([0]);
  });

  it('stays if no fetch provides what it requires', () => {
    expect(split([root]).steps).toEqual([root]);
  });

  it('stays if its entity has no key in the request', () => {
    const keyless = stepOf(rootFetch('b', '{stocked{__typename cost}}'));
    expect(split([keyless, price]).steps).toEqual([keyless, price]);
  });
});
