/** A graph that operations are measured on: subgraphs with their SDL beside this file, and what they answer. */
import { fileURLToPath } from 'node:url';
import { benchmarkGraph } from './benchmark.ts';
import { shopGraph } from './shop.ts';

/** Type -> field -> resolver; `never` because each resolver states its own source and arguments. */
export type SubgraphResolvers = Readonly<
  Record<string, Readonly<Record<string, (source: never, variables: never) => unknown>>>
>;

export interface BenchGraph {
  readonly name: GraphName;
  /** Resolvers by subgraph; the SDL is `<graph>/<subgraph>.graphql`. */
  readonly subgraphs: Readonly<Record<string, SubgraphResolvers>>;
}

export type GraphName = 'benchmark' | 'shop';

/** @throws Error where its data is not on this machine */
export function loadGraph(name: GraphName): BenchGraph {
  return { name, subgraphs: name === 'benchmark' ? benchmarkGraph() : shopGraph() };
}

export function schemaFileOf(graph: GraphName, subgraph: string): string {
  return fileURLToPath(new URL(`${graph}/${subgraph}.graphql`, import.meta.url));
}
