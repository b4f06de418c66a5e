/**
 * Reads bodies of the responses wire that clients send to POST /v1/chat/completions (Cursor's agent only uses that
 * path). They are answered as chat completions, and never forwarded unchanged.
 */
import type { ModelRequest } from '../../model-call/index.ts';
import { type Fields, isFields } from '../shared/index.ts';
import { readResponsesRequest } from './read-responses-request.ts';

/** The fields of a chat call, as the chat completions wire reads them from its own bodies. */
export interface ResponsesAsChatCall {
  readonly alias: string;
  readonly request: ModelRequest;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  readonly body: Fields;
}

/** Whether a body has the form of the responses wire. */
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
