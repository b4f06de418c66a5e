/** Writes the JSON body of a GraphQL-over-HTTP request; texts that are JSON already are put in as they are. */
import type { SubgraphRequest } from './subgraph-client.ts';

export interface PersistedQueryHash {
  readonly sha256Hash: string;
  /** Whether the query itself goes along, so that the subgraph can remember it. */
  readonly withQuery: boolean;
}

export function writeRequest(request: SubgraphRequest, persisted?: PersistedQueryHash): string {
  let text = '{';
  if (persisted === undefined || persisted.withQuery)
    text += `"query":${request.queryJson ?? JSON.stringify(request.query)}`;
  if (persisted !== undefined) {
    const separator = persisted.withQuery ? ',' : '';
    text += `${separator}"extensions":{"persistedQuery":{"version":1,"sha256Hash":"${persisted.sha256Hash}"}}`;
  }
  if (request.operationName !== undefined) text += `,"operationName":${JSON.stringify(request.operationName)}`;
  const variables = writeVariables(request);
  return variables === undefined ? `${text}}` : `${text},"variables":${variables}}`;
}

/** @returns the variables as JSON text; undefined where there are none */
export function writeVariables({ variables, variablesJson, representationsJson }: SubgraphRequest): string | undefined {
  const members = variablesJson ?? (variables === undefined ? undefined : JSON.stringify(variables));
  if (representationsJson === undefined) return members;
  const representations = `{"representations":[${representationsJson.join(',')}]`;
  const inner = members === undefined ? '' : members.trim().slice(1, -1).trim();
  return inner === '' ? `${representations}}` : `${representations},${inner}}`;
}
