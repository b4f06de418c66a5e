/**
 * What a client sees of a subgraph's own errors: by default only that there was one, and where. Messages and extensions
 * may contain stack traces, SQL and addresses: they are logged, and sent to clients only where `errors` of
 * supergraph.yaml allows it. Coded errors of in-process subgraphs are sent with the sentence of their code, or with their
 * own sentence and facts where Isthmus wrote them.
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
  const extensions = error.extensions ?? {};
  const service = policy.serviceName ? { service: client.name } : {};
  const { cause } = error;
  if (cause !== undefined)
    return { message: cause.message, extensions: { ...cause.facts, code: cause.code, ...service } };
  if (client.kind === 'in-process' && isErrorCode(extensions.code)) {
    if (error.isOwnMessage === true) return { message: error.message, extensions: { ...extensions, ...service } };
    return { message: errorTable[extensions.code].client, extensions: { code: extensions.code, ...service } };
  }
  const allowed = policy.allowedExtensions.filter(
    (name) => Object.hasOwn(extensions, name) && extensions[name] !== undefined,
  );
  return {
    message: policy.mode === 'pass-through' ? error.message : errorTable.DOWNSTREAM_SERVICE_ERROR.client,
    extensions: {
      code: 'DOWNSTREAM_SERVICE_ERROR',
      ...Object.fromEntries(allowed.map((name) => [name, extensions[name]])),
      ...service,
    },
  };
}
