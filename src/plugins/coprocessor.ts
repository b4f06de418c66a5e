/**
 * An HTTP coprocessor in the form of Apollo Router's: a service that is called at stages of a request's life, may change
 * what passes, and may end the request (`control: { break: 401 }`). It is a plugin like any other.
 *
 * Stages: RouterRequest and RouterResponse (HTTP; the body is text), SupergraphRequest and SupergraphResponse (the
 * operation), SubgraphRequest and SubgraphResponse. What a stage sends is configured key by key. A coprocessor that does
 * not answer in time, answers otherwise than 200, or changes `version`, `stage` or `id` fails the request:
 * `PLUGIN_FAILED`.
 */
import { randomUUID } from 'node:crypto';
import { print } from 'graphql';
import type { CoprocessorConfig, CoprocessorStage } from '../config/index.ts';
import type { HttpAnswer, OperationResult, Plugin, RequestFields } from './plugin.ts';

type Fields = Readonly<Record<string, unknown>>;

const maxAnswerBytes = 64_000_000;

export function coprocessorPlugin(config: CoprocessorConfig): Plugin {
  const { router, supergraph, subgraph } = config;
  const call = (stage: string, fields: Fields) => callCoprocessor(config, stage, fields);

  return {
    name: 'coprocessor',
    ...(router.request === undefined
      ? {}
      : {
          onRequest: async (event) => {
            const { request: sends } = router;
            if (sends === undefined) return undefined;
            const { method, url } = event;
            const path = url.split('?', 1)[0];
            const all = { headers: listed(event.headers), body: event.body, method, path };
            const reply = await call('RouterRequest', sent(sends, event, all));
            if (reply.break !== undefined) return httpAnswer(reply.break, reply.fields);
            takeContext(event, reply.fields);
            if (isRecord(reply.fields.headers)) replaceHeaders(event.headers, reply.fields.headers);
            if (typeof reply.fields.body === 'string') event.body = reply.fields.body;
            return undefined;
          },
        }),
    ...(router.response === undefined
      ? {}
      : {
          onResponse: async (event) => {
            const { response: sends } = router;
            if (sends === undefined) return;
            const all = { headers: listed(event.headers), body: event.body, statusCode: event.status };
            const reply = await call('RouterResponse', sent(sends, event, all));
            takeContext(event, reply.fields);
            if (isRecord(reply.fields.headers)) replaceHeaders(event.headers, reply.fields.headers);
            const { body, statusCode } = reply.fields;
            if (body !== undefined && event.body !== undefined) event.body = textOf(body);
            if (reply.break !== undefined) event.status = reply.break;
            else if (typeof statusCode === 'number') event.status = statusCode;
          },
        }),
    ...(supergraph.request === undefined && supergraph.response === undefined
      ? {}
      : {
          onOperation: async (event) => {
            const { request: sends, response: sendsBack } = supergraph;
            if (sends !== undefined) {
              const { operationName, variables } = event;
              const body = sends.body === true ? { query: print(event.document), operationName, variables } : undefined;
              const reply = await call(
                'SupergraphRequest',
                sent(sends, event, { headers: listed(event.headers), body }),
              );
              takeContext(event, reply.fields);
              if (reply.break !== undefined)
                return { ...operationAnswer(reply.fields.body, reply.break), status: reply.break };
              if (isRecord(reply.fields.body) && isRecord(reply.fields.body.variables))
                event.variables = reply.fields.body.variables;
            }
            if (sendsBack === undefined) return undefined;
            return async (answer) => {
              const { data, errors, extensions } = sendsBack.body === true ? answer : ({} as typeof answer);
              const reply = await call(
                'SupergraphResponse',
                sent(sendsBack, event, { body: { data, errors, extensions } }),
              );
              takeContext(event, reply.fields);
              if (isRecord(reply.fields.body)) Object.assign(answer, operationAnswer(reply.fields.body, 200));
            };
          },
        }),
    ...(subgraph.all.request === undefined && subgraph.all.response === undefined
      ? {}
      : {
          onSubgraphRequest: async (event) => {
            const { request: sends, response: sendsBack } = subgraph.all;
            const fixed = { serviceName: event.subgraph, subgraphRequestId: randomUUID() };
            if (sends !== undefined) {
              const body = sends.body === true ? { query: event.query, variables: event.variables } : undefined;
              const reply = await call(
                'SubgraphRequest',
                sent(sends, event, { ...fixed, headers: listed(event.headers), body, method: 'POST' }),
              );
              takeContext(event, reply.fields);
              if (reply.break !== undefined) return operationAnswer(reply.fields.body, reply.break) as never;
              if (isRecord(reply.fields.headers)) replaceHeaders(event.headers, reply.fields.headers);
              if (isRecord(reply.fields.body)) {
                const { query, variables } = reply.fields.body;
                if (typeof query === 'string' && query !== event.query) event.query = query;
                if (isRecord(variables)) event.variables = variables;
              }
            }
            if (sendsBack === undefined) return undefined;
            return async (response) => {
              const { data, errors } = response;
              const reply = await call(
                'SubgraphResponse',
                sent(sendsBack, event, { ...fixed, body: { data, errors }, statusCode: 200 }),
              );
              takeContext(event, reply.fields);
              return isRecord(reply.fields.body)
                ? ({ ...response, ...operationAnswer(reply.fields.body, 200) } as never)
                : response;
            };
          },
        }),
  };
}

