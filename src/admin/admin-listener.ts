/**
 * The admin listener: a server of its own, in the main thread, for what clients never call. `/admin/graphql` has the API keys
 * and the audit log, `/admin/invalidate` the cached answers, `/metrics` what Prometheus reads,
 * `/registry/v1` the generations. Bodies, headers and connections are bounded; nothing waits for the store longer than a second or two.
 */
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { GraphQLError, type GraphQLSchema, parse } from 'graphql';
import { createHandler, type Handler } from 'graphql-http';
import { ApiKeyError, KeyRing } from '../access/index.ts';
import { surrogateKeysOf } from '../cache/tags/index.ts';
import { type AdminConfig, ConfigError, type ResolvedConfig } from '../config/index.ts';
import { GatewayError, messageOf } from '../errors/index.ts';
import { isLoopback, readBounded } from '../lib/index.ts';
import type { Logger, ProcessMetrics } from '../observability/index.ts';
import type { RecordReader } from '../records/index.ts';
import { createRegistry, type RegistryParts } from '../registry/publish/index.ts';
import {
  Changelog,
  createRegistryRoutes,
  isRegistryPath,
  PublicationWebhook,
  RegistryChecks,
  type RegistryRoutes,
} from '../registry/routes/index.ts';
import { openStore } from '../store/index.ts';
import { locateRecords, openRecords } from '../store/records/index.ts';
import { prepareServer } from '../tls/index.ts';
import type { AdminCaller } from './admin-caller.ts';
import { adminHeader } from './admin-header.ts';
import type { PeopleParts } from './admin-people.ts';
import type { ServedGeneration } from './admin-reload.ts';
import { createAdminSchema } from './admin-schema.ts';
import { isAdminScope } from './admin-scopes.ts';
import { identifyOperator, refusePages } from './identify-operator.ts';
import { answerInvalidation } from './invalidate-caches.ts';
import type { RunningCaches } from './running-caches.ts';

export interface AdminListener {
  /** Where it listens, such as http://127.0.0.1:4400. */
  readonly url: string;
  close(): Promise<void>;
}

export interface AdminListenerOptions {
  readonly config: ResolvedConfig;
  /** What is served at the moment, which reloads change. */
  readonly currentConfig: () => ResolvedConfig;
  /** Reads the configuration as it is now, with what is published over it. @throws ConfigError */
  readonly loadConfig: RegistryParts['load'];
  readonly log: Logger;
  readonly caches: RunningCaches;
  readonly generation: ServedGeneration;
  /** Undefined: nothing is recorded. */
  readonly records: RecordReader | undefined;
  /** What clients see of what is served at the moment. */
  readonly apiSchema: () => Promise<GraphQLSchema>;
  /** Undefined: there are none. */
  readonly metrics: Pick<ProcessMetrics, 'scrape'> | undefined;
}

const maxBodyBytes = 1_000_000;
/** Of a publication: schemas and prompts. */
const maxUploadBytes = 32_000_000;
const maxTokens = 2_000;
/** Each gateway that follows the registry keeps one. */
const maxConnections = 1_000;
const timeoutMs = 10_000;

/**
 * @returns undefined where the configuration has none, or where the default port is in use
 * @throws ConfigError where it cannot listen, where the store cannot be opened, and off loopback without an admin key
 */
