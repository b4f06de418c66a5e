/**
 * Reads GraphQL over HTTP strictly, before anything else: method, media types, charset, JSON. What
 * two parsers could read differently is refused (GHSA-9q82-xgwf-vj6h, CVE-2026-23897).
 */
import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import Negotiator from 'negotiator';
import { GatewayError } from '../../errors/index.ts';
import { parseExactJson } from '../../lib/index.ts';
import { isJson } from '../request/is-json.ts';

export type GraphQLMediaType = 'application/graphql-response+json' | 'application/json';

export interface GraphQLHttpRequest {
  readonly method: 'GET' | 'POST';
  readonly headers: IncomingHttpHeaders;
  /** The URL's query with its `?`, or nothing. */
  readonly search: string;
  /** A POST's JSON; undefined for GET. */
  readonly body: unknown;
  /** The other parameters of a GET: `query`, `operationName`, `extensions`. */
  readonly parameters?: unknown;
  /** Of a GET, with every number as it is written; those of a POST are in its body. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The media type of the answer; a request that accepts neither is refused. */
  readonly mediaType: GraphQLMediaType;
}

export interface RawRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/**
 * @param hasId whether the path names the document
 * @throws GatewayError `METHOD_NOT_ALLOWED`, `NOT_ACCEPTABLE`, `UNSUPPORTED_MEDIA_TYPE` or `BAD_REQUEST`
 */
export function readGraphQLRequest({ method, url, headers, body }: RawRequest, hasId = false): GraphQLHttpRequest {
  const mediaType = mediaTypeOf({ method, headers });
  const queryStart = url.indexOf('?');
  const search = queryStart === -1 ? '' : url.slice(queryStart);
  if (method === 'GET') {
    const query = new URLSearchParams(search);
    const parameters = readSearchParameters(query);
    const variables = checkParameters(parameters, hasId);
    return {
      method,
      headers,
      search: withoutEmpty(query, search),
      body: undefined,
      parameters,
      mediaType,
      ...(variables === undefined ? {} : { variables }),
    };
  }
  const parameters = readJson(body);
  checkParameters(parameters, hasId);
  return { method: 'POST', headers, search, body: parameters, mediaType };
}

/**
 * Checks what a request says of itself before its content is read.
 * @returns the media type of its answer
 * @throws GatewayError `METHOD_NOT_ALLOWED`, `NOT_ACCEPTABLE` or `UNSUPPORTED_MEDIA_TYPE`
 */
export function mediaTypeOf({ method, headers }: Pick<RawRequest, 'method' | 'headers'>): GraphQLMediaType {
  if (method !== 'GET' && method !== 'POST') throw new GatewayError('METHOD_NOT_ALLOWED');
  const mediaType = negotiate(headers.accept);
  const contentType = headers['content-type'];
  if (method === 'GET') {
    if (contentType !== undefined && !isJson(contentType)) throw new GatewayError('UNSUPPORTED_MEDIA_TYPE');
    return mediaType;
  }
  const encoding = headers['content-encoding'];
  if (contentType === undefined || !isJson(contentType) || (encoding !== undefined && encoding !== 'identity')) {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE');
  }
  return mediaType;
}

/**
 * The request parameters of the specification, section 5.1: their types, before anything is made of their values.
 *
 * @returns the variables
 */
function checkParameters(parameters: unknown, hasId: boolean): GraphQLHttpRequest['variables'] {
  if (Array.isArray(parameters))
    throw malformed('Batches of operations are not enabled (limits.batch); send one operation.');
  if (!isRecord(parameters)) throw malformed('The request is not an object with a `query`.');
  const { query, operationName, variables, extensions } = parameters;
  const isNamed = query === undefined && (hasId || namesDocument(parameters));
  if (!isNamed && (typeof query !== 'string' || query === ''))
    throw malformed('`query` must be a string that is not empty.');
  if (operationName != null && typeof operationName !== 'string') throw malformed('`operationName` must be a string.');
  if (variables != null && !isRecord(variables)) throw malformed('`variables` must be an object.');
  if (extensions != null && !isRecord(extensions)) throw malformed('`extensions` must be an object.');
  return variables ?? undefined;
}

