/** A configuration whose supergraph has been read: with the subgraphs that the supergraph has, and what is said of them. */
import { dirname, resolve } from 'node:path';
import { deepFreeze, didYouMean } from '../lib/index.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { formatPath } from './read-yaml.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import { settingsOfSubgraphs } from './settings-of-subgraphs.ts';
import type { SupergraphConfig } from './supergraph-source.ts';

/** @throws ConfigError naming each setting of a subgraph that the supergraph does not have */
export function withSubgraphs(
  config: ResolvedConfig,
  supergraph: SupergraphConfig,
  subgraphs: readonly { readonly name: string; readonly url: string }[],
): ResolvedConfig {
  const names = subgraphs.map(({ name }) => name);
  const problems = unknownNames(config, supergraph, names);
  if (problems.length > 0) throw new ConfigError(config.file, problems);
  const { telemetry, file } = config;
  const at = (path: string): string => resolve(dirname(file), path);
  return deepFreeze({
    ...config,
    ...settingsOfSubgraphs(supergraph.settings, { names, inProcess: [], telemetry, at, lineOf: () => undefined }),
    subgraphs: subgraphs.map(({ name, url }) => ({
      kind: 'http' as const,
      name,
      routingUrl: url,
      schema: { kind: 'supergraph' as const },
    })),
  });
}

function unknownNames(
  { access, limits }: ResolvedConfig,
  { settings, routingUrls }: SupergraphConfig,
  names: readonly string[],
): readonly ConfigProblem[] {
  const places = [
    { place: ['supergraph', 'routing_urls'], named: Object.keys(routingUrls) },
    { place: ['traffic', 'subgraphs'], named: Object.keys(settings.traffic.subgraphs) },
    { place: ['headers', 'subgraphs'], named: Object.keys(settings.headers.subgraphs) },
    { place: ['access', 'to_subgraphs', 'exchange'], named: Object.keys(access.exchanges) },
    { place: ['limits', 'cost', 'subgraphs'], named: limits.cost?.subgraphs.map(({ name }) => name) ?? [] },
  ];
  return places.flatMap(({ place, named }) =>
    named
      .filter((name) => !names.includes(name))
      .map((name) => {
        const message = `the supergraph has no subgraph "${name}"${didYouMean(name, names)}`;
        return { path: formatPath([...place, name]), line: undefined, message };
      }),
  );
}
