import type { ResolvedConfig, SubgraphConfig } from '../config/index.ts';

/** Every file and folder that a configuration's supergraph is made of, whether or not it is there yet. */
export function watchedPaths({ file, subgraphs }: ResolvedConfig): readonly string[] {
  const ofSubgraph = (subgraph: SubgraphConfig): string[] => [
    ...(subgraph.schema.kind === 'file' ? [subgraph.schema.path] : []),
    ...(subgraph.kind === 'ai' ? [subgraph.promptsFolder] : []),
    ...(subgraph.kind === 'ai' && subgraph.codeFile !== undefined ? [subgraph.codeFile] : []),
  ];
  return [file, ...subgraphs.flatMap(ofSubgraph)];
}
