/** What the subgraphs of a supergraph say of caching their answers, before any has answered. */
import { CacheHints, type PolicySources } from '../cache/index.ts';
import type { ResolvedConfig, SubgraphConfig } from '../config/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';

/** AI fields are answered by what they read, which is read for the same answer. */
export function cachedSubgraphs({ subgraphs }: ResolvedConfig): readonly SubgraphConfig[] {
  return subgraphs.filter(({ kind }) => kind !== 'ai');
}

export function policySourcesOf({ config, sources }: Pick<SupergraphParts, 'config' | 'sources'>): Required<
  Omit<PolicySources, 'defaultMaxAgeMs'>
> & {
  readonly callerAware: ReadonlySet<string>;
} {
  const cached = cachedSubgraphs(config);
  const types = new Map(config.subgraphs.map(({ name }) => [name, new CacheHints(sources.get(name)?.sdl ?? '')]));
  const hints = new Map([...types].filter(([name]) => cached.some((subgraph) => subgraph.name === name)));
  // A statement is sent to all of them, an exchanged token to some.
  const { toSubgraphs, exchanges } = config.access;
  const callerAware = new Set(
    cached.flatMap(({ kind, name }) =>
      kind === 'http' && (toSubgraphs !== undefined || exchanges[name] !== undefined) ? [name] : [],
    ),
  );
  return { hints, types, callerAware };
}
