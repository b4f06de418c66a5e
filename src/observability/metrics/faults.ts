/** Whose fault an error is: what service levels tell apart. A code that is not of the table is a subgraph's own. */
import { type ErrorCode, errorTable } from '../../errors/index.ts';

export type Fault = 'none' | 'client' | 'limit' | 'upstream' | 'gateway';

/** Refused because there would be too much of something, whether or not the client could know. */
const limits: ReadonlySet<string> = new Set<ErrorCode>([
  'MAX_TOKENS_LIMIT',
  'MAX_DEPTH_LIMIT',
  'MAX_ALIASES_LIMIT',
  'MAX_ROOT_FIELDS_LIMIT',
  'MAX_DIRECTIVES_LIMIT',
  'MAX_SELECTIONS_LIMIT',
  'MAX_FETCHES_LIMIT',
  'MAX_REPRESENTATIONS_LIMIT',
  'CONTENT_TOO_LARGE',
  'HEADERS_TOO_LARGE',
  'COST_ESTIMATED_TOO_EXPENSIVE',
  'SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE',
  'AI_COST_ESTIMATED_TOO_EXPENSIVE',
  'AI_BUDGET_EXCEEDED',
  'AI_INPUT_TOO_LONG',
]);

const upstream: ReadonlySet<string> = new Set<ErrorCode>([
  'SUBREQUEST_HTTP_ERROR',
  'SUBREQUEST_MALFORMED_RESPONSE',
  'SUBGRAPH_REQUEST_TIMEOUT',
  'SUBGRAPH_CIRCUIT_BREAKER_REJECTED',
  'TOKEN_EXCHANGE_FAILED',
  'DOWNSTREAM_SERVICE_ERROR',
  'AI_MODEL_UNAVAILABLE',
  'AI_OUTPUT_INVALID',
  'AI_STREAM_INCOMPLETE',
]);

export function faultOf(code: string): Fault {
  if (code === 'ok') return 'none';
  if (limits.has(code)) return 'limit';
  if (upstream.has(code) || !isOwnCode(code)) return 'upstream';
  const { status } = errorTable[code as ErrorCode];
  if (status === 429) return 'limit';
  return status >= 500 ? 'gateway' : 'client';
}

/** Whether a code is of our table: those that subgraphs write are not bounded. */
export function isOwnCode(code: string): boolean {
  return Object.hasOwn(errorTable, code);
}