interface Reply {
  readonly fields: Fields;
  /** The status to end with, where the coprocessor said so. */
  readonly break: number | undefined;
}

async function callCoprocessor({ url, timeoutMs }: CoprocessorConfig, stage: string, fields: Fields): Promise<Reply> {
  const body = { version: 1, stage, control: 'continue', ...fields };
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${stage}: the coprocessor answered ${response.status}`);
  if (text.length > maxAnswerBytes) throw new Error(`${stage}: the coprocessor’s answer is too large`);
  const reply: unknown = JSON.parse(text);
  if (!isRecord(reply)) throw new Error(`${stage}: the coprocessor’s answer is no object`);
  for (const key of ['version', 'stage', 'id', 'subgraphRequestId', 'serviceName'] as const) {
    const expected = (body as Fields)[key];
    if (reply[key] !== undefined && expected !== undefined && reply[key] !== expected)
      throw new Error(`${stage}: the coprocessor changed \`${key}\``);
  }
  const { control } = reply;
  if (control === undefined || control === 'continue') return { fields: reply, break: undefined };
  const status = isRecord(control) ? control.break : undefined;
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 599)
    throw new Error(`${stage}: \`control\` is "continue" or { "break": <HTTP status> }`);
  return { fields: reply, break: status };
}

/** The parts of a stage that are configured, with what every stage has. */
function sent(stage: CoprocessorStage, { requestId, context }: RequestFields, all: Fields): Fields {
  const { serviceName, subgraphRequestId, headers, body, method, path, statusCode } = all;
  return {
    id: requestId,
    ...(stage.headers === true ? { headers } : {}),
    ...(stage.body === true ? { body } : {}),
    ...(stage.context === true ? { context: { entries: Object.fromEntries(context) } } : {}),
    ...(stage.method === true ? { method } : {}),
    ...(stage.path === true ? { path } : {}),
    ...(stage.serviceName === true ? { serviceName, subgraphRequestId } : {}),
    ...(stage.statusCode === true ? { statusCode } : {}),
  };
}

function takeContext({ context }: RequestFields, { context: replied }: Fields): void {
  if (!isRecord(replied) || !isRecord(replied.entries)) return;
  context.clear();
  for (const [key, value] of Object.entries(replied.entries)) context.set(key, value);
}

/** Header values as lists, as the protocol has them. */
function listed(headers: Readonly<Record<string, unknown>>): Record<string, readonly string[]> {
  const entries = Object.entries(headers).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, Array.isArray(value) ? value : [String(value)]]));
}

/** `content-length` is the gateway's own to say. */
function replaceHeaders(headers: Record<string, unknown>, replied: Fields): void {
  for (const name of Object.keys(headers)) if (name !== 'content-length') delete headers[name];
  for (const [name, value] of Object.entries(replied)) {
    if (name.toLowerCase() === 'content-length') continue;
    const values = (Array.isArray(value) ? value : [value]).map(String);
    headers[name.toLowerCase()] = values.length === 1 ? values[0] : values.join(', ');
  }
}

function httpAnswer(status: number, { headers, body }: Fields): HttpAnswer {
  const fields: Record<string, string> = { 'content-type': 'application/json' };
  if (isRecord(headers)) replaceHeaders(fields, headers);
  return { status, headers: fields, body: body === undefined ? '' : textOf(body) };
}

/** A reply's body as the answer of an operation; a text is the message of an error. */
function operationAnswer(body: unknown, status: number): OperationResult {
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

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
