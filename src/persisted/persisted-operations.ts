/**
 * From what a client sends instead of a document, or beside it, to the document: trusted documents by id, automatic
 * persisted queries by hash, and the safelist, which refuses all that is not trusted.
 */
import type { Soon } from '../cache/index.ts';
import type { PersistedOperationsConfig } from '../config/index.ts';
import { GatewayError } from '../errors/index.ts';
import type { Logger } from '../observability/index.ts';
import type { AutomaticQueries } from './automatic-queries.ts';
import type { TrustedDocuments } from './trusted-documents.ts';

/** What a request says of its document. */
export interface DocumentRequest {
  readonly requestId: string;
  /** By which the client calls itself. */
  readonly clientName: string | undefined;
  readonly text: string | undefined;
  readonly id: string | undefined;
  /** Whether the id is `extensions.persistedQuery.sha256Hash`, which may come with the document in order to register it. */
  readonly isHash: boolean;
}

export interface PersistedOperationsParts {
  readonly config: Pick<PersistedOperationsConfig, 'safelist'>;
  /** Undefined where there are none. */
  readonly trusted: { readonly current: TrustedDocuments } | undefined;
  /** Undefined where clients may not register documents. */
  readonly automatic: AutomaticQueries | undefined;
  readonly log: Logger;
}

export class PersistedOperations {
  readonly #parts: PersistedOperationsParts;

  constructor(parts: PersistedOperationsParts) {
    this.#parts = parts;
  }

  get trusted(): TrustedDocuments | undefined {
    return this.#parts.trusted?.current;
  }

  /**
   * @returns the document’s text
   * @throws GatewayError `PERSISTED_QUERY_NOT_FOUND`, `PERSISTED_QUERY_NOT_IN_LIST`, `PERSISTED_QUERY_HASH_MISMATCH`,
   * `PERSISTED_QUERY_ID_REQUIRED`, `CANNOT_SEND_PQ_ID_AND_BODY` or `QUERY_NOT_IN_SAFELIST`; that it is unknown may come later
   */
  textOf(request: DocumentRequest): Soon<string> {
    const { text, id } = request;
    if (text === undefined) return this.#find(request);
    if (id !== undefined) this.#register(request, text, id);
    this.#checkSafelist(request, text);
    return text;
  }

  #find({ id = '', isHash, clientName }: DocumentRequest): Soon<string> {
    const document = this.trusted?.find(id, clientName);
    if (document !== undefined) return document.text;
    const { automatic } = this.#parts;
    if (automatic === undefined || !isHash) throw new GatewayError('PERSISTED_QUERY_NOT_IN_LIST');
    const text = automatic.find(id);
    return text instanceof Promise ? text.then(orNotFound) : orNotFound(text);
  }

  #register({ isHash }: DocumentRequest, text: string, id: string): void {
    const { automatic } = this.#parts;
    if (automatic === undefined || !isHash) throw new GatewayError('CANNOT_SEND_PQ_ID_AND_BODY');
    if (!automatic.add(id, text)) throw new GatewayError('PERSISTED_QUERY_HASH_MISMATCH');
  }

  #checkSafelist({ requestId, clientName }: DocumentRequest, text: string): void {
    const { config, log } = this.#parts;
    const { safelist } = config;
    if (safelist === 'off') return;
    if (safelist === 'ids') throw new GatewayError('PERSISTED_QUERY_ID_REQUIRED');
    if (this.trusted?.admits(text, clientName) === true) return;
    if (safelist === 'documents') throw new GatewayError('QUERY_NOT_IN_SAFELIST');
    log.warn({ requestId, client: clientName }, 'a document is not trusted (persisted_operations.safelist: measure)');
  }
}

function orNotFound(text: string | undefined): string {
  if (text === undefined) throw new GatewayError('PERSISTED_QUERY_NOT_FOUND');
  return text;
}
