import { abortSignalOf } from '../lib/index.ts';
import type { RequestContext, SubgraphClient, SubgraphRequest, SubgraphResponse } from '../transport/index.ts';
import { writeVariables } from '../transport/index.ts';
import { callPlugin, type Hook, type Hooks } from './compile-hooks.ts';
import type { Plugin, SubgraphEvent } from './plugin.ts';
import { valuesOf } from './run-operation-hooks.ts';

/** A subgraph whose requests and responses pass the plugins; the client itself where no plugin has the hook. */
export function withSubgraphHooks(client: SubgraphClient, hooks: Hooks | undefined): SubgraphClient {
  const { onSubgraphRequest } = hooks ?? {};
  if (hooks === undefined || onSubgraphRequest === undefined) return client;
  const { status } = client;
  return {
    name: client.name,
    kind: client.kind,
    execute: (request, context) => executeHooked(client, hooks, onSubgraphRequest, request, context),
    ...(status === undefined ? {} : { status: () => status.call(client) }),
    close: () => client.close(),
  };
}

async function executeHooked(
  client: SubgraphClient,
  { log }: Hooks,
  hooks: readonly Hook<NonNullable<Plugin['onSubgraphRequest']>>[],
  request: SubgraphRequest,
  context: RequestContext,
): Promise<SubgraphResponse> {
  const { requestId, signal } = context;
  const event = new RequestOfSubgraph(client.name, request, context);
  const finishes: { plugin: string; call: (response: SubgraphResponse) => unknown }[] = [];
  let response: SubgraphResponse | undefined;
  for (const { plugin, call } of hooks) {
    const result = await callPlugin({ plugin, log, requestId, signal }, () => call(event));
    if (typeof result === 'function') finishes.push({ plugin, call: result });
    else if (result !== undefined) {
      response = result;
      break;
    }
  }
  response ??= await client.execute(event.request(), context);
  for (const { plugin, call } of finishes.reverse()) {
    const current: SubgraphResponse = response;
    const changed: SubgraphResponse | undefined = await callPlugin(
      { plugin, log, requestId, signal },
      () => call(current) as SubgraphResponse,
    );
    response = changed ?? current;
  }
  // A plugin may have changed its data.
  return response.versions === undefined ? response : { ...response, versions: undefined };
}

class RequestOfSubgraph implements SubgraphEvent {
  readonly requestId: string;
  readonly context: Map<string, unknown>;
  readonly signal: AbortSignal;
  readonly subgraph: string;
  readonly operationType: 'query' | 'mutation';
  readonly headers: Record<string, string>;
  readonly #request: SubgraphRequest;
  #query: string | undefined;
  #variables: Readonly<Record<string, unknown>> | undefined;

  constructor(subgraph: string, request: SubgraphRequest, context: RequestContext) {
    this.requestId = context.requestId;
    this.context = valuesOf(context);
    this.signal = abortSignalOf(context.signal);
    this.subgraph = subgraph;
    this.operationType = request.kind;
    this.headers = { ...request.headers };
    this.#request = request;
  }

  get query(): string {
    return this.#query ?? this.#request.query;
  }

  set query(query: string) {
    this.#query = query;
  }

  get variables(): Readonly<Record<string, unknown>> {
    return this.#variables ?? (JSON.parse(writeVariables(this.#request) ?? '{}') as Record<string, unknown>);
  }

  set variables(variables: Readonly<Record<string, unknown>>) {
    this.#variables = variables;
  }

  /** What is sent: the request as it was, where no hook changed it. */
  request(): SubgraphRequest {
    const { headers } = this;
    const withHeaders = Object.keys(headers).length === 0 ? this.#request : { ...this.#request, headers };
    if (this.#query === undefined && this.#variables === undefined) return withHeaders;
    const { kind, operationName, exponents, event } = this.#request;
    return { kind, operationName, exponents, event, headers, query: this.query, variables: this.variables };
  }
}
