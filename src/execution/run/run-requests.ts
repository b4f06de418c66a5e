/** Sends the requests of a run to subgraphs, each with its event, and what caches are to know of it. */
import { GatewayError } from '../../errors/index.ts';
import type { EstimatedCost } from '../../limits/index.ts';
import type { FetchEvent } from '../../observability/index.ts';
import type {
  ReaderView,
  RequestContext,
  SubgraphClient,
  SubgraphRequest,
  SubgraphResponse,
} from '../../transport/index.ts';
import { beginFetch, endFetch } from './fetch-events.ts';

export interface RunRequestsOptions {
  readonly clients: ReadonlyMap<string, SubgraphClient>;
  readonly context: RequestContext;
  /** Says which subgraphs are not asked. @default every subgraph is asked */
  readonly cost?: EstimatedCost | undefined;
  /** How the caller reads what in-process subgraphs are sent. */
  readonly reader?: ReaderView | undefined;
}

export class RunRequests {
  readonly #options: RunRequestsOptions;
  #ofReader: RequestContext | undefined;

  constructor(options: RunRequestsOptions) {
    this.#options = options;
  }

  kindOf(subgraph: string): SubgraphClient['kind'] {
    return this.#options.clients.get(subgraph)?.kind ?? 'http';
  }

  /** @param entities how many are asked for; 0 for fields of the root */
  async send(
    fetch: Pick<FetchEvent, 'subgraph' | 'kind'>,
    request: SubgraphRequest,
    entities: number,
  ): Promise<SubgraphResponse> {
    const { clients, context, cost } = this.#options;
    const { subgraph } = fetch;
    const client = clients.get(subgraph);
    const event = this.#begin(fetch, request.kind, entities);
    try {
      if (client === undefined)
        throw new GatewayError('INTERNAL_SERVER_ERROR', { detail: `${subgraph} has no client` });
      const refusal = cost?.refused.get(subgraph);
      if (refusal !== undefined) throw refusal;
      context.cachePolicy?.request(subgraph, request.query);
      const withEvent = event === undefined ? request : { ...request, event };
      const response = await client.execute(
        withEvent,
        client.kind === 'in-process' ? this.#inProcessContext() : context,
      );
      if (event !== undefined) endFetch(event, response.errors === undefined ? 'ok' : 'errors');
      return response;
    } catch (error) {
      if (event !== undefined) endFetch(event, { thrown: error });
      throw error;
    }
  }

  /** @returns undefined where nobody looks at the operation */
  #begin(
    { subgraph, kind }: Pick<FetchEvent, 'subgraph' | 'kind'>,
    operationType: FetchEvent['operationType'],
    entities: number,
  ): FetchEvent | undefined {
    const { event } = this.#options.context;
    return event === undefined || event.ended !== 0
      ? undefined
      : beginFetch(event, { subgraph, kind }, operationType, this.kindOf(subgraph), entities);
  }

  /** One object for all requests of the run: subgraphs keep what they share by it. */
  #inProcessContext(): RequestContext {
    const { context, reader } = this.#options;
    if (reader !== undefined) this.#ofReader ??= { ...context, reader };
    return this.#ofReader ?? context;
  }
}