export async function listenForAdmin({
  config,
  currentConfig,
  loadConfig,
  apiSchema,
  log,
  caches,
  generation,
  records,
  metrics,
}: AdminListenerOptions): Promise<AdminListener | undefined> {
  const { admin, store: storeConfig, file } = config;
  if (admin === undefined) return undefined;
  const store = await openStore({ config: storeConfig, configFile: file, log, isServing: true });
  const keys = await KeyRing.open({ store, log });
  let publications: PublicationWebhook | undefined;
  const withRecords: PeopleParts['withRecords'] = async (run) => {
    if (records !== undefined) return run(records);
    const opened = await openRecords(locateRecords(storeConfig, store), timeoutMs);
    try {
      return await run(opened);
    } finally {
      await opened.close();
    }
  };
  try {
    const isLocal = isLoopback(admin.host);
    if (!isLocal && !keys.hasScope(isAdminScope)) throw unprotected(file);
    const handler = createHandler<IncomingMessage, AdminCaller, AdminCaller & Record<PropertyKey, unknown>>({
      schema: createAdminSchema(store, { currentConfig, caches, records, withRecords, generation, apiSchema, log }),
      context: ({ context }) => ({ ...context }),
      parse: (source, options) => parse(source, { ...options, maxTokens }),
      formatError: (error) => formatError(error, log),
    });
    const changelog = new Changelog(store.registry);
    const registryOfStore = createRegistry({ store, configFile: file, load: loadConfig });
    const checks = new RegistryChecks({
      registry: registryOfStore,
      loadConfig,
      usage: records && ((request) => records.usage(request)),
      log,
    });
    const registry = createRegistryRoutes({ registry: registryOfStore, store, changelog, checks });
    const open = await serverOpener(config, admin.tls, log);
    const server = open((request, response) => {
      void answer({ request, response, keys, isLocal, handler, invalidate: caches.invalidate, registry, metrics, log });
    });
    server.maxConnections = maxConnections;
    const url = await listen(server, admin);
    const { webhook } = config.registry;
    const parts = { table: store.registry, changelog, log };
    publications = webhook && (await PublicationWebhook.open({ ...parts, config: webhook }));
    log.info(
      { adminUrl: `${url}/admin/graphql`, requiresKey: !isLocal || keys.hasScope(isAdminScope) },
      'the admin listener listens',
    );
    return {
      url,
      async close() {
        server.close();
        server.closeAllConnections();
        await publications?.close();
        await keys.close();
      },
    };
  } catch (error) {
    await keys.close();
    if (error instanceof ConfigError) throw error;
    const message = `the admin listener cannot listen: ${messageOf(error)}`;
    if (admin.isExplicit) throw new ConfigError(file, [{ path: 'admin', line: undefined, message }]);
    log.warn({ reason: messageOf(error) }, 'the admin listener is off: it cannot listen; choose another admin.port');
    return undefined;
  }
}

function unprotected(file: string): ConfigError {
  const message =
    'an address that others reach requires authentication: create a key with `isthmus keys create --name admin --scopes admin:write`, or write 127.0.0.1';
  return new ConfigError(file, [{ path: 'admin.host', line: undefined, message }]);
}

/** @throws ConfigError where the certificate cannot be used */
async function serverOpener(
  { file, server: { tls } }: ResolvedConfig,
  isTls: boolean,
  log: Logger,
): Promise<(listener: RequestListener) => Server> {
  const http = { headersTimeout: timeoutMs, requestTimeout: timeoutMs };
  if (tls === undefined || !isTls) return (listener) => createServer(http, listener);
  return prepareServer({ tls, configFile: file, http, requestsCertificates: false, log });
}

function listen(server: Server, { host, port, tls }: AdminConfig): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      const address = server.address();
      const name = host.includes(':') ? `[${host}]` : host;
      resolve(
        `${tls ? 'https' : 'http'}://${name}:${address === null || typeof address === 'string' ? port : address.port}`,
      );
    });
  });
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly keys: KeyRing;
  readonly isLocal: boolean;
  readonly handler: Handler<IncomingMessage, AdminCaller>;
  readonly invalidate: RunningCaches['invalidate'];
  readonly registry: RegistryRoutes;
  readonly metrics: AdminListenerOptions['metrics'];
  readonly log: Logger;
}

