/**
 * A subgraph of the application's own process: its executable schema, or its SDL with a function that runs operations.
 * It takes part as one that is reached over HTTP does: the same documents, answers as JSON would carry them, errors
 * masked by the same rules; there is nothing to retry and no circuit to break.
 */

import {
  type DocumentNode,
  execute as executeGraphQL,
  type FormattedExecutionResult,
  type GraphQLSchema,
  isSchema,
  parse,
} from 'graphql';
import { GatewayError, messageOf } from '../errors/index.ts';
import { abortSignalOf, addAbortListener, removeAbortListener, TextCache } from '../lib/index.ts';
import { readCacheTags } from './read-cache-tags.ts';
import type { CachingHeaders, RequestContext } from './request-context.ts';
import type { SubgraphClient, SubgraphRequest, SubgraphResponse } from './subgraph-client.ts';
import { writeVariables } from './write-request.ts';

/** One operation that an in-process subgraph runs. */
export interface InProcessOperation {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>>;
  /** What resolvers of an executable schema get as their `contextValue`. */
  readonly context: InProcessContext;
}

export interface InProcessContext {
  readonly requestId: string;
  /** The client's request headers, in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Aborts when the client leaves or the operation's deadline passes. */
  readonly signal: AbortSignal;
}

/** The answer as GraphQL's `execute` gives it; it has to be JSON. */
export type InProcessAnswer = Pick<FormattedExecutionResult, 'data' | 'errors' | 'extensions'>;

export interface InProcessSubgraph {
  readonly sdl: string;
  execute(operation: InProcessOperation): InProcessAnswer | Promise<InProcessAnswer>;
}

/** @param subgraph an executable schema of `buildSubgraphSchema` (`@apollo/subgraph`), or its parts */
export async function inProcessSubgraph(subgraph: GraphQLSchema | InProcessSubgraph): Promise<InProcessSubgraph> {
  if (!isSchema(subgraph)) return subgraph;
  const document = parse('{ _service { sdl } }');
  const { data } = await executeGraphQL({ schema: subgraph, document });
  const sdl = (data as { readonly _service?: { readonly sdl?: unknown } } | null | undefined)?._service?.sdl;
  if (typeof sdl !== 'string')
    throw new TypeError('the schema has no _service: build it with buildSubgraphSchema of @apollo/subgraph');
  return {
    sdl,
    async execute({ document: operation, operationName, variables, context }) {
      const result = await executeGraphQL({
        schema: subgraph,
        document: operation,
        operationName,
        variableValues: variables,
        contextValue: context,
      });
      return result as InProcessAnswer;
    },
  };
}

export function createInProcessSubgraph(name: string, subgraph: InProcessSubgraph): SubgraphClient {
  return new InProcessClient(name, subgraph);
}

/** Any header may have decided the answer: it is this client’s alone (RFC 9111, section 4.1). */
const decidedByHeaders: CachingHeaders = { cacheControl: '', age: undefined, vary: '*' };

/** A client’s headers, and whether any of them was looked at: then they may decide the answer. */
class WatchedHeaders {
  areRead = false;
  readonly proxy: InProcessContext['headers'];

  constructor(headers: InProcessContext['headers']) {
    const read = (): void => {
      this.areRead = true;
    };
    this.proxy = new Proxy(headers, {
      get(target, name) {
        read();
        return Reflect.get(target, name);
      },
      has(target, name) {
        read();
        return Reflect.has(target, name);
      },
      ownKeys(target) {
        read();
        return Reflect.ownKeys(target);
      },
      getOwnPropertyDescriptor(target, name) {
        read();
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
    });
  }
}

class InProcessClient implements SubgraphClient {
  readonly name: string;
  // Its errors are the application's own: masked as those of an HTTP subgraph are.
  readonly kind = 'http';
  readonly #subgraph: InProcessSubgraph;
  readonly #documents = new TextCache<DocumentNode>((query) => parse(query, { noLocation: true }));

  constructor(name: string, subgraph: InProcessSubgraph) {
    this.name = name;
    this.#subgraph = subgraph;
  }

  async execute(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse> {
    const { requestId, clientHeaders, signal, event } = context;
    signal.throwIfAborted();
    const requestedAt = performance.now();
    const headers = new WatchedHeaders({ ...clientHeaders, ...request.headers });
    const variables = JSON.parse(writeVariables(request) ?? '{}') as Readonly<Record<string, unknown>>;
    const aborted = Promise.withResolvers<never>();
    const onAbort = (): void => aborted.reject(signal.reason);
    addAbortListener(signal, onAbort);
    event?.wait(performance.now());
    try {
      const answering = this.#subgraph.execute({
        document: this.#documents.of(request.query),
        operationName: request.operationName,
        variables,
        context: { requestId, headers: headers.proxy, signal: abortSignalOf(signal) },
      });
      const answer = this.#read(await Promise.race([answering, aborted.promise]));
      if (headers.areRead) context.cachePolicy?.response(this.name, decidedByHeaders, requestedAt);
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof GatewayError) throw error;
      throw new GatewayError('SUBREQUEST_HTTP_ERROR', { service: this.name, detail: messageOf(error), cause: error });
    } finally {
      event?.resume(performance.now());
      removeAbortListener(signal, onAbort);
    }
  }

  async close(): Promise<void> {}

  /** A copy, as JSON carries it: the answer is merged with others', and the schema's own objects stay as they are. */
  #read(answer: InProcessAnswer): SubgraphResponse {
    const { data, errors, extensions } = JSON.parse(JSON.stringify(answer ?? null) ?? 'null') ?? {};
    if (data === undefined && errors === undefined)
      throw new GatewayError('SUBREQUEST_MALFORMED_RESPONSE', { service: this.name, detail: 'no data and no errors' });
    const cacheTags = readCacheTags(extensions);
    return {
      data,
      ...(Array.isArray(errors) && errors.length > 0 ? { errors } : {}),
      ...(cacheTags === undefined ? {} : { cacheTags }),
    };
  }
}
