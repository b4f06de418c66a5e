/**
 * What a client sees of a subgraph's own errors: by default that there was one, and where. Messages and extensions of a
 * subgraph may hold stack traces, SQL and addresses, so they go to the log only, unless `errors` of supergraph.yaml
 * lets them through. In-process subgraphs are ours; their coded errors pass.
 */
import type { ErrorPolicy } from '../../config/index.ts';
import { errorTable, isErrorCode } from '../../errors/index.ts';
import type { SubgraphClient, SubgraphError } from '../../transport/index.ts';

/** The part of an error that may be shown. */
export interface ShownError {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
}

export function maskSubgraphError(policy: ErrorPolicy, client: SubgraphClient, error: SubgraphError): ShownError {
  const given = error.extensions ?? {};
  const service = policy.serviceName ? { service: client.name } : {};
  if (client.kind === 'in-process' && isErrorCode(given.code)) {
    return { message: errorTable[given.code].client, extensions: { code: given.code, ...service } };
  }
  const allowed = policy.allowedExtensions.filter((name) => Object.hasOwn(given, name) && given[name] !== undefined);
  return {
    message: policy.mode === 'pass-through' ? error.message : errorTable.DOWNSTREAM_SERVICE_ERROR.client,
    extensions: {
      code: 'DOWNSTREAM_SERVICE_ERROR',
      ...Object.fromEntries(allowed.map((name) => [name, given[name]])),
      ...service,
    },
  };
}
