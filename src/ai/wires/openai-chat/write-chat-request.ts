/**
 * Writes a request on the chat completions wire. Features without an equivalent are `unsupported`; the reasoning of
 * earlier answers has none and is omitted, except for endpoints that require it back (openai-dialect.ts).
 */

import { unreachable } from '../../../lib/index.ts';
import type {
  FilePart,
  ImagePart,
  JsonObject,
  Message,
  ModelRequest,
  ProviderCall,
  TextPart,
  ToolResultPart,
} from '../../model-call/index.ts';
import { isRecord, parseJson, recordOf, textIn, unsupported } from '../../model-call/index.ts';
import type { ChatDialect } from '../shared/index.ts';
import {
  type AnswerTool,
  chatFile,
  choiceWith,
  imageUrl,
  structuredOutputOf,
  type WrittenRequest,
  writeResultText,
} from '../shared/index.ts';

export function writeChatRequest(
  model: string,
  request: ModelRequest,
  structured: ProviderCall['structured'],
  dialect: ChatDialect,
  streams: boolean,
): WrittenRequest {
  const { messages, format, tool, reading } = structuredOutputOf(request, structured);
  const body: Record<string, unknown> = {
    model,
    messages: messages.flatMap((message) => writeMessage(message, dialect)),
  };
  if (request.maxOutputTokens !== undefined) body[dialect.tokenBound] = request.maxOutputTokens;
  if (request.temperature !== undefined) body.temperature = request.temperature;
  if (request.topP !== undefined) body.top_p = request.topP;
  if (request.topK !== undefined) {
    if (!dialect.topK) throw unsupported('topK');
    body.top_k = request.topK;
  }
  if (request.frequencyPenalty !== undefined) body.frequency_penalty = request.frequencyPenalty;
  if (request.presencePenalty !== undefined) body.presence_penalty = request.presencePenalty;
  if (request.seed !== undefined) body[dialect.seed] = request.seed;
  if (request.stop !== undefined && request.stop.length > 0) body.stop = request.stop;
  if (request.reasoning?.budgetTokens !== undefined) throw unsupported('reasoning.budgetTokens');
  if (request.reasoning?.effort !== undefined) body.reasoning_effort = request.reasoning.effort;
  if (request.parallelToolCalls !== undefined) body.parallel_tool_calls = request.parallelToolCalls;
  if (request.user !== undefined) body.user = request.user;
  if (format === 'json_object') body.response_format = { type: 'json_object' };
  else if (format !== undefined) body.response_format = { type: 'json_schema', json_schema: format };
  writeTools(body, request, tool, dialect);
  if (streams) {
    body.stream = true;
    if (dialect.requestsStreamUsage) body.stream_options = { include_usage: true };
  }
  return { body, reading };
}

function writeTools(
  body: Record<string, unknown>,
  { tools = [], toolChoice }: ModelRequest,
  answerTool: AnswerTool | undefined,
  dialect: ChatDialect,
): void {
  if (tools.length > 0 || answerTool !== undefined) {
    const all = answerTool === undefined ? tools : [...tools, answerTool];
    body.tools = all.map((definition) => ({ type: 'function', function: definition }));
  }
  const choice = choiceWith(answerTool, tools.length, toolChoice);
  if (choice === undefined) return;
  if (typeof choice === 'object') body.tool_choice = { type: 'function', function: { name: choice.name } };
  else body.tool_choice = choice === 'required' ? dialect.requiredChoice : choice;
}

function writeMessage(message: Message, dialect: ChatDialect): JsonObject | readonly JsonObject[] {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.content };
    case 'user':
      return { role: 'user', content: writeContent(message.content) };
    case 'assistant':
      return writeAssistant(message.content, dialect);
    case 'tool':
      return message.content.map(writeToolResult);
    default:
      return unreachable(message);
  }
}

function writeContent(parts: readonly (TextPart | ImagePart | FilePart)[]): string | readonly JsonObject[] {
  const [only] = parts;
  // Plain text is written as a string: not every endpoint of this wire accepts parts.
  if (parts.length === 1 && only?.type === 'text') return only.text;
  return parts.map((part): JsonObject => {
    switch (part.type) {
      case 'text':
        return { type: 'text', text: part.text };
      case 'image': {
        const image = { url: imageUrl(part), ...(part.detail === undefined ? {} : { detail: part.detail }) };
        return { type: 'image_url', image_url: image };
      }
      case 'file':
        return chatFile(part);
      default:
        return unreachable(part);
    }
  });
}

function writeAssistant(parts: (Message & { role: 'assistant' })['content'], dialect: ChatDialect): JsonObject {
  let text = '';
  let reasoning = '';
  const calls: JsonObject[] = [];
  for (const part of parts) {
    if (part.type === 'text') text += part.text;
    else if (part.type === 'reasoning') reasoning += part.text;
    else {
      const call = { id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments } };
      const extra = extraContentIn(part.opaque, dialect);
      calls.push(extra === undefined ? call : { ...call, extra_content: extra });
    }
  }
  if (calls.length === 0) return { role: 'assistant', content: text };
  return {
    role: 'assistant',
    content: text === '' ? null : text,
    tool_calls: calls,
    ...(dialect.requiresReasoning && reasoning !== '' ? { reasoning_content: reasoning } : {}),
  };
}

/**
 * The opaque data of a call, from an endpoint of this wire or from Gemini, which Google's compatible endpoint accepts.
 */
function extraContentIn(opaque: JsonObject | undefined, { extraContent }: ChatDialect): JsonObject | undefined {
  if (opaque === undefined || extraContent === 'none') return undefined;
  const extraText = textIn(recordOf(opaque.chat).extra_content);
  const parsed = extraText === undefined ? undefined : parseJson(extraText);
  if (isRecord(parsed)) return parsed;
  const signature = textIn(recordOf(opaque.google).thoughtSignature);
  return signature === undefined || extraContent !== 'gemini'
    ? undefined
    : { google: { thought_signature: signature } };
}

function writeToolResult({ callId, content, isError }: ToolResultPart): JsonObject {
  return { role: 'tool', tool_call_id: callId, content: writeResultText(content, isError) };
}
