/**
 * An estimate is an upper bound: as long as no list has more items than `@listSize` or `limits.cost.list_size` says, no random
 * operation costs more than it was estimated at, whatever its plan: not in total, and not in a single subgraph.
 */
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../src/config/index.ts';
import { Random } from '../testkit/random/random.ts';
import { randomOperation } from '../testkit/random/random-operation.ts';
import { newSeed, randomRuns } from '../testkit/random/random-runs.ts';
import { createTestGraph, type TestGraph, type TestSchema } from '../testkit/random/test-graph.ts';
import { abstractTypes } from './schemas/abstract-types.ts';
import { contexts } from './schemas/contexts.ts';
import { entities } from './schemas/entities.ts';
import { interfaceObjects } from './schemas/interface-objects.ts';
import { keys } from './schemas/keys.ts';
import { places } from './schemas/places.ts';
import { sample } from './schemas/sample.ts';
import { vehicles } from './schemas/vehicles.ts';

const limitsOf = (listSize: number) =>
  checkConfig('supergraph.yaml', {
    subgraphs: { a: { routing_url: 'http://127.0.0.1:1', schema: { file: 'a.graphql' } } },
    limits: { cost: { list_size: listSize } },
  }).limits;

/** The schema with `@listSize` on every list that takes `first`, and weights on some types and arguments. */
function priced(schema: TestSchema): TestSchema {
  const subgraphs = schema.subgraphs.map(({ name, sdl }) => {
    if (!sdl.includes('/federation/v2.12')) return { name, sdl };
    const pricedLine = (line: string): string =>
      line
        .replace(
          /(first: Int[^)]*\)): (\[[\w![\]]+)/g,
          '$1: $2 @listSize(slicingArguments: ["first"], requireOneSlicingArgument: false)',
        )
        .replace(/\b(type Review) /g, '$1 @cost(weight: 3) ')
        .replace(/(currency: String = "USD")/g, '$1 @cost(weight: 2)');
    // Apollo refuses such directives on @external fields.
    const sized = sdl.replace(/^.*$/gm, (line) =>
      line.includes('external:') || / @external/.test(line) ? line : pricedLine(line),
    );
    return { name, sdl: sized.replace(/(federation\/v2\.12"[\s,]*import: \[)/, '$1"@cost", "@listSize", ') };
  });
  return { ...schema, subgraphs };
}

async function expectBounds(graph: TestGraph, seed: number, operations: number): Promise<void> {
  let priceable = 0;
  for (let current = seed; current < seed + operations; current++) {
    const { query, variables, operationName } = randomOperation({
      schema: graph.apiSchema,
      random: new Random(current),
      ids: graph.ids,
      shadowing: true,
      mutations: 0.1,
    });
    graph.random = new Random(current);
    const answer = await graph.run(graph.engine, query, variables, operationName).catch(() => undefined);
    if (answer?.costs?.estimated === undefined) continue;
    priceable++;
    const { estimated, actual = Number.NaN, subgraphs = () => [] } = answer.costs;
    const wrong = subgraphs().filter(([, points]) => !(points.actual <= points.estimated));
    if (wrong.length > 0 || !(actual <= estimated))
      expect.fail(
        `SEED=${current} over ${graph.name}: ${actual} > ${estimated}, ${JSON.stringify(wrong)}\n${query}\n${JSON.stringify(variables)}`,
      );
  }
  expect(priceable).toBeGreaterThan(operations * 0.9);
}

/** Each with the length of the longest list in its data. */
describe.each([
  [entities, 9],
  [abstractTypes, 6],
  [contexts, 6],
  [keys, 6],
  [places, 6],
  [vehicles, 6],
  [interfaceObjects, 6],
  [sample, 20],
])('random operations over $name', (schema, longestList) => {
  it('never cost more than they are estimated at', async () => {
    const graph = createTestGraph(priced(schema), { limits: limitsOf(longestList) });
    await expectBounds(graph, 1, randomRuns(60));
    await expectBounds(graph, newSeed(`costs over ${graph.name}`), randomRuns(20));
    await graph.close();
  }, 3_600_000);
});
