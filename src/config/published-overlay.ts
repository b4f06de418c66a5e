/**
 * What a registry has published, over an operator's supergraph.yaml: its subgraphs take the place of the file's, and the
 * sections that it has take the place of the file's sections. Everything else (addresses, secrets, stores, telemetry) is the
 * operator's, and so is where rates are counted. Laid over before anything is checked, so that it is checked as if the file had it.
 */
import type { YamlPath, YamlSource } from './read-yaml.ts';

export interface PublishedOverlay {
  /** What messages call it, such as `generation 12 of shop@current`. */
  readonly name: string;
  /** Paths are absolute. */
  readonly subgraphs: Readonly<Record<string, PublishedSubgraph>>;
  readonly settings: {
    readonly limits?: unknown;
    /** `access.contracts` and `access.policies`. */
    readonly contracts?: unknown;
    readonly policies?: unknown;
  };
  /** Manifests of trusted documents, beside those of the file. */
  readonly documents: readonly string[];
}

export type PublishedSubgraph =
  | { readonly kind: 'http'; readonly schemaFile: string; readonly routingUrl: string }
  | { readonly kind: 'ai'; readonly schemaFile: string; readonly promptsFolder: string };

export function layOver(
  { value, lineOf }: YamlSource,
  { subgraphs, settings, documents }: PublishedOverlay,
): YamlSource {
  const file = mappingOf(value);
  const ownSubgraphs = mappingOf(file.subgraphs);
  const ownLimits = mappingOf(file.limits);
  const counters = ownLimits.rate_counters === undefined ? {} : { rate_counters: ownLimits.rate_counters };
  const access = {
    ...mappingOf(file.access),
    ...(settings.contracts === undefined ? {} : { contracts: settings.contracts }),
    ...(settings.policies === undefined ? {} : { policies: settings.policies }),
  };
  const ownOperations = mappingOf(file.persisted_operations);
  const ownDocuments = Array.isArray(ownOperations.documents) ? ownOperations.documents : [];
  const merged = {
    ...file,
    ...(documents.length === 0
      ? {}
      : { persisted_operations: { ...ownOperations, documents: [...ownDocuments, ...documents] } }),
    ...(settings.limits === undefined ? {} : { limits: { ...mappingOf(settings.limits), ...counters } }),
    ...(Object.keys(access).length === 0 ? {} : { access }),
    subgraphs: Object.fromEntries(
      Object.entries(subgraphs).map(([name, published]) => [name, yamlOf(published, mappingOf(ownSubgraphs[name]))]),
    ),
  };
  const isPublished = ([first, second]: YamlPath): boolean =>
    first === 'subgraphs' ||
    (first === 'limits' && settings.limits !== undefined) ||
    (first === 'access' && second === 'contracts' && settings.contracts !== undefined) ||
    (first === 'access' && second === 'policies' && settings.policies !== undefined);
  return { value: merged, lineOf: (path) => (isPublished(path) ? undefined : lineOf(path)) };
}

/** The functions of an AI subgraph are code of the operator's machine: they stay. */
function yamlOf(published: PublishedSubgraph, own: Readonly<Record<string, unknown>>): unknown {
  const schema = { file: published.schemaFile };
  if (published.kind === 'http') return { routing_url: published.routingUrl, schema };
  const code = own.code === undefined ? {} : { code: own.code };
  return { ai: true, schema, prompts: published.promptsFolder, ...code };
}

export function mappingOf(value: unknown): Readonly<Record<string, unknown>> {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMapping ? (value as Readonly<Record<string, unknown>>) : {};
}
