import { hash } from 'node:crypto';
import { createTokenExchange, type Statements } from '../access/index.ts';
import { createAiSubgraph } from '../ai/fields/index.ts';
import type { ModelsLease } from '../ai/models/index.ts';
import type { ResolvedConfig, SubgraphConfig } from '../config/index.ts';
import { invariant, unreachable } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import type { Signals } from '../signals/index.ts';
import { rootNamesIn } from '../supergraph/index.ts';
import {
  type CallerHeader,
  createHttpSubgraph,
  createInProcessSubgraph,
  type InProcessSubgraph,
  type SubgraphClient,
  withRootTypeNames,
} from '../transport/index.ts';
import type { CredentialsLease } from './subgraph-credentials.ts';

export interface ClientParts {
  readonly lease: ModelsLease;
  /** The application's own, by name. */
  readonly subgraphs: ReadonlyMap<string, InProcessSubgraph>;
  readonly signals: Signals;
  readonly statements: Statements | undefined;
  /** What the threads of one process share. */
  readonly secret: Uint8Array;
  /** The certificates for the subgraph; undefined: Node's own. */
  readonly tls: CredentialsLease['value'] | undefined;
  readonly log: Logger;
}

/** The client of one subgraph, however it is reached; its root types have their default names. */
export function buildClient(
  subgraph: SubgraphConfig,
  parts: SupergraphParts,
  { lease, subgraphs, signals, statements, secret, tls, log }: ClientParts,
): SubgraphClient {
  const roots = rootNamesIn(parts.sources.get(subgraph.name)?.sdl ?? '');
  switch (subgraph.kind) {
    case 'http':
      return withRootTypeNames(httpClient(subgraph, parts.config, { signals, statements, tls, log }), roots);
    case 'ai':
      return withRootTypeNames(aiClient(subgraph.name, parts, { lease, signals, secret, log }), roots);
    case 'in-process': {
      const inProcessSubgraph = subgraphs.get(subgraph.name);
      invariant(inProcessSubgraph !== undefined, `${subgraph.name} has been handed over`);
      return withRootTypeNames(createInProcessSubgraph(subgraph.name, inProcessSubgraph), roots);
    }
    default:
      return unreachable(subgraph);
  }
}

function httpClient(
  { name, routingUrl }: Extract<SubgraphConfig, { readonly kind: 'http' }>,
  config: ResolvedConfig,
  { signals, statements, tls, log }: Pick<ClientParts, 'signals' | 'statements' | 'tls' | 'log'>,
): SubgraphClient {
  const { [name]: traffic } = config.traffic.subgraphs;
  const { [name]: headers } = config.headers;
  invariant(traffic !== undefined && headers !== undefined, `${name} has been resolved`);
  return createHttpSubgraph({
    ...traffic,
    name,
    url: routingUrl,
    headers,
    shareIdentical: config.traffic.shareIdentical !== 'off',
    signals,
    callerHeaders: callerHeadersFor(name, config, statements),
    tls,
    traceFormats: config.telemetry.otlp === undefined ? [] : config.telemetry.tracing.propagation,
    onBreakerChange: (url, breaker) =>
      log.warn({ subgraph: name, url, breaker }, 'a subgraph’s circuit breaker changed'),
  });
}

function callerHeadersFor(
  subgraph: string,
  { access }: ResolvedConfig,
  statements: Statements | undefined,
): readonly CallerHeader[] {
  const { [subgraph]: exchange } = access.exchanges;
  return [
    ...(statements === undefined ? [] : [statements]),
    ...(exchange === undefined ? [] : [createTokenExchange(exchange)]),
  ];
}

function aiClient(
  name: string,
  { config, sources, prompts: folders, code, sensitive }: SupergraphParts,
  { lease: { client: models, cache }, signals, secret, log }: Pick<ClientParts, 'lease' | 'signals' | 'secret' | 'log'>,
): SubgraphClient {
  const sdl = sources.get(name)?.sdl;
  const prompts = folders.get(name);
  invariant(sdl !== undefined && prompts !== undefined, `${name} has been read`);
  const fields = fieldsWithin(config);
  const { store } = config.ai.cache;
  // Whoever reads a cached answer finds the placeholders in it.
  const placeholderKey = hash('sha256', store.kind === 'memory' ? secret : `fields ${store.url}`, 'buffer');
  const shared = { models, cache, placeholderKey, signals, log };
  return createAiSubgraph({ ...shared, name, sdl, prompts, config: fields, sensitive, code: code.get(name) });
}

/** A field that is late is null beside the others; an operation that is late has no answer at all. */
const operationShare = 0.9;

function fieldsWithin({ ai, server }: ResolvedConfig): ResolvedConfig['ai']['fields'] {
  const deadlineMs = Math.min(ai.fields.deadlineMs, server.operationTimeoutMs * operationShare);
  return { ...ai.fields, deadlineMs };
}
