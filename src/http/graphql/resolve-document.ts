/**
 * Clients may name a document instead of sending it (`persisted_operations`): by `extensions.persistedQuery.sha256Hash`
 * (Apollo), `documentId` (the GraphQL-over-HTTP specification's appendix), `doc_id` (Relay), or at the end of the path. The
 * request is made into the one that sends the document, so that what follows has one form.
 */
import { GatewayError } from '../../errors/index.ts';
import { clientNameOf } from '../../limits/index.ts';
import type { DocumentRequest, PersistedOperations } from '../../persisted/index.ts';
import type { GraphQLHttpRequest } from './read-graphql-request.ts';

const documentsPath = '/documents/';

interface Parameters {
  readonly query?: string;
  readonly documentId?: unknown;
  readonly doc_id?: unknown;
  readonly extensions?: {
    readonly persistedQuery?: { readonly sha256Hash?: unknown; readonly version?: unknown };
  } | null;
}

/** @returns the id of the document where the path goes on with one: `/graphql/documents/<id>` */
export function documentIdOf(path: string): string | undefined {
  const start = path.indexOf(documentsPath);
  return start === -1 ? undefined : decodeId(path.slice(start + documentsPath.length));
}

/** The path without the document's id. */
export function endpointOf(path: string): string {
  const end = path.indexOf(documentsPath);
  return end === -1 ? path : path.slice(0, end);
}

/**
 * How a request names its document.
 * @param pathId the document’s id in the path
 * @throws GatewayError `BAD_REQUEST` where it names two
 */
export function documentNamesOf(
  request: GraphQLHttpRequest,
  pathId: string | undefined,
): Pick<DocumentRequest, 'text' | 'id' | 'isHash'> {
  const parameters = (request.body ?? request.parameters) as Parameters;
  const { query, documentId, doc_id: relayId } = parameters;
  const id = onlyOf([pathId, textOf(documentId, 'documentId'), textOf(relayId, 'doc_id')]);
  return { text: query, id: onlyOf([id, hashOf(parameters)]), isHash: id === undefined };
}

/**
 * @param pathId the document’s id in the path
 * @returns the request itself where nothing is to be changed
 * @throws GatewayError of `PersistedOperations.textOf`, `PERSISTED_QUERY_NOT_SUPPORTED`, or `BAD_REQUEST` where the request
 * names two documents
 */
export function resolveDocument(
  persisted: PersistedOperations | undefined,
  request: GraphQLHttpRequest,
  pathId: string | undefined,
  requestId: string,
): GraphQLHttpRequest | Promise<GraphQLHttpRequest> {
  const parameters = (request.body ?? request.parameters) as Parameters;
  const { documentId, doc_id: relayId } = parameters;
  if (persisted === undefined) {
    // Apollo Server refuses hashes by itself.
    if (pathId === undefined && documentId == null && relayId == null) return request;
    throw new GatewayError('PERSISTED_QUERY_NOT_SUPPORTED');
  }
  const names = documentNamesOf(request, pathId);
  const clientName = clientNameOf({ clientHeaders: request.headers });
  const text = persisted.textOf({ ...names, requestId, clientName });
  if (names.id === undefined) return request;
  return text instanceof Promise ? text.then((query) => withText(request, query)) : withText(request, text);
}

/** The same request with its document, and without its id. */
function withText(request: GraphQLHttpRequest, query: string): GraphQLHttpRequest {
  const { documentId, doc_id, extensions, ...others } = (request.body ?? request.parameters) as Parameters;
  const { persistedQuery, ...otherExtensions } = extensions ?? {};
  const parameters = {
    ...others,
    query,
    ...(Object.keys(otherExtensions).length === 0 ? {} : { extensions: otherExtensions }),
  };
  if (request.method === 'POST') return { ...request, body: parameters };
  const search = new URLSearchParams(request.search);
  for (const name of ['documentId', 'doc_id', 'extensions']) search.delete(name);
  search.set('query', query);
  if ('extensions' in parameters) search.set('extensions', JSON.stringify(parameters.extensions));
  return { ...request, parameters, search: `?${search}` };
}

function hashOf({ extensions }: Parameters): string | undefined {
  const { persistedQuery } = extensions ?? {};
  if (persistedQuery === undefined || persistedQuery === null) return undefined;
  const { sha256Hash, version } = persistedQuery;
  if (version !== undefined && version !== 1)
    throw new GatewayError('BAD_REQUEST', { message: 'extensions.persistedQuery.version must be 1.' });
  const hash = textOf(sha256Hash, 'extensions.persistedQuery.sha256Hash');
  return hash !== undefined && /^[0-9a-fA-F]{64}$/.test(hash) ? hash.toLowerCase() : hash;
}

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw new GatewayError('BAD_REQUEST', { message: `\`${name}\` must be a string that is not empty.` });
}

function onlyOf(ids: readonly (string | undefined)[]): string | undefined {
  const [id, ...others] = ids.filter((value) => value !== undefined);
  if (others.every((value) => value === id)) return id;
  throw new GatewayError('BAD_REQUEST', { message: 'The request names more than one document.' });
}

function decodeId(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new GatewayError('BAD_REQUEST', { message: 'The id of the document in the path is not encoded as a URL.' });
  }
}
