/**
 * The GraphQL endpoint, and the life of a request on it. `answerRequest` is that life, in order; each step is a function:
 *
 * 1. http: `readGraphQLRequest` (method, media types, charset, JSON), before anything is leased
 * 2. http: `RequestLife` leases a generation; the deadline and the client's connection bound all that follows
 * 3. http: `refuseCrossSite`
 * 4. access: the generation's authenticator identifies the caller; limits: the request is charged to its rates, in other
 *    gateways once it has been priced
 * 5. http: `resolveDocument`: the document that the request names
 * 6. access: the contract that the request has, if any, and its pipeline
 * 7. http: `requestedExplanations`, `cacheDemandsOf`
 * 8. http: `shareIdentical`: joins an identical query that is running; limits: waits for its turn where load is shed
 * 9. http: `pipeline.run` (apollo-pipeline.ts): a document that was validated before goes straight on, others are parsed
 *    and validated; then variables are checked and the engine plans and executes (run-operation.ts)
 * 10. http: `toAnswer`, and `sendAnswer` for each client that waited
 *
 * A request like one whose answer is cached is answered before all that, by its bytes (caching/known-requests.ts).
 */
import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../../access/index.ts';
import type { Soon } from '../../cache/index.ts';
import { LongText } from '../../execution/index.ts';
import {
  type Abortable,
  clientNetwork,
  type Deadline,
  invariant,
  sharedBuffers,
  untilAborted,
} from '../../lib/index.ts';
import type { Overload, RequestCharges } from '../../limits/index.ts';
import type { Logger, OperationEvent } from '../../observability/index.ts';
import { seesRequests } from '../../plugins/index.ts';
import type { GatewayGeneration, ServingRuntime } from '../../runtime/index.ts';
import { CollectedResponseHeaders } from '../../transport/index.ts';
import { callerFactsOf } from '../edge/caller-facts.ts';
import type { SendPage } from '../landing-route.ts';
import { type AllowedOrigins, allowedOrigins } from '../request/allowed-origins.ts';
import type { ClientRequest } from '../request/client-request.ts';
import { readDryRun } from '../request/dry-run.ts';
import { answerCharged, identifyCharged, openCharges } from '../request/identify-charged.ts';
import { noteFailure, noteRefusal } from '../request/note-refusal.ts';
import { readMaxUsd } from '../request/open-account.ts';
import { refuseCrossSite } from '../request/refuse-cross-site.ts';
import { beginOperation } from '../request/request-event.ts';
import { RequestLife } from '../request/request-life.ts';
import { answerBatch, batchEntries } from './answer-batch.ts';
import { type Answer, answerThroughPlugins } from './answer-through-plugins.ts';
import type { PipelineAnswer } from './apollo-pipeline.ts';
import { cacheDemandsOf } from './caching/cache-demands.ts';
import { CollectedCacheReport } from './caching/cache-report.ts';
import { KnownRequests } from './caching/known-requests.ts';
import { type Explainable, explainableBy, requestedExplanations } from './explanations.ts';
import { noteParameters, noteRefused } from './operation-events.ts';
import { createPipelines, type PipelineOf } from './pipelines.ts';
import { joinedVary } from './public-answers.ts';
import { type GraphQLHttpRequest, prefersPage, type RawRequest, readGraphQLRequest } from './read-graphql-request.ts';
import { costHeaders, hasAiFields } from './report-costs.ts';
import { documentIdOf, documentNamesOf, endpointOf, resolveDocument } from './resolve-document.ts';
import { sendPieces } from './send-pieces.ts';
import { createSharing, type Sharing, shareIdentical } from './share-identical.ts';

export interface GraphQLRouteOptions {
  readonly gateway: ServingRuntime;
  readonly log: Logger;
  /** Sends GraphiQL to a browser that opens the endpoint; undefined where there is none. */
  readonly sendPage: SendPage | undefined;
  /** Keeps the thread from taking on too much; undefined where that is off. */
  readonly overload: Overload | undefined;
}

/** What is prepared once per generation for its requests. */
interface Serving {
  /** Answers a request: `respond`, or that between the plugins' hooks. Chosen once, so that plugins cost nothing where none is. */
  readonly answer: (
    serving: Serving,
    life: RequestLife<GatewayGeneration>,
    raw: ClientRequest,
    event: OperationEvent | undefined,
  ) => Promise<Answer>;
  readonly pipelineOf: PipelineOf;
  readonly allowedOrigins: AllowedOrigins;
  /** Undefined where identical operations are not shared. */
  readonly sharing: Sharing<Answer> | undefined;
  readonly explainable: Explainable;
  readonly overload: Overload | undefined;
  /** Undefined where no answer is cached, or plugins see requests. */
  readonly known: KnownRequests | undefined;
  /** Whether operations are priced, in points or in money. */
  readonly isPriced: boolean;
}

