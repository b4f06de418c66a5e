/**
 * The HTTP server: Fastify, its limits, its routes, and how it ends. The only file that imports it.
 *
 * Bounded from the start: body size, 16 KiB of headers, time for headers and for the whole request, checked every
 * second or less (Node's own check comes every 30 s, so that a 10 s limit would act after up to 40).
 */
import { randomUUID } from 'node:crypto';
import fastify, { type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import { type ErrorCode, GatewayError, messageOf } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import type { GatewayRuntime } from '../runtime/index.ts';
import { checkFixedKeys } from './check-fixed-keys.ts';
import { framingProblem } from './check-framing.ts';
import { addCors } from './cors.ts';
import { decodeBody, readEncodings } from './decode-body.ts';
import { Exchanges } from './exchanges.ts';
import { addGraphQLRoute } from './graphql/graphql-route.ts';
import { addHealthRoutes } from './health-routes.ts';
import { answerInProcess } from './in-process-requests.ts';
import { addLandingRoutes } from './landing-route.ts';
import { refuseWebSocket } from './refuse-web-socket.ts';
import { allowedOrigins } from './request/allowed-origins.ts';
import { errorBody, errorHeaders, jsonType } from './request/coded-answer.ts';
import { noteFacts } from './request/request-facts.ts';
import { logRequest } from './request-log.ts';
import { addV1Routes, refuseV1 } from './v1/index.ts';

export interface HttpServerOptions {
  readonly gateway: GatewayRuntime;
  readonly log: Logger;
}

export interface ListenOptions {
  /** Instead of server.host. */
  readonly host?: string | undefined;
  /** Instead of server.port; 0 takes a free one. */
  readonly port?: number | undefined;
}

export interface HttpServer {
  /**
   * @returns where it listens, such as http://127.0.0.1:4000
   * @throws Error with `code` EADDRINUSE or EACCES where it cannot listen
   */
  listen(options?: ListenOptions): Promise<string>;
  /** Answers a request of the web standard by the same routes, without a socket. */
  fetch(request: Request): Promise<Response>;
  /**
   * Ends it without dropping a request: unready first, requests in flight finish, connections close after their answer.
   * @returns whether every request in flight finished within server.drain_timeout
   */
  drain(): Promise<boolean>;
}

const maxHeaderBytes = 16_384;
/** How long new requests are still served while draining, for balancers that have not noticed yet. */
const lameDuckMs = 5_000;

/** Its routes are ready for the current generation; it does not listen yet. */
export async function createHttpServer({ gateway, log }: HttpServerOptions): Promise<HttpServer> {
  const config = gateway.generations.current?.config;
  if (config === undefined) throw new GatewayError('OVERLOADED');
  const { server, limits } = config;
  // Node exchanges the two where the time for headers is the longer one.
  const headersTimeoutMs = Math.min(server.headersTimeoutMs, server.requestTimeoutMs);
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: server.requestTimeoutMs,
    keepAliveTimeout: 65_000, // longer than balancers keep theirs (60 s), so that they are the ones to close
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => exchanges.refuse(error, socket),
    frameworkErrors: (error, request, reply) => {
      if (server.v1 && request.url.startsWith('/v1/')) refuseV1(toGatewayError(error), request, reply, log);
      else refuse(toGatewayError(error), request, reply);
    },
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    routerOptions: { ignoreTrailingSlash: true },
    http: {
      maxHeaderSize: maxHeaderBytes,
      requireHostHeader: false, // Node would answer without a body
      headersTimeout: headersTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, headersTimeoutMs),
    },
  });

  const exchanges: Exchanges = new Exchanges({ server: app.server, writeTimeoutMs: server.writeTimeoutMs });

  // Bodies reach the routes as bytes: each decides what it reads, none guesses from the content type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (request.headers['content-encoding'] === undefined) done(null, body);
    else decodeBody(request, body).then((decoded) => done(null, decoded), done);
  });

  let draining = false;
  // With a callback: a promise for each request is 4 % of a flat query.
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    if (draining) reply.header('connection', 'close');
    const began = performance.now();
    exchanges.begin(request.raw, reply.raw, ({ cutFor, response }) => {
      if (cutFor !== undefined) noteFacts(request, cutFor);
      const end = cutFor !== undefined ? 'cut' : response.writableFinished ? 'answered' : 'left';
      logRequest(log, request, reply, began, end);
    });
    const problem = framingProblem(request.raw);
    // What follows on such a connection may be read in two ways as well.
    if (problem !== undefined) reply.header('connection', 'close');
    done(problem);
  });
  addCors(app, { config: () => gateway.generations.current?.config, log });
  app.addHook('onRequest', (request, _reply, done) => done(refuseWebSocket(request.raw, server.graphqlPath)));
  app.setNotFoundHandler((_request, reply) => {
    reply.code(404).header('content-type', jsonType).send(errorBody('NOT_FOUND'));
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const coded = toGatewayError(error);
    if (coded.code === 'INTERNAL_SERVER_ERROR')
      log.error({ requestId: request.id, error }, 'a request failed unexpectedly');
    refuse(coded, request, reply);
  });
  // An expectation nobody can meet is no reason to refuse: the request is answered as if it had not been there.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));

  await gateway.prepareWith(async (generation) => checkFixedKeys(config, generation.config));
  addHealthRoutes(app, gateway, () => draining);
  const sendPage = server.landingPage ? await addLandingRoutes(app, gateway) : undefined;
  if (server.v1) {
    const origins = () => allowedOrigins(gateway.generations.current?.config.server.allowedOrigins ?? []);
    const bodyLimit = limits.v1BodyBytes;
    await addV1Routes(app, { generations: gateway.generations, allowedOrigins: origins, log, bodyLimit });
  }
  await addGraphQLRoute(app, { gateway, log, sendPage });
  await app.ready();

  return {
    listen: ({ host, port } = {}) => app.listen({ host: host ?? server.host, port: port ?? server.port }),
    fetch: (request) => answerInProcess(app, request),
    async drain() {
      draining = true;
      const graceEnds = performance.now() + server.drainTimeoutMs;
      await exchanges.settled(Math.min(lameDuckMs, server.drainTimeoutMs / 2));
      const closed = app.close();
      const finished = await exchanges.settled(graceEnds - performance.now());
      exchanges.cutAll();
      await closed;
      return finished;
    },
  };
}

function refuse(error: GatewayError, request: FastifyRequest, reply: FastifyReply): void {
  noteFacts(request, { code: error.code });
  // A refused body may still be arriving: this connection cannot be used again.
  if (error.code === 'CONTENT_TOO_LARGE') reply.header('connection', 'close');
  if (error.code === 'UNSUPPORTED_MEDIA_TYPE') reply.header('accept-encoding', readEncodings);
  reply
    .code(error.entry.status)
    .headers(errorHeaders(error))
    .header('x-request-id', request.id)
    .header('content-type', jsonType)
    .send(errorBody(error.code, error.message));
}

/** A client's own id where it is harmless in a log and a header, else a new one. */
function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : randomUUID();
}

const fastifyCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'CONTENT_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BAD_REQUEST',
  FST_ERR_BAD_URL: 'BAD_REQUEST',
  // The client left while it was sending its body.
  ECONNRESET: 'CLIENT_CLOSED_REQUEST',
};

function toGatewayError(error: FastifyError): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = Object.hasOwn(fastifyCodes, error.code) ? fastifyCodes[error.code] : undefined;
  return new GatewayError(code ?? 'INTERNAL_SERVER_ERROR', { cause: error, detail: messageOf(error) });
}
