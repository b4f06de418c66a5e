/**
 * Bodies of the responses wire that clients send to POST /v1/chat/completions (Cursor's agent knows one path only). They
 * are answered as chat completions, and never passed to a provider byte for byte.
 */
import type { ModelRequest } from '../../model-call/index.ts';
import { type Fields, isFields } from '../shared/index.ts';
import { readResponsesRequest } from './read-responses-request.ts';

/** The fields of a chat call, as the chat completions wire reads them of its own bodies. */
export interface ResponsesAsChatCall {
  readonly alias: string;
  readonly request: ModelRequest;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly body: Fields;
}

/** Whether a body has the form of the responses wire, not of chat completions. */
export function isResponsesBody(body: Fields): boolean {
  return body.input !== undefined && body.messages === undefined;
}

/** @throws InvalidField */
export function readResponsesAsChat(body: Fields): ResponsesAsChatCall {
  const { alias, request, stream } = readResponsesRequest(body);
  const { wire, ...portable } = request;
  const { stream_options: options } = body;
  return {
    alias,
    request: wire === undefined ? portable : { ...portable, wire: { ...wire, isForeign: true } },
    stream,
    includeUsage: isFields(options) && options.include_usage === true,
    body,
  };
}