/** @throws GatewayError for what is refused, and whatever fails unexpectedly */
export type AnswerRequest = (request: ClientRequest, response: ServerResponse) => Promise<Answer>;

/** @returns undefined where the answer is not cached, or more is to be done: never an error */
export type AnswerCached = (request: ClientRequest) => Soon<Answer | undefined>;

/**
 * Adds the GraphQL endpoint, and has each generation's Apollo Server ready before the generation serves.
 * @returns what answers its requests
 */
export async function addGraphQLRoute(
  app: FastifyInstance,
  options: GraphQLRouteOptions,
): Promise<{ readonly answerCached: AnswerCached; readonly answerRequest: AnswerRequest }> {
  const { gateway, log, sendPage, overload } = options;
  const { generations } = gateway;
  const servings = new WeakMap<GatewayGeneration, Serving>();
  await gateway.prepareWith(async (generation) => {
    servings.set(generation, await prepare(generation, overload, log));
  });

  async function answerRequest(raw: ClientRequest, response: ServerResponse): Promise<Answer> {
    const entries = batchEntries(raw, generations.current?.config.limits.batch);
    if (entries === undefined) return answerOne(raw, response);
    return answerBatch(entries, raw, (entry) => answerOne(entry, response), log);
  }

  async function answerOne(raw: ClientRequest, response: ServerResponse): Promise<Answer> {
    const life = new RequestLife({ generations, request: raw, response, timeoutMs: operationTimeout });
    const event = beginOperation(raw);
    try {
      const serving = servings.get(life.generation);
      invariant(serving !== undefined, 'a serving generation has been prepared');
      if (event !== undefined) event.request.generation = life.generation.id;
      return await serving.answer(serving, life, raw, event);
    } catch (error) {
      const reason = life.reasonOf(error);
      if (event !== undefined) noteRefused(event, reason);
      throw reason;
    } finally {
      event?.end(performance.now());
      life.end();
    }
  }

  const answerCached: AnswerCached = (raw) => {
    // A canary has answers of its own.
    if (generations.canary !== undefined) return undefined;
    const { current } = generations;
    // What a caller may ask how often is charged on the whole way.
    if (current === undefined || current.rates?.chargesRequests === true) return undefined;
    const answer = servings.get(current)?.known?.answer(raw);
    if (raw.method !== 'GET' || answer === undefined) return answer;
    const orNotModified = (found: Answer | undefined) => found && (notModified(raw, found) ?? found);
    return answer instanceof Promise ? answer.then(orNotModified) : orNotModified(answer);
  };

  const route = {
    method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
    exposeHeadRoute: false,
    handler: async (request: FastifyRequest, reply: FastifyReply) => {
      if (sendPage !== undefined && request.method === 'GET' && prefersPage(request.headers.accept)) {
        return sendPage(reply.header('vary', 'accept, origin'), pathOf(request.url));
      }
      const cached = answerCached(request);
      const answer = (cached instanceof Promise ? await cached : cached) ?? (await answerRequest(request, reply.raw));
      return sendAnswer(request, reply, answer, log);
    },
  };
  const url = generations.current?.config.server.graphqlPath ?? '/graphql';
  app.route({ ...route, url });
  // The paths of contracts and documents: routes cannot be added once the server listens, and a later generation may have others.
  app.route({
    ...route,
    url: `${url}/*`,
    handler: async (request, reply) => {
      const endpoint = endpointOf(pathOf(request.url));
      const isEndpoint = endpoint === url || hasContractAt(gateway, endpoint);
      return isEndpoint ? route.handler(request, reply) : reply.callNotFound();
    },
  });
  return { answerCached, answerRequest };
}

/** Whether a contract of the generation that serves has the path of this URL. */
export function hasContractAt({ generations }: ServingRuntime, url: string): boolean {
  return generations.current?.contracts?.hasPath(pathOf(url)) === true;
}

type RunQuery = (signal: Abortable, deadline: Deadline) => Promise<Answer>;

function respond(
  serving: Serving,
  life: RequestLife<GatewayGeneration>,
  raw: ClientRequest,
  event: OperationEvent | undefined,
  request: RawRequest = raw,
  pluginValues?: Map<string, unknown>,
): Promise<Answer> {
  const { rates } = life.generation;
  const charges = rates && openCharges(rates, life, raw, request.headers, 'standard');
  const respondTo = { serving, life, raw, event, request, pluginValues, charges };
  return charges === undefined ? answerRead(respondTo) : answerCharged(charges, () => answerRead(respondTo));
}

