import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithMonolith, describeDisagreement } from '../testkit/differential.ts';
import { createTestGraph, type TestGraph } from '../testkit/test-graph.ts';
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

  // Not yet right: both shapes of the tests below are met at random. The rates are held, so that they can only fall.
  it('random ones are mostly right: at most 10 % refused, at most 3 % wrong', async () => {
    const report = await compareWithMonolith({ graph, operations: 120, seed: 500_001 });
    const isRefused = (ours: unknown): boolean =>
      typeof ours === 'string' && ours.includes('The operation is too complex to plan.');
    const wrong = report.disagreements.filter(({ ours }) => !isRefused(ours));
    const refused = report.disagreements.length - wrong.length;
    console.info(`${graph.name}: ${refused} refused and ${wrong.length} wrong of ${report.compared} random operations`);
    expect(refused / report.compared).toBeLessThan(0.1);
    expect(
      wrong.length / report.compared,
      wrong.map((one) => describeDisagreement(graph, one)).join('\n'),
    ).toBeLessThan(0.03);
  }, 300_000);

  // Apollo's planner makes a cycle of fetches and follows it until its memory is full: reviews gives the entity, library
  // its type, scores the field, and scores requires library's title. Refused at the deadline, in a process of its own.
  it.fails('ask by a type what requires a field of the interface, from an interface object', async () => {
    const query = '{ reviewed { ... on Film { score } } }';
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
  });

  // Apollo's planner joins both fields in one fetch that requires what only verdict needs; it is fetched for films alone,
  // so books cannot be represented and get no score: null, and no error.
  it.fails('ask all for one field and a type for another that requires more, of one interface object', async () => {
    const query = '{ reviewed { best { stars } score ... on Film { verdict } } }';
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
  });
});
