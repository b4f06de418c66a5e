/**
 * The bodies that come to POST /v1/chat/completions: its own wire's, and, from clients that know one path only (Cursor's
 * agent), the responses wire's. Such a body is read and answered as a chat, and never sent as it is.
 */
import { type ChatCall, readChatRequest } from '../../ai/wires/openai-chat/index.ts';
import { readResponsesRequest } from '../../ai/wires/openai-responses/index.ts';
import { type Fields, isFields } from '../../ai/wires/shared/index.ts';

/** @throws InvalidField */
export function readAnyChatRequest(body: Fields): ChatCall {
  if (body.input === undefined || body.messages !== undefined) return readChatRequest(body);
  const { alias, request, stream } = readResponsesRequest(body);
  const { wire, ...rest } = request;
  const { stream_options: options } = body;
  return {
    alias,
    request: wire === undefined ? rest : { ...rest, wire: { ...wire, isForeign: true } },
    stream,
    includeUsage: isFields(options) && options.include_usage === true,
    body,
  };
}
