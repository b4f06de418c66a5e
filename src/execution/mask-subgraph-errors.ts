/**
 * What a client sees of a subgraph's own errors: that there was one, and where. Messages and extensions of a subgraph
 * may hold stack traces, SQL and addresses, so they go to the log only. In-process subgraphs are ours; their coded
 * errors pass.
 */
import { errorTable, isErrorCode } from '../errors/index.ts';
import type { SubgraphClient, SubgraphError } from '../transport/index.ts';

/** The part of an error that may be shown. */
export interface ShownError {
  readonly message: string;
  readonly extensions: { readonly code: string; readonly service: string };
}

export function maskSubgraphError(client: SubgraphClient, error: SubgraphError): ShownError {
  const given = error.extensions?.code;
  const code = client.kind === 'in-process' && isErrorCode(given) ? given : 'DOWNSTREAM_SERVICE_ERROR';
  return { message: errorTable[code].client, extensions: { code, service: client.name } };
}
