/**
 * What a client sees of a subgraph's own errors: that there was one, and where. Messages and extensions of a subgraph
 * may hold stack traces, SQL and addresses, so they go to the log only. In-process subgraphs are ours; their coded
 * errors pass.
 */
import { errorTable, isErrorCode } from '../errors/index.ts';
import type { SubgraphClient, SubgraphError } from '../transport/index.ts';

export function maskSubgraphError(client: SubgraphClient, error: SubgraphError): SubgraphError {
  const code = error.extensions?.code;
  const path = error.path === undefined ? {} : { path: error.path };
  if (client.kind === 'in-process' && isErrorCode(code)) {
    return { message: errorTable[code].client, ...path, extensions: { code, service: client.name } };
  }
  return {
    message: errorTable.DOWNSTREAM_SERVICE_ERROR.client,
    ...path,
    extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', service: client.name },
  };
}