interface ReadRequest {
  readonly serving: Serving;
  readonly life: RequestLife<GatewayGeneration>;
  readonly raw: ClientRequest;
  readonly event: OperationEvent | undefined;
  /** As the plugins left it. */
  readonly request: RawRequest;
  readonly pluginValues: Map<string, unknown> | undefined;
  /** Undefined where nothing is limited by rates. */
  readonly charges: RequestCharges | undefined;
}

async function answerRead(rated: ReadRequest): Promise<Answer> {
  const { serving, life, raw, event, request: sent, pluginValues, charges } = rated;
  const { method, url, headers, body } = sent;
  const documentId = documentIdOf(pathOf(url));
  const read = readGraphQLRequest({ method, url, headers, body }, documentId !== undefined);
  refuseCrossSite(read, serving.allowedOrigins);
  const identified =
    charges === undefined
      ? life.generation.authenticator.identify(callerFactsOf(raw, headers))
      : identifyCharged(charges, life, raw, headers);
  const principal = identified instanceof Promise ? await untilAborted(identified, life.signal) : identified;
  if (event !== undefined) event.request.principal = principal;
  if (charges !== undefined) {
    const cached = serving.known?.answer(raw, { principal, event });
    const answer = cached instanceof Promise ? await cached : cached;
    if (answer !== undefined) return notModified(raw, answer) ?? answer;
  }
  const resolved = resolveDocument(life.generation.persisted, read, documentId, raw.id);
  const request = resolved instanceof Promise ? await untilAborted(resolved, life.signal) : resolved;
  const contract = life.generation.contracts?.choose(principal, headers, endpointOf(pathOf(url)));
  if (event !== undefined) {
    noteParameters(event, request);
    event.contract = contract;
  }
  const explain = requestedExplanations(serving.explainable, request, principal);
  const isDryRun = readDryRun(request.headers);
  // Read again for the account; here a wrong one refuses the request, whatever its client accepts.
  readMaxUsd(request.headers);
  const { writes, config } = life.generation;
  const demanding = cacheDemandsOf(request.headers, principal, config.cache, writes);
  const cacheDemands = demanding instanceof Promise ? await demanding : demanding;
  const { clientAddress } = raw;
  const query = { request, principal, clientAddress, contract, explain, cacheDemands };
  const run: RunQuery = async (signal, deadline) => {
    const responseHeaders = new CollectedResponseHeaders();
    const clientHeaders = request.headers;
    let retryInMs = Number.POSITIVE_INFINITY;
    const context = {
      ...contextOf(raw, principal, explain),
      clientHeaders,
      costs: serving.isPriced || isDryRun ? {} : undefined,
      charges,
      noteRetry: (inMs: number) => {
        retryInMs = Math.min(retryInMs, inMs);
      },
      sizes: life.generation.config.limits.mode === 'measure' ? {} : undefined,
      isDryRun,
      event,
      pluginValues,
      signal,
      deadline,
      responseHeaders,
      cacheDemands,
      cacheReport: explain.has('cache') ? new CollectedCacheReport() : undefined,
    };
    const pipeline = serving.pipelineOf(contract);
    const answer = await (pipeline instanceof Promise ? await pipeline : pipeline).run(request, context);
    signal.throwIfAborted();
    if (answer.known !== undefined && serving.known !== undefined) {
      const { query: document } = (request.body ?? request.parameters) as { readonly query: string };
      serving.known.add(raw, contract, answer.known, { ...documentNamesOf(read, documentId), document });
    }
    const headers = [...answer.headers];
    if (context.costs !== undefined) headers.push(...costHeaders(life.generation.config, context));
    if (Number.isFinite(retryInMs)) headers.push(['retry-after', String(Math.max(1, Math.ceil(retryInMs / 1_000)))]);
    if (!responseHeaders.isEmpty) headers.push(...responseHeaders.entries());
    return toAnswer(request, answer, headers, event, life.generation.hooks !== undefined);
  };
  const { overload } = serving;
  const runInTurn: RunQuery = (signal, deadline) => {
    if (overload === undefined) return run(signal, deadline);
    const client = { requestId: raw.id, principal, clientHeaders: request.headers };
    return overload.run(life.generation.limits.priorityOf(client), signal, () => run(signal, deadline));
  };
  const joined = performance.now();
  const answer = await shareIdentical(serving.sharing, query, life, runInTurn);
  if (event !== undefined && answer.event !== undefined && answer.event !== event) event.share(answer.event, joined);
  return notModified(request, answer) ?? answer;
}