/** Whether a document is named, which resolve-document.ts finds. */
function namesDocument({ documentId, doc_id: id, extensions }: Record<string, unknown>): boolean {
  return documentId != null || id != null || (isRecord(extensions) && isRecord(extensions.persistedQuery));
}

function readSearchParameters(searchParameters: URLSearchParams): Record<string, unknown> {
  const parameters: Record<string, unknown> = {};
  for (const name of ['query', 'operationName', 'variables', 'extensions', 'documentId', 'doc_id']) {
    const values = searchParameters.getAll(name);
    if (values.length > 1) throw malformed(`\`${name}\` is given more than once.`);
    const [value] = values;
    if (value === undefined || (value === '' && name !== 'query')) continue;
    parameters[name] = name === 'variables' || name === 'extensions' ? readJsonText(value) : value;
  }
  return parameters;
}

/** Forms send every field, also those that were not filled in: an empty parameter counts as absent. */
function withoutEmpty(searchParameters: URLSearchParams, search: string): string {
  const empty = ['operationName', 'variables', 'extensions'].filter((name) => searchParameters.get(name) === '');
  if (empty.length === 0) return search;
  for (const name of empty) searchParameters.delete(name);
  return `?${searchParameters}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function malformed(message: string): GatewayError {
  return new GatewayError('BAD_REQUEST', { message });
}

/** Clients send the same few Accept headers again and again: 4 µs to read one, next to nothing to look it up. */
const negotiated = new Map<string, GraphQLMediaType | undefined>();
const maxNegotiated = 200;

/**
 * Without an Accept header, or with nothing in it (RFC 9110, section 12.5.1: a list that may be empty), or where both are
 * as good: the older application/json (GraphQL over HTTP, 6.1).
 */
function negotiate(accept: string | undefined): GraphQLMediaType {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return 'application/json';
  let best = negotiated.get(accept);
  if (best === undefined && !negotiated.has(accept)) {
    best = preferred(accept);
    if (negotiated.size >= maxNegotiated) negotiated.clear();
    negotiated.set(accept, best);
  }
  if (best === undefined) throw new GatewayError('NOT_ACCEPTABLE');
  return best;
}

function preferred(accept: string): GraphQLMediaType | undefined {
  if (/^[\s,]*$/.test(accept)) return 'application/json';
  // A charset beside a media type is allowed, and is UTF-8 whatever it says; the negotiator would look for it in ours.
  const withoutCharset = accept.replace(/;\s*charset=[^,;]*/gi, '');
  const ours: readonly GraphQLMediaType[] = ['application/json', 'application/graphql-response+json'];
  const [best] = new Negotiator({ headers: { accept: withoutCharset } }).mediaTypes([...ours]);
  return ours.find((type) => type === best);
}

/** Whether the request prefers a page over JSON, as a browser's address bar does. */
export function prefersPage(accept: string | undefined): boolean {
  if (accept === undefined || !accept.includes('text/html')) return false;
  const offered = ['application/json', 'application/graphql-response+json', 'text/html'];
  return new Negotiator({ headers: { accept } }).mediaType(offered) === 'text/html';
}

function readJson(body: unknown): unknown {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
  if (!isUtf8(bytes)) throw malformed('The request is not UTF-8.');
  return readJsonText(bytes.toString('utf8'));
}

function readJsonText(text: string): unknown {
  // RFC 8259, section 8.1: a sender must not add one, and parsers differ in what they make of it.
  if (text.startsWith('\ufeff')) throw malformed('The request begins with a byte order mark.');
  try {
    return parseExactJson(text);
  } catch {
    throw malformed('The request is not JSON.');
  }
}
