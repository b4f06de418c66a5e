import type { ResolvedConfig, SubgraphConfig, SupergraphSource } from '../../config/index.ts';
import { indexFile } from '../external/read-oci-layout.ts';

/** Every file and folder that the supergraph of a configuration is built from, whether or not it exists yet. */
export function watchedPaths({ file, subgraphs, supergraph, plugins, access }: ResolvedConfig): readonly string[] {
  const ofSubgraph = (subgraph: SubgraphConfig): string[] => [
    ...(subgraph.schema.kind === 'file' ? [subgraph.schema.path] : []),
    ...(subgraph.kind === 'ai' ? [subgraph.promptsFolder] : []),
    ...(subgraph.kind === 'ai' && subgraph.codeFile !== undefined ? [subgraph.codeFile] : []),
  ];
  const policies = access.policies.flatMap((policy) => (policy.kind === 'code' ? [policy.path] : []));
  const keyFiles = access.jwt.flatMap(({ jwks }) => (jwks.kind === 'file' ? [jwks.location] : []));
  return [
    file,
    ...subgraphs.flatMap(ofSubgraph),
    ...ofSupergraph(supergraph?.source),
    ...plugins.map(({ path }) => path),
    ...policies,
    ...keyFiles,
  ];
}

function ofSupergraph(source: SupergraphSource | undefined): readonly string[] {
  if (source?.kind === 'file') return [source.path];
  return source?.kind === 'oci' ? [indexFile(source.folder)] : [];
}
