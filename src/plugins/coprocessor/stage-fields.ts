/** The fields of calls and replies, between the protocol's forms and those of hooks. */
import type { CoprocessorPart, CoprocessorStage } from '../../config/index.ts';
import type { HttpAnswer, OperationResult, PlanEvent, RequestFields } from '../plugin.ts';
import { type Fields, isRecord } from './call-coprocessor.ts';

/** What a stage can send: each part is made where it is sent. */
export type Parts = { readonly [Part in CoprocessorPart]?: (() => unknown) | undefined };

export function sentFields({ parts, context }: CoprocessorStage, event: RequestFields, all: Parts): Fields {
  const fields: Record<string, unknown> = { id: event.requestId };
  for (const part of parts) fields[part] = all[part]?.();
  if (context === 'all' || context.length > 0) {
    const keys = sentKeys(context, event);
    fields.context = { entries: Object.fromEntries(keys.map((key) => [key, event.context.get(key)])) };
  }
  return fields;
}

/** The entries that were sent are replaced by those that come back; whatever else plugins hand on stays. */
export function takeContext({ context }: CoprocessorStage, event: RequestFields, { context: reply }: Fields): void {
  if (!isRecord(reply) || !isRecord(reply.entries)) return;
  for (const key of sentKeys(context, event)) event.context.delete(key);
  for (const [key, value] of Object.entries(reply.entries)) event.context.set(key, value);
}

function sentKeys(context: CoprocessorStage['context'], event: RequestFields): readonly string[] {
  const keys = [...event.context.keys()];
  return context === 'all' ? keys : keys.filter((key) => context.includes(key));
}

/** Header values as lists, as the protocol has them. */
export function listed(headers: Readonly<Record<string, unknown>>): Record<string, readonly string[]> {
  const entries = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value : [String(value)]]));
}

/** `content-length` is the gateway's own to set. */
export function replaceHeaders(headers: Record<string, unknown>, reply: unknown): void {
  if (!isRecord(reply)) return;
  for (const name of Object.keys(headers)) if (name !== 'content-length') delete headers[name];
  for (const [name, value] of Object.entries(reply)) {
    const lowerCase = name.toLowerCase();
    if (lowerCase === 'content-length') continue;
    const values = (Array.isArray(value) ? value : [value]).map(String);
    if (values.length === 1) headers[lowerCase] = values[0];
    // Cookies cannot be joined (RFC 6265, section 3).
    else headers[lowerCase] = lowerCase === 'set-cookie' ? values : values.join(', ');
  }
}

export function httpAnswer(status: number, { headers, body }: Fields): HttpAnswer {
  const fields: Record<string, string | readonly string[]> = { 'content-type': 'application/json' };
  if (isRecord(headers)) replaceHeaders(fields, { 'content-type': fields['content-type'], ...headers });
  return { status, headers: fields, body: body === undefined ? '' : textOf(body) };
}

/** A reply's body as the answer of an operation; a text is the message of an error. */
export function operationAnswer(body: unknown, status: number): OperationResult {
  if (!isRecord(body)) {
    const message = typeof body === 'string' ? body : 'The request was refused.';
    return { errors: [{ message, extensions: { code: status === 401 ? 'UNAUTHENTICATED' : 'FORBIDDEN', status } }] };
  }
  const { data, errors, extensions } = body as OperationResult;
  return {
    ...(data === undefined ? {} : { data }),
    ...(errors === undefined ? {} : { errors }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

/** The plan in the node form of Apollo Router: its requests in an order in which each has what it needs. */
export function queryPlan(fetches: PlanEvent['fetches']): Fields {
  const nodes = fetches.map(({ subgraph, query }) => ({
    kind: 'Fetch',
    serviceName: subgraph,
    operation: query,
    operationKind: query.startsWith('mutation') ? 'mutation' : 'query',
  }));
  return { root: nodes.length === 1 ? nodes[0] : { kind: 'Sequence', nodes } };
}

export function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
