/**
 * Cross-origin resource sharing (Fetch, section 3.2): pages of server.allowed_origins may call the gateway and read what
 * clients need of its answers. A preflight that is refused says which key to set, to the page's developer and in the log.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ResolvedConfig } from '../config/index.ts';
import type { Logger } from '../observability/index.ts';
import { allowedOrigins } from './request/allowed-origins.ts';
import { errorBody, jsonType } from './request/coded-answer.ts';
import { noteRefusal } from './request/note-refusal.ts';

export interface CorsOptions {
  /** Asked anew each time: the list may change while the server runs. */
  readonly config: () => ResolvedConfig | undefined;
  readonly log: Logger;
}

/** Headers of our own answers, on any route, that a page could not read otherwise. */
export const exposedHeaders = [
  'x-request-id',
  'retry-after',
  'ratelimit',
  'ratelimit-policy',
  'x-ratelimit-limit-requests',
  'x-ratelimit-remaining-requests',
  'x-ratelimit-reset-requests',
  'x-should-retry',
  'isthmus-model',
  'isthmus-adapted',
  'isthmus-cost-usd',
  'isthmus-cost-usd-estimated',
  'isthmus-cost-estimated',
  'isthmus-cost-actual',
  'isthmus-cache',
  'isthmus-write-token',
  'deprecation',
  'sunset',
  'age',
  'etag',
] as const;

const maxAgeSeconds = '600';
/** Refused origins are logged once each, up to this many. */
const maxLogged = 100;

export function addCors(app: FastifyInstance, { config, log }: CorsOptions): void {
  const loggedOrigins = new Set<string>();

  function refusePreflight(request: FastifyRequest, reply: FastifyReply, origin: string): void {
    const printable = /^[\x21-\x7e]{1,200}$/.test(origin) ? origin : 'this origin';
    const message = `Pages of ${printable} may not call this gateway; add the origin to server.allowed_origins in supergraph.yaml.`;
    if (loggedOrigins.size < maxLogged && !loggedOrigins.has(origin)) {
      loggedOrigins.add(origin);
      log.warn({ origin: printable, key: 'server.allowed_origins' }, `a browser was refused: ${message}`);
    }
    noteRefusal(request, { code: 'CSRF_REFUSED' });
    reply.code(403).header('content-type', jsonType).send(errorBody('CSRF_REFUSED', message));
  }

  app.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    const current = config();
    const requestedMethod = request.headers['access-control-request-method'];
    if (origin === undefined || request.method !== 'OPTIONS' || requestedMethod === undefined) {
      for (const [name, value] of corsHeaders(current, origin)) reply.header(name, value);
      return done();
    }
    for (const [name, value] of originHeaders(current, origin)) reply.header(name, value);
    if (!allowedOrigins(current?.server.allowedOrigins ?? none).allows(origin)) {
      if (isSameOrigin(origin, request.headers.host)) return done();
      return refusePreflight(request, reply, origin);
    }
    const headers = request.headers['access-control-request-headers'];
    if (headers !== undefined) reply.header('access-control-allow-headers', headers);
    reply
      .header('access-control-allow-methods', 'GET, POST')
      .header('access-control-max-age', maxAgeSeconds)
      .code(204)
      .send();
  });
}

type Header = readonly [name: string, value: string];

/**
 * What the answer to a request that is no preflight carries, by whatever way it is answered.
 * @param origin the header of the request
 */
export function corsHeaders(config: ResolvedConfig | undefined, origin: string | undefined): readonly Header[] {
  if (config === undefined || config.server.allowedOrigins.length === 0) return noHeaders;
  if (origin === undefined || !allowedOrigins(config.server.allowedOrigins).allows(origin)) return variesByOrigin;
  return [...originHeaders(config, origin), ['access-control-expose-headers', exposed(config)]];
}

function originHeaders(config: ResolvedConfig | undefined, origin: string): readonly Header[] {
  const list = config?.server.allowedOrigins ?? none;
  if (list.length === 0) return noHeaders;
  const origins = allowedOrigins(list);
  if (!origins.allows(origin)) return variesByOrigin;
  if (origins.isAny) return [...variesByOrigin, ['access-control-allow-origin', '*']];
  return [...variesByOrigin, ['access-control-allow-origin', origin], ['access-control-allow-credentials', 'true']];
}

const none: readonly string[] = [];
const noHeaders: readonly Header[] = [];
const variesByOrigin: readonly Header[] = [['vary', 'Origin']];

const exposedBy = new WeakMap<ResolvedConfig, string>();

/** Ours, and those that header rules carry from subgraphs. */
function exposed(config: ResolvedConfig): string {
  let names = exposedBy.get(config);
  if (names === undefined) {
    const carried = Object.values(config.headers).flatMap(({ response }) =>
      response.flatMap(({ named }) => (named === undefined || named === 'set-cookie' ? [] : [named])),
    );
    names = [...new Set([...exposedHeaders, ...carried])].join(', ');
    exposedBy.set(config, names);
  }
  return names;
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host;
}
