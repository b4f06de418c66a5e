/**
 * The life of a GraphQL request over HTTP, as one ordered list (design.md section 1): read it in `answer`. What a later
 * issue brings takes its place in that list.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError } from '../errors/index.ts';
import type { Gateway, GatewayGeneration } from '../gateway.ts';
import { Deadline, invariant } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import { anonymous, CollectedResponseHeaders, type Principal, type RequestContext } from '../transport/index.ts';
import { type ApolloPipeline, createApolloPipeline } from './apollo-pipeline.ts';
import { type GraphQLHttpRequest, readGraphQLRequest } from './read-graphql-request.ts';
import { refuseCrossSite } from './refuse-cross-site.ts';

export interface GraphQLRouteOptions {
  readonly gateway: Gateway;
  readonly log: Logger;
}

interface Answer {
  readonly status: number;
  readonly headers: Iterable<readonly [string, string]>;
  readonly body: string | AsyncIterable<string>;
}

/** Adds the GraphQL endpoint, and has each generation's Apollo Server ready before the generation serves. */
export async function addGraphQLRoute(app: FastifyInstance, { gateway, log }: GraphQLRouteOptions): Promise<void> {
  const pipelines = new WeakMap<GatewayGeneration, ApolloPipeline>();
  await gateway.prepareWith(async (generation) => {
    pipelines.set(generation, await createApolloPipeline(generation, log));
  });

  async function answer(raw: FastifyRequest, signal: AbortSignal): Promise<Answer> {
    const request = readGraphQLRequest({ method: raw.method, url: raw.url, headers: raw.headers, body: raw.body });
    // One generation for the whole request: what it read with is what it runs on.
    const lease = gateway.generations.acquire();
    if (lease === undefined) throw new GatewayError('OVERLOADED');
    try {
      const { config } = lease.generation;
      refuseCrossSite(request, new Set(config.server.allowedOrigins));
      // http: trusted documents
      const principal = identify();
      // limits: document and rates · cache: a whole answer · http: an identical query already running
      const context = requestContext(raw, principal, signal, config.server.operationTimeoutMs);
      const pipeline = pipelines.get(lease.generation);
      invariant(pipeline !== undefined, 'a serving generation has been prepared');
      return await runUntilDeadline(pipeline, request, context, signal);
    } finally {
      lease.release();
    }
  }

  app.route({
    method: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: gateway.generations.current?.config.server.graphqlPath ?? '/graphql',
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const { status, headers, body } = await answer(request, leaving(reply));
      reply.code(status);
      for (const [name, value] of headers) reply.header(name, value);
      return reply.send(typeof body === 'string' ? body : Readable.from(body));
    },
  });
}

/** Access: until it lands, nobody is asked who they are, and credentials are not looked at. */
function identify(): Principal {
  return anonymous;
}

/** Aborts when the client leaves before its answer has been written. */
function leaving(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) controller.abort(new Error('the client left'));
  });
  return controller.signal;
}

/** What a request carries down, with the place where subgraphs' headers gather for its answer. */
type HttpRequestContext = RequestContext & { readonly responseHeaders: CollectedResponseHeaders };

function requestContext(
  raw: FastifyRequest,
  principal: Principal,
  client: AbortSignal,
  timeoutMs: number,
): HttpRequestContext {
  return {
    requestId: raw.id,
    principal,
    clientHeaders: raw.headers,
    responseHeaders: new CollectedResponseHeaders(),
    deadline: Deadline.in(timeoutMs),
    signal: AbortSignal.any([client, AbortSignal.timeout(timeoutMs)]),
  };
}

async function runUntilDeadline(
  pipeline: ApolloPipeline,
  request: GraphQLHttpRequest,
  context: HttpRequestContext,
  client: AbortSignal,
): Promise<Answer> {
  const response = await pipeline.run(request, context);
  if (context.signal.aborted && !client.aborted) throw new GatewayError('GATEWAY_TIMEOUT');
  const body = response.body.kind === 'complete' ? response.body.string : response.body.asyncIterator;
  const headers = [...response.headers, ...context.responseHeaders.entries()];
  return { status: statusFor(request, response.status), headers, body };
}

/**
 * To a client that accepts application/json alone, a well-formed GraphQL request is answered 200 whatever its errors
 * (GraphQL over HTTP, 6.4.1); it cannot tell our 400 from a proxy's. 405 and 5xx are HTTP's own and stay.
 */
function statusFor({ mediaType }: GraphQLHttpRequest, status: number | undefined): number {
  if (status === undefined) return 200;
  return mediaType === 'application/json' && status === 400 ? 200 : status;
}
