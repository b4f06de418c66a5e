/**
 * The life of a GraphQL request over HTTP, as one ordered list (design.md section 1): read it in `answer`. What a later
 * issue brings takes its place in that list.
 */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError } from '../../errors/index.ts';
import { Deadline, invariant, SharedRuns } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { GatewayGeneration, GatewayRuntime } from '../../runtime/index.ts';
import {
  anonymous,
  CollectedResponseHeaders,
  compileRequestHeaderRules,
  type ForwardHeaders,
  type Principal,
} from '../../transport/index.ts';
import type { SendPage } from '../landing-route.ts';
import { type AllowedOrigins, allowedOrigins } from '../request/allowed-origins.ts';
import { refuseCrossSite } from '../request/refuse-cross-site.ts';
import { noteFacts, type OperationFacts } from '../request/request-facts.ts';
import { type ApolloPipeline, createApolloPipeline } from './apollo-pipeline.ts';
import { type GraphQLHttpRequest, prefersPage, readGraphQLRequest } from './read-graphql-request.ts';
import { sharingKey } from './share-identical.ts';

export interface GraphQLRouteOptions {
  readonly gateway: GatewayRuntime;
  readonly log: Logger;
  /** Sends GraphiQL to a browser that opens the endpoint; undefined where there is none. */
  readonly sendPage: SendPage | undefined;
}

/** A bound on shared runs that no participant reaches; each subgraph request still has its own timeout. */
const sharedRunMs = 3_600_000;

interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer | string | AsyncIterable<string>;
  readonly facts: OperationFacts | undefined;
}

/** What is made once per generation for its requests. */
interface Serving {
  readonly pipeline: ApolloPipeline;
  readonly allowedOrigins: AllowedOrigins;
  readonly operationTimeoutMs: number;
  /** Undefined where identical operations are not shared. */
  readonly runs: SharedRuns<Answer> | undefined;
  readonly forwardHeaders: readonly ForwardHeaders[];
  /** The values of `isthmus-explain` that are answered. */
  readonly explainable: ReadonlySet<string>;
}

/** Adds the GraphQL endpoint, and has each generation's Apollo Server ready before the generation serves. */
export async function addGraphQLRoute(app: FastifyInstance, options: GraphQLRouteOptions): Promise<void> {
  const { gateway, log, sendPage } = options;
  const servings = new WeakMap<GatewayGeneration, Serving>();
  await gateway.prepareWith(async (generation) => {
    servings.set(generation, await prepare(generation, log));
  });

  async function answer(raw: FastifyRequest, reply: FastifyReply): Promise<Answer> {
    const request = readGraphQLRequest({ method: raw.method, url: raw.url, headers: raw.headers, body: raw.body });
    // One generation for the whole request: what it read with is what it runs on.
    const lease = gateway.generations.acquire();
    if (lease === undefined) throw new GatewayError('OVERLOADED');
    const serving = servings.get(lease.generation);
    invariant(serving !== undefined, 'a serving generation has been prepared');
    const participant = new Participant(reply, serving.operationTimeoutMs);
    try {
      refuseCrossSite(request, serving.allowedOrigins);
      // http: trusted documents
      const principal = identify();
      // limits: document and rates · cache: a whole answer
      const explain = explained(serving, request);
      const key = sharedKey(serving, request, principal, explain);
      const run = (signal: AbortSignal, deadline: Deadline) =>
        runOperation(serving, request, raw, principal, explain, signal, deadline);
      if (key === undefined || serving.runs === undefined) {
        return await run(participant.signal, Deadline.in(serving.operationTimeoutMs));
      }
      // Whoever began it may give up before those who joined: it lasts while anyone waits, each to their own deadline.
      return await serving.runs.run(key, participant.signal, (signal) => run(signal, Deadline.in(sharedRunMs)));
    } catch (error) {
      participant.signal.throwIfAborted();
      throw error;
    } finally {
      participant.end();
      lease.release();
    }
  }

  app.route({
    method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    url: gateway.generations.current?.config.server.graphqlPath ?? '/graphql',
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      if (sendPage !== undefined && request.method === 'GET' && prefersPage(request.headers.accept)) {
        return sendPage(reply.header('vary', 'accept, origin'));
      }
      const { status, headers, body, facts } = await answer(request, reply);
      if (facts !== undefined) noteFacts(request, facts);
      reply.code(status);
      for (const [name, value] of headers) reply.header(name, value);
      return reply.send(typeof body === 'string' || Buffer.isBuffer(body) ? body : Readable.from(body));
    },
  });
}

