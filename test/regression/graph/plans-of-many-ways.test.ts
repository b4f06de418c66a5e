/**
 * Operations that can be fetched in more ways than can be compared are planned in time proportional to their size, and
 * answered correctly: with the best plan found, and with the first if the best takes too long.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApolloPlanner, type SupergraphPlanner } from '../../../src/planning/apollo/apollo-planner.ts';
import { PlanningTooLong } from '../../../src/planning/apollo/search-bounds.ts';
import { UnsoundPlan } from '../../../src/planning/plan/unsound-plan.ts';
import { manyWays } from '../../federation/schemas/many-ways.ts';
import { compareWithMonolith } from '../../testkit/random/differential.ts';
import { createTestGraph, type TestGraph } from '../../testkit/random/test-graph.ts';

const times = (count: number, write: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ');

const within = (depth: number, field: string, leaves: string): string =>
  depth === 0 ? `{ ${leaves} }` : `{ ${leaves} ${field}(n: ${depth % 5}) ${within(depth - 1, field, leaves)} }`;

const item = 'id name price days size { wide high deep }';
const thing = '__typename id label price days';

const shapes: readonly (readonly [name: string, query: string, requests: number])[] = [
  ['13 shareable fields', `{ ${times(13, (n) => `a${n}: item(n: ${n}) { ${item} }`)} }`, 4],
  ['60 shareable fields', `{ ${times(60, (n) => `a${n}: item(n: ${n}) { ${item} }`)} }`, 4],
  ['shareable fields within each other', `{ item ${within(9, 'next', item)} }`, 5],
  ['13 fields of an interface', `{ thing { ${times(13, (n) => `a${n}: near(n: ${n}) { ${thing} }`)} } }`, 4],
  ['fields of an interface within each other', `{ thing ${within(5, 'near', thing)} }`, 8],
  ['fields of an interface that are asked by type', `{ thing ${within(4, 'rival', thing)} }`, 8],
  [
    'both, beside and within each other',
    `{ ${times(3, (n) => `a${n}: thing(n: ${n}) { ${times(3, (m) => `b${m}: rival(n: ${m}) { ${times(3, (k) => `c${k}: near(n: ${k}) { ${thing} }`)} }`)} }`)} }`,
    12,
  ],
];

let graph: TestGraph;
let planner: SupergraphPlanner;
beforeAll(() => {
  graph = createTestGraph(manyWays);
  planner = createApolloPlanner({ supergraphSdl: graph.supergraphSdl, inProcess: [] });
});
afterAll(() => graph.close());

describe('operations of many ways', () => {
  it.each(shapes)('%s', async (_name, query, requests) => {
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
    expect(graph.requests.length).toBeLessThanOrEqual(requests);
    const { text } = graph.explain(query);
    const { fetches } = planner.plan(text, [], { width: 'narrow', cpuMs: Number.POSITIVE_INFINITY });
    expect(fetches.length).toBeGreaterThan(0);
  });

  it.each(['wide', 'narrow'] as const)(
    'random ones are answered rightly by the plans of a %s search',
    async (width) => {
      const ours = createTestGraph(manyWays, { search: { width, cpuMs: Number.POSITIVE_INFINITY } });
      const { disagreements } = await compareWithMonolith({ graph: ours, operations: 150, seed: 7_000 });
      expect(disagreements.map(({ query, ours }) => ({ query, ours }))).toEqual([]);
      await ours.close();
    },
  );

  it('end their own search when its CPU time is over', () => {
    const { text } = graph.explain(`{ ${times(60, (n) => `a${n}: item(n: ${n}) { ${item} }`)} }`);
    expect(() => planner.plan(text, [], { width: 'wide', cpuMs: 1 })).toThrow(PlanningTooLong);
    expect(planner.plan(text, []).fetches.length).toBeGreaterThan(0);
  });
});

describe('an operation for which there is no plan', () => {
  it('differs from one whose planning failed', () => {
    const supergraphSdl = graph.supergraphSdl.replaceAll(/@join__type\(graph: \w+, key: "id"\)/g, (one) =>
      one.replace('key: "id"', 'key: "id", resolvable: false'),
    );
    const unreachable = createApolloPlanner({ supergraphSdl, inProcess: [] });
    expect(() => unreachable.plan('{item__0:item(n:1){name price days}}', [])).toThrow(UnsoundPlan);
  });
});
