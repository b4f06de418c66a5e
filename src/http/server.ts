/**
 * The HTTP server: Fastify with its limits, hooks and routes, in the order in which they are added, and in front of it what
 * answers plain GraphQL requests. The only file that imports Fastify.
 */
import type { RequestListener, Server } from 'node:http';
import type { Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { ResolvedConfig } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import { invariant } from '../lib/index.ts';
import { Overload } from '../limits/index.ts';
import { EventQueue, type Logger, RequestLog, type RequestSink } from '../observability/index.ts';
import type { ServingRuntime } from '../runtime/index.ts';
import { prepareServer } from '../tls/index.ts';
import { beginExchanges } from './begin-exchange.ts';
import { checkFixedKeys } from './check-fixed-keys.ts';
import { addCors } from './cors.ts';
import { decodeBody } from './decode-body.ts';
import { Admission } from './edge/admission.ts';
import { clientAddressOf } from './edge/client-origin.ts';
import { addErrorReplies, refuse } from './error-replies.ts';
import { Exchanges } from './exchanges.ts';
import { type AnswerDirectly, directGraphQL } from './graphql/direct-graphql.ts';
import { addGraphQLRoute, hasContractAt } from './graphql/graphql-route.ts';
import { addHealthRoutes } from './health-routes.ts';
import { answerInProcess } from './in-process-requests.ts';
import { addJwksRoute } from './jwks-route.ts';
import { addLandingRoutes } from './landing-route.ts';
import { listenAddresses, listenAt } from './listen-addresses.ts';
import { refuseWebSocket } from './refuse-web-socket.ts';
import { allowedOrigins } from './request/allowed-origins.ts';
import { requestIdOf } from './request/client-request.ts';
import { toGatewayError } from './request/fastify-errors.ts';
import { serverLimits } from './server-limits.ts';
import { serverSource } from './server-metrics.ts';
import { Shutdown } from './shutdown.ts';
import { addV1Routes, directV1, refuseV1 } from './v1/index.ts';

export interface HttpServerOptions {
  readonly gateway: ServingRuntime;
  /** What servers of other threads derive the keys of TLS session tickets from, too. @default it serves alone */
  readonly ticketSecret?: Uint8Array;
  /** Who looks at the requests that this server answers. @default nobody */
  readonly sinks?: readonly RequestSink[];
  readonly log: Logger;
}

export interface ListenOptions {
  /** Instead of server.host. */
  readonly host?: string | undefined;
  /** Instead of server.port; 0 takes a free one. */
  readonly port?: number | undefined;
  /** Whether servers of other threads listen at the same port; connections are spread over all. @default false */
  readonly reusePort?: boolean | undefined;
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

/** In place of the compilers that Fastify would load: 1.4 MB. */
function noSchemas(): never {
  throw new Error('no route has a schema');
}

/** What `createHttpServer` loads. */
export async function openHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const { gateway, ticketSecret, log } = options;
  const config = gateway.generations.current?.config;
  if (config === undefined) throw new GatewayError('OVERLOADED');
  const { server, limits } = config;
  const bounds = serverLimits(config);
  const app = fastify({
    ...bounds,
    ...(server.tls === undefined ? {} : { serverFactory: await prepareTlsServer(config, bounds, ticketSecret, log) }),
    logger: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: (error, socket) => exchanges.refuse(error, socket),
    frameworkErrors: (error, request, reply: FastifyReply) => {
      if (server.v1 && request.url.startsWith('/v1/')) {
        refuseV1(toGatewayError(error, 'BAD_REQUEST'), request, reply, log);
      } else refuse(toGatewayError(error, 'BAD_REQUEST'), request, reply);
    },
    genReqId: requestIdOf,
    routerOptions: { ignoreTrailingSlash: true },
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  });
  const exchanges: Exchanges = new Exchanges({ server: app.server, writeTimeoutMs: server.writeTimeoutMs });
  const shutdown = new Shutdown({ app, exchanges, drainTimeoutMs: server.drainTimeoutMs });
  const isDraining = (): boolean => shutdown.isDraining;

  readBodiesAsBytes(app);
  const configOf = () => gateway.generations.current?.config;
  const admission = new Admission(configOf);
  app.decorateRequest('clientAddress', { getter: clientAddressOfRequest });
  const { metrics } = gateway;
  const requestLog = new RequestLog(log);
  const sinks = [
    ...(requestLog.isEnabled ? [requestLog] : []),
    ...(options.sinks ?? []),
    ...(metrics === undefined ? [] : [metrics.countingRequests(server.graphqlPath)]),
  ];
  const events = new EventQueue({ sinks });
  const exchange = { admission, exchanges, isDraining, events, requestLog, graphqlPath: server.graphqlPath, log };
  beginExchanges(app, exchange);
  addCors(app, { config: configOf, log });
  app.addHook('onRequest', (request, _reply, done) => done(refuseWebSocket(request.raw, server.graphqlPath)));
  addErrorReplies(app, log);
  // An expectation that cannot be met is no reason to refuse: the request is answered as if it had none.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));

  await gateway.prepareWith((generation) => checkFixedKeys(config, generation.config));
  addHealthRoutes(app, gateway, isDraining);
  addJwksRoute(app, gateway);
  const sendPage = server.landingPage ? await addLandingRoutes(app, gateway) : undefined;
  const overload = limits.overload && new Overload({ config: limits.overload, log });
  app.addHook('onClose', async () => overload?.close());
  metrics?.add(serverSource(exchanges, overload));
  // What has been counted includes every request that has ended.
  metrics?.add(events.flush);
  const direct: AnswerDirectly[] = [];
  if (server.v1) {
    const origins = () => allowedOrigins(gateway.generations.current?.config.server.allowedOrigins ?? []);
    const bodyLimit = limits.v1BodyBytes;
    const routes = await addV1Routes(app, {
      generations: gateway.generations,
      allowedOrigins: origins,
      log,
      bodyLimit,
      overload,
    });
    direct.push(directV1({ ...exchange, routes, maxBodyBytes: bodyLimit, config: configOf }));
  }
  const { answerCached, answerRequest } = await addGraphQLRoute(app, { gateway, log, sendPage, overload });
  const { graphqlPath: path } = server;
  const { bodyBytes: maxBodyBytes } = limits;
  const isContract = (url: string) => hasContractAt(gateway, url);
  direct.push(
    directGraphQL({ ...exchange, path, isContract, maxBodyBytes, config: configOf, answerCached, answerRequest }),
  );
  answerFirst(app, admission, direct);
  let stopAccepting = async (): Promise<void> => {};
  app.addHook('preClose', (done) => {
    void stopAccepting();
    done();
  });
  await app.ready();
  return {
    async listen({ host = server.host, port = server.port, reusePort = false } = {}) {
      const [first, ...hosts] = await listenAddresses(host);
      const url = await app.listen({ host: first, port, ...(reusePort ? { reusePort } : {}) });
      try {
        const onConnection = (socket: Socket) => void app.server.emit('connection', socket);
        stopAccepting = await listenAt({ hosts, port: Number(new URL(url).port), reusePort, onConnection });
      } catch (error) {
        await app.close();
        throw error;
      }
      return server.tls === undefined ? url : url.replace(/^http:/, 'https:');
    },
    fetch: (request) => answerInProcess(app, request),
    async drain() {
      const finished = await shutdown.drain();
      events.end();
      return finished;
    },
  };
}

/** What Fastify would set on a server of its own. */
async function prepareTlsServer(
  { file, server: { tls } }: ResolvedConfig,
  { http, requestTimeout, keepAliveTimeout }: ReturnType<typeof serverLimits>,
  ticketSecret: Uint8Array | undefined,
  log: Logger,
): Promise<(listener: RequestListener) => Server> {
  invariant(tls !== undefined, 'the server has a certificate');
  const bounds = { ...http, requestTimeout, keepAliveTimeout };
  return prepareServer({ tls, configFile: file, http: bounds, ticketSecret, log });
}

declare module 'fastify' {
  interface FastifyRequest {
    readonly clientAddress: string;
  }
}

function clientAddressOfRequest(this: FastifyRequest): string {
  return clientAddressOf(this.raw);
}

/** Bodies reach the routes decoded, as bytes: each route decides what it reads; none depends on the content type. */
function readBodiesAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (request.headers['content-encoding'] === undefined) done(null, body);
    else decodeBody(request, body).then((decoded) => done(null, decoded), done);
  });
}

/** Requests that one of them takes do not reach Fastify, which refuses those that are not admitted. */
function answerFirst({ server }: FastifyInstance, admission: Admission, direct: readonly AnswerDirectly[]): void {
  const [framework, ...others] = server.listeners('request');
  invariant(framework !== undefined && others.length === 0, 'Fastify alone listens for requests');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (admission.refusalOf(request) === undefined)
      for (const answerDirectly of direct) if (answerDirectly(request, response)) return;
    framework.call(server, request, response);
  });
}