async function prepare(generation: GatewayGeneration, log: Logger): Promise<Serving> {
  const { server, traffic, headers, ai } = generation.config;
  // A cookie is for the one it was made for; where a rule carries them, no answer is shared.
  const setsCookies = Object.values(headers).some(({ response }) =>
    response.some(({ named }) => named === 'set-cookie'),
  );
  return {
    pipeline: await createApolloPipeline(generation, log),
    allowedOrigins: allowedOrigins(server.allowedOrigins),
    operationTimeoutMs: server.operationTimeoutMs,
    runs: traffic.shareIdentical === 'operation' && !setsCookies ? new SharedRuns() : undefined,
    forwardHeaders: Object.values(headers).flatMap(({ request }) => compileRequestHeaderRules(request) ?? []),
    explainable: ai.fields.explain.enabled ? new Set(['ai']) : nothing,
  };
}

/** Access: until it lands, nobody is asked who they are, and credentials are not looked at. */
function identify(): Principal {
  return anonymous;
}

const nothing: ReadonlySet<string> = new Set();

/** What of the answer the client wants explained (`isthmus-explain: ai`), as far as the configuration allows. */
function explained({ explainable }: Serving, { headers }: GraphQLHttpRequest): ReadonlySet<string> {
  const asked = headers['isthmus-explain'];
  if (asked === undefined || explainable.size === 0) return nothing;
  const names = String(asked).split(',');
  return new Set(names.map((name) => name.trim()).filter((name) => explainable.has(name)));
}

function sharedKey(
  { runs, forwardHeaders }: Serving,
  request: GraphQLHttpRequest,
  principal: Principal,
  explain: ReadonlySet<string>,
): string | undefined {
  if (runs === undefined) return undefined;
  const forwarded = forwardHeaders.flatMap((forward) => forward(request.headers));
  return sharingKey(request, principal, forwarded, explain);
}

/** One client waiting for its answer: gives up when it leaves or its own time is over. */
class Participant {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(reply: FastifyReply, timeoutMs: number) {
    this.#timer = setTimeout(() => this.#controller.abort(new GatewayError('GATEWAY_TIMEOUT')), timeoutMs);
    reply.raw.on('close', () => {
      if (!reply.raw.writableFinished) this.#controller.abort(new GatewayError('CLIENT_CLOSED_REQUEST'));
    });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** One household of IPv6 has a network of its own (RFC 6177), and any number of addresses in it. */
function clientOf(address: string): string {
  return address.includes('.') || !address.includes(':') ? address : address.split(':', 4).join(':');
}

async function runOperation(
  { pipeline }: Serving,
  request: GraphQLHttpRequest,
  raw: FastifyRequest,
  principal: Principal,
  explain: ReadonlySet<string>,
  signal: AbortSignal,
  deadline: Deadline,
): Promise<Answer> {
  const responseHeaders = new CollectedResponseHeaders();
  const response = await pipeline.run(request, {
    requestId: raw.id,
    principal,
    client: clientOf(raw.ip),
    signal,
    deadline,
    clientHeaders: request.headers,
    explain,
    responseHeaders,
  });
  signal.throwIfAborted();
  return {
    status: statusFor(request, response.status),
    headers: [...response.headers, ...responseHeaders.entries()],
    body: response.body,
    facts: response.facts,
  };
}

/**
 * To a client that accepts application/json alone, a well-formed GraphQL request is answered 200 whatever its errors
 * (GraphQL over HTTP, 6.4.1); it cannot tell our 400 from a proxy's. 405 and 5xx are HTTP's own and stay.
 */
function statusFor({ mediaType }: GraphQLHttpRequest, status: number | undefined): number {
  if (status === undefined) return 200;
  return mediaType === 'application/json' && status === 400 ? 200 : status;
}
