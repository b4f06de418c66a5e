/** Names that metrics tell apart from the start: those that the configuration or a trusted document has. */
import type { NameKind } from '../../observability/index.ts';
import type { TrustedDocuments } from '../../persisted/index.ts';
import type { GatewayGeneration } from '../generation.ts';

/** Further ones are learned from their use. */
const maxOfKind = 1_000;

export function knownNames(
  { config, prompts }: Pick<GatewayGeneration, 'config' | 'prompts'>,
  trusted: TrustedDocuments | undefined,
): Readonly<Record<NameKind, ReadonlySet<string>>> {
  const { ai, limits, telemetry } = config;
  const { operations = [], clients = [] } = telemetry.metrics ?? {};
  const aliases = Object.keys(ai.models);
  const targets = Object.values(ai.models).flatMap((alias) => [
    ...alias.targets,
    ...alias.shadow.map(({ target }) => target),
  ]);
  return {
    // Calls of /v1 are named by what they ask for.
    operation: first(
      operations,
      namesIn(trusted),
      aliases,
      prompts.map(({ name }) => name),
    ),
    client: first(
      clients,
      limits.clients.flatMap(({ clientName }) => clientName ?? []),
      (trusted?.all ?? []).flatMap(({ clientName }) => clientName ?? []),
    ),
    alias: first(aliases),
    model: first(targets.map(({ provider, model }) => `${provider}/${model}`)),
  };
}

function first(...lists: readonly Iterable<string>[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const list of lists)
    for (const name of list) {
      if (names.size >= maxOfKind) return names;
      names.add(name);
    }
  return names;
}

const definition = /\b(?:query|mutation|subscription)\s+([_A-Za-z]\w{0,99})/g;

/** By what they look like: to parse thousands of documents would hold up requests. */
function* namesIn(trusted: TrustedDocuments | undefined): Iterable<string> {
  for (const { text } of trusted?.all ?? []) for (const [, name = ''] of text.matchAll(definition)) yield name;
}