/** Never rejects. */
async function answer({
  request,
  response,
  keys,
  isLocal,
  handler,
  invalidate,
  registry,
  metrics,
  log,
}: Exchange): Promise<void> {
  response.setHeader(adminHeader, 'true');
  response.setHeader('cache-control', 'no-store');
  response.setHeader('x-content-type-options', 'nosniff');
  response.setHeader('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  try {
    const { headers, method = 'GET', url = '/', socket } = request;
    refusePages(headers, isLocal);
    const path = url.split('?', 1)[0] ?? '';
    const isMetrics = path === '/metrics' && metrics !== undefined;
    const isRegistry = isRegistryPath(path);
    if (path !== '/admin/graphql' && path !== '/admin/invalidate' && !isMetrics && !isRegistry)
      throw new GatewayError('NOT_FOUND');
    const address = socket.remoteAddress ?? '';
    const context = await identifyOperator({ headers, address }, keys, isLocal);
    if (isRegistry) {
      const body = await readBody(request, maxUploadBytes);
      await answerRegistry({ request, response, registry, caller: context, body });
      return;
    }
    if (!context.mayRead) throw new GatewayError('FORBIDDEN', { message: 'This API key is for the registry alone.' });
    if (isMetrics) {
      if (method !== 'GET') throw new GatewayError('METHOD_NOT_ALLOWED');
      const { contentType, text } = await metrics.scrape();
      response.writeHead(200, { 'content-type': contentType }).end(text);
      return;
    }
    const body = await readBody(request, maxBodyBytes);
    if (path === '/admin/invalidate') {
      const invalidated = await answerInvalidation({ method, body, caller: context, invalidate, log });
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify({ invalidated, surrogateKeys: surrogateKeysOf(invalidated) }));
      return;
    }
    const [text, { status, headers: answerHeaders }] = await handler({
      method,
      url,
      headers,
      body,
      raw: request,
      context,
    });
    response.writeHead(status, answerHeaders).end(text);
  } catch (error) {
    refuse(response, error, log);
  }
}

/** A request that waits is aborted where its client leaves. */
async function answerRegistry({
  request,
  response,
  registry,
  caller,
  body: text,
}: Pick<Exchange, 'request' | 'response' | 'registry'> & {
  readonly caller: AdminCaller;
  readonly body: string;
}): Promise<void> {
  const { method = 'GET', url = '/' } = request;
  const gone = new AbortController();
  response.once('close', () => gone.abort(new Error('the client has left')));
  const { 'if-none-match': knownTag, accept: mediaTypes } = request.headers;
  const { status, headers, body } = await registry.answer({
    method,
    url,
    body: text,
    knownTag,
    mediaTypes,
    caller,
    signal: gone.signal,
  });
  const isText = typeof body === 'string';
  if (!isText && body !== undefined) response.setHeader('content-type', 'application/json; charset=utf-8');
  response.writeHead(status, { ...headers });
  response.end(isText || body === undefined ? body : JSON.stringify(body));
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const body = await readBounded(request, maxBytes, () => new GatewayError('CONTENT_TOO_LARGE'));
  return body.toString('utf8');
}

function refuse(response: ServerResponse, thrown: unknown, log: Logger): void {
  const error = thrown instanceof GatewayError ? thrown : new GatewayError('INTERNAL_SERVER_ERROR', { cause: thrown });
  if (error.code === 'INTERNAL_SERVER_ERROR') log.error({ error: thrown }, 'a request of the admin listener failed');
  else if (error.detail !== undefined)
    log.info({ reason: error.detail }, 'a request of the admin listener was refused');
  if (response.headersSent || response.destroyed) return;
  // What was not read of the request may still be arriving.
  const headers = { 'content-type': 'application/json; charset=utf-8', connection: 'close' };
  const challenge = error.code === 'UNAUTHENTICATED' ? { 'www-authenticate': 'Bearer realm="isthmus admin"' } : {};
  response.writeHead(error.entry.status, { ...headers, ...challenge });
  response.end(JSON.stringify({ errors: [{ message: error.message, extensions: { code: error.code } }] }));
}

/** A change that cannot be made says why; what the store threw is logged. */
function formatError(error: Readonly<Error>, log: Logger): GraphQLError | Error {
  const thrown = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  if (thrown instanceof GraphQLError || !(error instanceof GraphQLError)) return error;
  const { nodes, path } = error;
  const at = { ...(nodes === undefined ? {} : { nodes }), ...(path === undefined ? {} : { path }) };
  if (thrown instanceof ApiKeyError)
    return new GraphQLError(thrown.message, { ...at, extensions: { code: 'BAD_USER_INPUT' } });
  if (thrown instanceof GatewayError && thrown.code !== 'INTERNAL_SERVER_ERROR')
    return new GraphQLError(thrown.message, { ...at, extensions: { code: thrown.code } });
  log.error({ error: thrown }, 'a field of the admin graph failed');
  return new GraphQLError('The store cannot be used at the moment.', { ...at, extensions: { code: 'OVERLOADED' } });
}
