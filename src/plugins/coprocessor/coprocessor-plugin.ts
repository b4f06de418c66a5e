/**
 * An HTTP coprocessor in the form of Apollo Router's: a service that is called at stages of a request's life, may change
 * what passes, and may end the request (`control: { break: 401 }`). It is a plugin like any other: each pair of stages is
 * a hook, and a stage that is not configured is no hook.
 */
import { randomUUID } from 'node:crypto';
import { print } from 'graphql';
import type { CoprocessorConfig, CoprocessorStage } from '../../config/index.ts';
import type { OperationAnswer, OperationEvent, Plugin, RequestFields } from '../plugin.ts';
import { callCoprocessor, isRecord, type Reply } from './call-coprocessor.ts';
import {
  httpAnswer,
  listed,
  operationAnswer,
  type Parts,
  queryPlan,
  replaceHeaders,
  sentFields,
  takeContext,
  textOf,
} from './stage-fields.ts';

/** What a coprocessor can be sent of the generation that it belongs to. */
export interface CoprocessorGraph {
  readonly supergraphSdl: string;
  /** The URLs of the subgraphs that have one, by name. */
  readonly subgraphUrls: ReadonlyMap<string, string>;
}

/** Calls one stage, and takes the context of its reply. */
type CallStage = (name: string, stage: CoprocessorStage, event: RequestFields, all: Parts) => Promise<Reply>;

export function coprocessorPlugin(config: CoprocessorConfig, graph: CoprocessorGraph): Plugin {
  const { router, supergraph, execution, subgraph } = config;
  const call: CallStage = async (name, stage, event, all) => {
    const sdl = (): string => graph.supergraphSdl;
    const reply = await callCoprocessor(config, name, sentFields(stage, event, { sdl, ...all }), event.signal);
    takeContext(stage, event, reply.fields);
    return reply;
  };
  // Stages of the operation are sent the method of the HTTP request, found by what all events of a request share.
  const methods = new WeakMap<RequestFields['context'], string>();
  const needsMethod = [supergraph.request, execution.request].some((stage) => stage?.parts.includes('method'));

  const plugin: { -readonly [Name in keyof Plugin]: Plugin[Name] } = { name: 'coprocessor' };
  const { request: routerRequest, response: routerResponse } = router;
  if (routerRequest !== undefined || needsMethod) {
    plugin.onRequest = async (event) => {
      methods.set(event.context, event.method);
      if (routerRequest === undefined) return undefined;
      const { fields, break: status } = await call('RouterRequest', routerRequest, event, {
        headers: () => listed(event.headers),
        body: () => event.body,
        method: () => event.method,
        path: () => event.url,
      });
      if (status !== undefined) return httpAnswer(status, fields);
      replaceHeaders(event.headers, fields.headers);
      if (typeof fields.body === 'string') event.body = fields.body;
      return undefined;
    };
  }
  if (routerResponse !== undefined) {
    plugin.onResponse = async (event) => {
      const { fields, break: status } = await call('RouterResponse', routerResponse, event, {
        headers: () => listed(event.headers),
        body: () => event.body,
        statusCode: () => event.status,
      });
      replaceHeaders(event.headers, fields.headers);
      const { body, statusCode } = fields;
      if (body !== undefined && event.body !== undefined) event.body = textOf(body);
      if (status !== undefined) event.status = status;
      else if (typeof statusCode === 'number') event.status = statusCode;
    };
  }
  const requestParts = (event: Omit<OperationEvent, 'operationType'>): Parts => ({
    headers: () => listed(event.headers),
    body: () => ({ query: print(event.document), operationName: event.operationName, variables: event.variables }),
    method: () => methods.get(event.context),
  });
  const changeAnswer = async (name: string, stage: CoprocessorStage, event: RequestFields, answer: OperationAnswer) => {
    const { fields } = await call(name, stage, event, {
      headers: () => ({}),
      body: () => ({ data: answer.data, errors: answer.errors, extensions: answer.extensions }),
      statusCode: () => 200,
    });
    if (isRecord(fields.body)) Object.assign(answer, operationAnswer(fields.body, 200));
  };
  const { request: supergraphRequest, response: supergraphResponse } = supergraph;
  if (supergraphRequest !== undefined || supergraphResponse !== undefined) {
    plugin.onOperation = async (event) => {
      if (supergraphRequest !== undefined) {
        const reply = await call('SupergraphRequest', supergraphRequest, event, requestParts(event));
        const { body } = reply.fields;
        if (reply.break !== undefined) return { ...operationAnswer(body, reply.break), status: reply.break };
        if (isRecord(body) && isRecord(body.variables)) event.variables = body.variables;
      }
      if (supergraphResponse === undefined) return undefined;
      return (answer) => changeAnswer('SupergraphResponse', supergraphResponse, event, answer);
    };
  }
  const { request: executionRequest, response: executionResponse } = execution;
  if (executionRequest !== undefined || executionResponse !== undefined) {
    plugin.onPlan = async (event) => {
      if (executionRequest !== undefined) {
        const all = { ...requestParts(event), queryPlan: () => queryPlan(event.fetches) };
        const reply = await call('ExecutionRequest', executionRequest, event, all);
        if (reply.break !== undefined)
          return { ...operationAnswer(reply.fields.body, reply.break), status: reply.break };
      }
      if (executionResponse === undefined) return undefined;
      return (answer) => changeAnswer('ExecutionResponse', executionResponse, event, answer);
    };
  }
  const { request: subgraphRequest, response: subgraphResponse } = subgraph.all;
  if (subgraphRequest !== undefined || subgraphResponse !== undefined) {
    plugin.onSubgraphRequest = async (event) => {
      const subgraphRequestId = randomUUID();
      const identity = { serviceName: () => event.subgraph, subgraphRequestId: () => subgraphRequestId };
      if (subgraphRequest !== undefined) {
        const { fields, break: status } = await call('SubgraphRequest', subgraphRequest, event, {
          ...identity,
          headers: () => listed(event.headers),
          body: () => ({ query: event.query, variables: event.variables }),
          method: () => 'POST',
          uri: () => graph.subgraphUrls.get(event.subgraph),
        });
        if (status !== undefined) return operationAnswer(fields.body, status) as never;
        replaceHeaders(event.headers, fields.headers);
        if (isRecord(fields.body)) {
          const { query, variables } = fields.body;
          if (typeof query === 'string' && query !== event.query) event.query = query;
          if (isRecord(variables)) event.variables = variables;
        }
      }
      if (subgraphResponse === undefined) return undefined;
      return async (response) => {
        const { data, errors } = response;
        const { fields } = await call('SubgraphResponse', subgraphResponse, event, {
          ...identity,
          headers: () => ({}),
          body: () => ({ data, errors }),
          statusCode: () => 200,
        });
        return isRecord(fields.body) ? ({ ...response, ...operationAnswer(fields.body, 200) } as never) : response;
      };
    };
  }
  return plugin;
}
