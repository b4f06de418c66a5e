/** What is measured: operations, the variables they run with, and whether identical requests may be shared. */
import { readFileSync } from 'node:fs';
import type { GraphName } from './graphs/graph.ts';
import { sharedBenchmarkFile, whyNoBenchmarkData } from './graphs/shared-data.ts';

/** `separate`: nothing is shared between requests. `shared`: identical requests, each gateway's own sharing on. */
export type Mode = 'separate' | 'shared';

export interface BenchOperation {
  readonly name: string;
  /** What it shows, in a few words. */
  readonly title: string;
  readonly graph: GraphName;
  readonly modes: readonly Mode[];
  /** Connections that each send the next request as soon as they have their answer. */
  readonly connections: number;
  /** The bodies of its requests, taken in turn: more of them than connections, so that no two in flight are alike. */
  readonly bodies: readonly string[];
}

const distinctRequests = 400;

export function readOperations(): {
  readonly operations: readonly BenchOperation[];
  readonly skipped: ReadonlyMap<string, string>;
} {
  const reason = whyNoBenchmarkData();
  const skipped = new Map(reason === undefined ? [] : [['benchmark', reason]]);
  return { operations: reason === undefined ? [benchmark(), ...shop] : shop, skipped };
}

function benchmark(): BenchOperation {
  return {
    name: 'benchmark',
    title: 'the public federation benchmark: 4 subgraphs, 87 KB',
    graph: 'benchmark',
    modes: ['separate', 'shared'],
    connections: 20,
    bodies: [JSON.stringify({ query: readFileSync(sharedBenchmarkFile('operation.graphql'), 'utf8') })],
  };
}

/** The benchmark's operation with variables that differ from request to request, over the same entities. */
export function variedBenchmark(): BenchOperation | undefined {
  if (whyNoBenchmarkData() !== undefined) return undefined;
  const query = readFileSync(sharedBenchmarkFile('operation.graphql'), 'utf8')
    .replace('query TestQuery', 'query Varied($first: Int!)')
    .replace('topProducts {', 'topProducts(first: $first) {');
  const bodies = Array.from({ length: distinctRequests }, (_, index) =>
    JSON.stringify({ query, variables: { first: 5 + index } }),
  );
  return { ...benchmark(), name: 'varied', title: 'the same with 400 different variables', bodies };
}

const flat = 'query Flat($id: ID!) { customer(id: $id) { id name email city since } }';

const threeHops = `query ThreeHops($id: ID!) {
  order(id: $id) { id placedAt totalCents customer { name city tier { title discountPercent perks } } }
}`;

const list = `query List($first: Int!) {
  items(first: $first) {
    sku name description priceCents tags maker { name country }
    quantity deliveryNote warehouse { city aisle }
  }
}`;

const numbered = (query: string, prefix: string): string[] =>
  Array.from({ length: distinctRequests }, (_, index) =>
    JSON.stringify({ query, variables: { id: `${prefix}${index + 1}` } }),
  );

const shop: readonly BenchOperation[] = [
  {
    name: 'flat',
    title: 'one flat query to one subgraph',
    graph: 'shop',
    modes: ['separate'],
    connections: 20,
    bodies: numbered(flat, 'c'),
  },
  {
    name: 'three-hops',
    title: 'three subgraphs one after the other, distinct variables',
    graph: 'shop',
    modes: ['separate'],
    connections: 20,
    bodies: numbered(threeHops, 'o'),
  },
  {
    name: 'list-500',
    title: '500 entities over two subgraphs',
    graph: 'shop',
    modes: ['separate'],
    connections: 4,
    bodies: [JSON.stringify({ query: list, variables: { first: 500 } })],
  },
  {
    name: 'list-5000',
    title: '5,000 entities over two subgraphs, 5 MB',
    graph: 'shop',
    modes: ['separate'],
    connections: 4,
    bodies: [JSON.stringify({ query: list, variables: { first: 5_000 } })],
  },
];
