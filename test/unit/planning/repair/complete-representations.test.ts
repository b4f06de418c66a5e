import { describe, expect, it } from 'vitest';
import type { StepGraph } from '../../../../src/planning/plan/plan-step.ts';
import { readRequiredFields } from '../../../../src/planning/plan/required-fields.ts';
import { completeRepresentations } from '../../../../src/planning/repair/complete-representations.ts';
import { entityFetch, on, requiresOf, rootFetch, stepOf, supergraphOf, textOf } from '../kit.ts';

const requiredFields = readRequiredFields(
  supergraphOf(`
    type Query @join__type(graph: A) { item: Item @join__field(graph: A) }
    type Item @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID!
      price: Int @join__field(graph: A) @join__field(graph: B, external: true)
      name: String @join__field(graph: B)
      euro: Int @join__field(graph: B, requires: "price")
    }`),
);

function graphOf(selections: string, keys: readonly string[]): StepGraph {
  return {
    steps: [
      stepOf(rootFetch('c', '{item{__typename id}}')),
      stepOf(entityFetch('a', ['item'], [on('Item', 'id')], '...on Item{price}')),
      stepOf(entityFetch('b', ['item'], [on('Item', ...keys)], selections)),
    ],
    preceding: [[], [0], [0]],
    after: [[], [0], [0]],
  };
}

describe('representations that lack a required field', () => {
  it('get it, and wait for the fetch that provides it', () => {
    const graph = graphOf('...on Item{euro}', ['id']);
    completeRepresentations(graph, requiredFields);
    expect(requiresOf(graph.steps[2]?.fetch)).toBe('...on Item{__typename id ...on Item{price}}');
    expect(graph.after).toEqual([[], [0], [0, 1]]);
  });

  it('are sent in a separate request, which the other fields do not wait for', () => {
    const graph = graphOf('...on Item{name euro}', ['id']);
    completeRepresentations(graph, requiredFields);
    const texts = graph.steps.slice(2).map(({ fetch }) => textOf(fetch).replace(/^.*_entities\([^)]*\)/, ''));
    expect(texts).toEqual(['{...on Item{name}}}', '{...on Item{euro}}}']);
    expect(graph.after).toEqual([[], [0], [0], [0, 1]]);
  });

  it('stay as they are if nothing is lacking', () => {
    const graph = graphOf('...on Item{euro}', ['id', 'price']);
    const before = [...graph.steps];
    completeRepresentations(graph, requiredFields);
    expect(graph.steps).toEqual(before);
    expect(graph.after).toEqual([[], [0], [0]]);
  });
});
