/**
 * A subgraph over HTTP, through undici's keep-alive pool: the only file that imports it.
 *
 * Bounded in every direction: one deadline for connecting, headers and the whole body (a byte a second does not keep
 * it open), a limit on the body's size, and redirects are never followed (a subgraph cannot point the gateway at
 * another host).
 */
import { Agent, type Dispatcher, request as send } from 'undici';
import { GatewayError, messageOf } from '../errors/index.ts';
import { parseSubgraphResponse } from './parse-subgraph-response.ts';
import type { RequestContext } from './request-context.ts';
import type { SubgraphClient, SubgraphRequest, SubgraphResponse } from './subgraph-client.ts';

export interface HttpSubgraphOptions {
  readonly name: string;
  readonly url: string;
  /** How long the whole answer may take. */
  readonly timeoutMs: number;
  /** The largest answer read. @default 52_428_800 */
  readonly maxResponseBytes?: number;
  /** How long connecting may take. @default 1_000 */
  readonly connectTimeoutMs?: number;
  /** The most connections kept to the subgraph. @default 100 */
  readonly maxConnections?: number;
}

export function createHttpSubgraph(options: HttpSubgraphOptions): SubgraphClient {
  const {
    name,
    url,
    timeoutMs,
    maxResponseBytes = 52_428_800,
    connectTimeoutMs = 1_000,
    maxConnections = 100,
  } = options;
  const dispatcher = new Agent({
    connections: maxConnections,
    connect: { timeout: connectTimeoutMs },
    // The deadline below covers the whole exchange; undici's own two would only cover parts of it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  return {
    name,
    kind: 'http',
    async execute(request: SubgraphRequest, context: RequestContext): Promise<SubgraphResponse> {
      const timeout = AbortSignal.timeout(Math.ceil(context.deadline.within(timeoutMs).remainingMs));
      const signal = AbortSignal.any([context.signal, timeout]);
      try {
        const response = await send(url, {
          dispatcher,
          signal,
          method: 'POST',
          headers: {
            'content-type': 'application/json',
            accept: 'application/graphql-response+json, application/json',
            'x-request-id': context.requestId,
          },
          body: JSON.stringify({
            query: request.query,
            operationName: request.operationName,
            variables: request.variables,
          }),
        });
        const text = await readBounded(response.body, maxResponseBytes, name);
        return parseSubgraphResponse(name, response.statusCode, text);
      } catch (error) {
        if (error instanceof GatewayError) throw error;
        context.signal.throwIfAborted();
        if (timeout.aborted) throw new GatewayError('SUBGRAPH_REQUEST_TIMEOUT', { service: name, cause: error });
        throw new GatewayError('SUBREQUEST_HTTP_ERROR', { service: name, detail: messageOf(error), cause: error });
      }
    },
    close: () => dispatcher.destroy(),
  };
}

async function readBounded(body: Dispatcher.ResponseData['body'], maxBytes: number, service: string): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) {
      body.destroy();
      throw new GatewayError('SUBREQUEST_MALFORMED_RESPONSE', {
        service,
        detail: `the answer exceeds ${maxBytes} bytes`,
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size).toString('utf8');
}
