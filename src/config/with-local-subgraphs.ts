/** Subgraphs of a developer's machine in place of those of a configuration: checked as if the file had them. */
import type { LocalSubgraph } from './cross-key-problems.ts';
import { mappingOf } from './published-overlay.ts';
import type { YamlSource } from './read-yaml.ts';

/** What runs on this machine changes often. */
const poll = '1s';

export function withLocalSubgraphs(
  { value, lineOf }: YamlSource,
  subgraphs: Readonly<Record<string, LocalSubgraph>>,
): YamlSource {
  const file = mappingOf(value);
  const local = Object.entries(subgraphs).map(([name, { routingUrl, schemaFile }]) => [
    name,
    {
      routing_url: routingUrl,
      schema: schemaFile === undefined ? { subgraph_url: routingUrl, poll } : { file: schemaFile },
    },
  ]);
  const merged = { ...file, subgraphs: { ...mappingOf(file.subgraphs), ...Object.fromEntries(local) } };
  const isLocal = ([first, name]: readonly (string | number)[]): boolean =>
    first === 'subgraphs' && Object.hasOwn(subgraphs, String(name));
  return { value: merged, lineOf: (path) => (isLocal(path) ? undefined : lineOf(path)) };
}