async function respondThroughPlugins(
  serving: Serving,
  life: RequestLife<GatewayGeneration>,
  raw: ClientRequest,
  event: OperationEvent | undefined,
): Promise<Answer> {
  const { hooks } = life.generation;
  invariant(hooks !== undefined, 'a generation with plugins has their hooks');
  const answer = await answerThroughPlugins(hooks, raw, life.signal, (request, values) =>
    respond(serving, life, raw, event, request, values),
  );
  if (answer.code !== undefined) event?.addError(answer.code);
  return answer;
}

async function prepare(generation: GatewayGeneration, overload: Overload | undefined, log: Logger): Promise<Serving> {
  const { config, hooks } = generation;
  return {
    answer: seesRequests(hooks) ? respondThroughPlugins : respond,
    pipelineOf: await createPipelines(generation, log),
    allowedOrigins: allowedOrigins(config.server.allowedOrigins),
    sharing: createSharing(generation, (answer: Answer) => {
      answer.isShared = true;
      if (answer.body instanceof LongText) answer.body = answer.body.whole();
    }),
    explainable: explainableBy(config),
    overload,
    known:
      generation.responses === undefined || hooks !== undefined || config.limits.mode === 'measure'
        ? undefined
        : new KnownRequests(generation, allowedOrigins(config.server.allowedOrigins)),
    isPriced: config.limits.cost !== undefined || hasAiFields(config),
  };
}

/** Without the query, and without the slash at the end that the router overlooks. */
function pathOf(url: string): string {
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

function operationTimeout({ config }: GatewayGeneration): number {
  return config.server.operationTimeoutMs;
}

function contextOf({ id, clientAddress, headers }: ClientRequest, principal: Principal, explain: ReadonlySet<string>) {
  return {
    requestId: id,
    principal,
    client: clientNetwork(clientAddress),
    clientAddress,
    clientHeaders: headers,
    explain,
  };
}

function toAnswer(
  request: GraphQLHttpRequest,
  { status, body }: PipelineAnswer,
  headers: Answer['headers'],
  event: OperationEvent | undefined,
  isShared: boolean,
): Answer {
  return {
    status: statusFor(request, status),
    headers,
    body,
    event,
    isShared,
  };
}

/** To a client that has the same answer already (RFC 9110, section 13.1.2); only what may be cached has an `etag`. */
function notModified({ method, headers }: Pick<RawRequest, 'method' | 'headers'>, answer: Answer): Answer | undefined {
  const condition = headers['if-none-match'];
  if (condition === undefined || method !== 'GET' || answer.status !== 200) return undefined;
  const etag = answer.headers.find(([name]) => name === 'etag')?.[1];
  if (etag === undefined) return undefined;
  const isSame = condition.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
  if (!isSame) return undefined;
  return { ...answer, status: 304, headers: answer.headers.filter(([name]) => name !== 'content-type'), body: '' };
}

/**
 * To a client that accepts application/json alone, a well-formed GraphQL request is answered 200 whatever its errors
 * (GraphQL over HTTP, 6.4.1); it cannot tell our 400 from a proxy's. 405 and 5xx are HTTP's own and stay.
 */
function statusFor({ mediaType }: GraphQLHttpRequest, status: number | undefined): number {
  if (status === undefined) return 200;
  return mediaType === 'application/json' && status === 400 ? 200 : status;
}

function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, headers, body, code, isShared }: Answer,
  log: Logger,
): FastifyReply {
  if (Buffer.isBuffer(body) && !isShared) releaseOnceSent(body, reply.raw);
  if (code !== undefined) noteRefusal(request, { code });
  reply.code(status);
  for (const [name, value] of headers)
    reply.header(name, name === 'vary' ? joinedVary(reply.getHeader(name), value) : value);
  if (body instanceof LongText) {
    reply.hijack();
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    reply.raw.statusCode = status;
    sendPieces(reply.raw, body, (error) => noteFailure(request, error, log));
    return reply;
  }
  return reply.send(typeof body === 'string' || Buffer.isBuffer(body) ? body : Readable.from(body));
}

/** A buffer that Node has handed to the system; one that a request without a socket is answered with has a reader still. */
export function releaseOnceSent(body: Buffer, response: ServerResponse): void {
  if (!(response.socket instanceof Socket)) return;
  response.once('finish', () => sharedBuffers.release(body));
}
