import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTestGraph, type TestGraph } from '../testkit/random/test-graph.ts';
import { interfaceObjects } from './schemas/interface-objects.ts';

let graph: TestGraph;
beforeAll(() => {
  graph = createTestGraph(interfaceObjects);
});
afterAll(() => graph.close());

describe('operations over interface objects', () => {
  it.each([
    ['ask for the key alone', '{ reviewed { id } topScored { id } reviews { media { id } } }'],
    ['ask for the type', '{ reviewed { __typename } topScored { id __typename } }'],
    ['ask by a type what requires another interface object', '{ reviewed { ... on Film { verdict } } }'],
    ['ask for some types what requires a field of the interface', '{ media { title ... on Film { score } } }'],
    ['ask different types for different fields', '{ media { title ... on Film { verdict } ... on Book { score } } }'],
    ['narrow by a union', '{ reviewed { ... on Placed { __typename ... on Film { screen } } } }'],
    [
      'go there and back',
      '{ reviews { media { reviews { media { title verdict } useful } } others { ... on Book { pages shelf { any { ... on Film { score } } } } } } }',
    ],
  ])('%s', async (_name, query) => {
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
  });

  // Apollo's planner, with fields by type, makes a cycle of fetches and follows it until its memory is full.
  it('select by type a field that requires a field of the interface, on an interface object', async () => {
    const query = '{ reviewed { ... on Film { score } } }';
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
    expect(askedOf('scores')).toEqual([['film1']]);
  });

  // Apollo's planner joins both fields in one fetch that requires what only verdict needs, and fetches it for films alone.
  it('select one field for all types and another, which requires more, for one type of an interface object', async () => {
    const query = '{ reviewed { best { stars } score ... on Film { verdict } } }';
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
    expect(askedOf('scores')).toEqual([['film1'], ['film1', 'book1', 'album2']]);
    expect(graph.requests).toHaveLength(4);
  });

  it.each([
    ['from a place that has no representation', '{ reviewed { id ... on Film { best { stars } } } }', 'reviews'],
    ['from a subgraph that knows the types', '{ media { id ... on Film { score } } }', 'scores'],
    ['from a union', '{ shelf { any { ... on Film { score } ... on Book { verdict } } } }', 'scores'],
    ['beside all its types of another', '{ reviewed { score ... on Film { other: score(plus: 1) } } }', 'scores'],
  ])('do not select for a type what the client selects for another: %s', async (_name, query, subgraph) => {
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
    const [first = []] = askedOf(subgraph);
    expect(first.length).toBeGreaterThan(0);
    expect(askedOf(subgraph).some((ids) => ids.every((id) => id.startsWith('film')))).toBe(true);
  });

  it.each([
    ['over two hops', '{ reviews { media { reviews { others { ... on Book { score } ... on Film { verdict } } } } } }'],
    ['with types below types', '{ reviewed { ... on Film { best { media { ... on Book { score pages } } } } } }'],
    ['with other fields below one', '{ reviewed { best { stars } ... on Film { best { useful } } } }'],
    [
      'with different fields below one',
      '{ reviewed { ... on Film { best { stars } } ... on Book { best { useful } } } }',
    ],
    ['with __typename alone', '{ reviewed { ... on Film { __typename } ... on Book { id } } }'],
    ['within a condition on the interface', '{ shelf { any { ... on Media { score ... on Film { verdict } } } } }'],
  ])('select by type %s', async (_name, query) => {
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
  });

  /** The ids in each list of representations that a subgraph was sent. */
  function askedOf(subgraph: string): string[][] {
    return graph.requests
      .filter((one) => one.subgraph === subgraph)
      .flatMap(({ request: { representationsJson, variablesJson } }): { id: string }[][] => {
        if (representationsJson !== undefined) return [JSON.parse(`[${representationsJson.join()}]`)];
        return Object.values(JSON.parse(variablesJson ?? '{}') as object).filter(Array.isArray);
      })
      .map((list) => list.map(({ id }) => id));
  }
});
