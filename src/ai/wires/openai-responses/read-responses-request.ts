/**
 * Reads requests of OpenAI's responses wire (POST /v1/responses; openai-openapi, MIT). Nothing is stored: references to
 * stored objects are refused, and `store: false` is sent to the provider.
 */
import type { Message, ModelRequest, OutputForm } from '../../model-call/index.ts';
import {
  type Draft,
  type Fields,
  InvalidField,
  isFields,
  knownFields,
  nameToolTypes,
  optionalFields,
  readArray,
  readBoolean,
  readEffort,
  readInteger,
  readObject,
  readOutputForm,
  readSampling,
  readString,
  readTools,
  refuseStorageAndTiers,
  requireString,
  sortFields,
} from '../shared/index.ts';
import { readInput } from './read-responses-input.ts';

export interface ResponsesCall {
  readonly alias: string;
  readonly request: ModelRequest;
  readonly stream: boolean;
  /** The client's body, whose settings the answer repeats. */
  readonly body: Fields;
}

const fieldKinds = knownFields({
  form: [
    ...['model', 'input', 'instructions', 'stream', 'max_output_tokens', 'temperature', 'top_p', 'text', 'reasoning'],
    ...['tools', 'tool_choice', 'parallel_tool_calls', 'user', 'background', 'include'],
    ...['top_logprobs', 'truncation'],
  ],
  hint: [
    ...['metadata', 'stream_options', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention'],
    ...['safety_identifier', 'client_metadata', 'service_tier', 'store'],
  ],
  refused: ['previous_response_id', 'conversation', 'prompt'],
});

/**
 * Codex offers its provider's web search with every request. The gateway does not allow provider tools for callers: if
 * the tool is optional, it is removed.
 */
function withoutSearch(fields: Fields, removed: string[]): Fields {
  const { tools, tool_choice: choice } = fields;
  if (!Array.isArray(tools) || (choice !== undefined && choice !== null && choice !== 'auto')) return fields;
  const isSearch = (tool: unknown): boolean => isFields(tool) && tool.type === 'web_search';
  if (!tools.some(isSearch)) return fields;
  removed.push('tools (web_search)');
  const others = tools.filter((tool) => !isSearch(tool));
  const { tools: _, tool_choice: __, ...withoutTools } = fields;
  return others.length === 0 ? withoutTools : { ...fields, tools: others };
}

/** @throws InvalidField */
export function readResponsesRequest(original: Fields): ResponsesCall {
  const removed: string[] = [];
  const requestFields = withoutSearch(original, removed);
  refuseStorageAndTiers(requestFields, ['auto', 'default']);
  const { unmapped, optional } = sortFields(requestFields, fieldKinds);
  if (readBoolean(requestFields, 'background') === true) {
    throw new InvalidField('`background` is not available on this gateway.', 'background');
  }
  // OpenAI stores by default; the gateway never does.
  const body = nameToolTypes(requestFields.store === false ? requestFields : { ...requestFields, store: false }, false);
  const alias = requireString(body, 'model');
  const stream = readBoolean(body, 'stream') === true;
  if ((readInteger(body, 'top_logprobs', 0) ?? 0) > 0) unmapped.push('top_logprobs');
  if (body.truncation === 'auto') unmapped.push('truncation');
  for (const included of readArray(body, 'include') ?? []) {
    if (typeof included !== 'string') throw new InvalidField('`include` must be an array of strings.', 'include');
    if (included !== 'reasoning.encrypted_content') unmapped.push(`include (${included.slice(0, 64)})`);
  }

  const messages: Message[] = [];
  const instructions = readString(body, 'instructions');
  if (instructions !== undefined) messages.push({ role: 'system', content: instructions });
  const adapts: string[] = [];
  readInput(body.input, messages, unmapped, adapts);

  const request: Draft = {
    messages,
    output: readOutput(body, optional),
    wire: { wire: 'openai-responses', body, unmapped, ...(adapts.length === 0 ? {} : { adapts }) },
  };
  readSampling(request, body);
  const maxTokens = readInteger(body, 'max_output_tokens', 1);
  if (maxTokens !== undefined) request.maxOutputTokens = maxTokens;
  const reasoning = readObject(body, 'reasoning');
  const effort = reasoning === undefined ? undefined : readEffort(reasoning, 'effort', 'reasoning.');
  if (effort !== undefined) request.reasoning = { effort };
  readTools(request, body, unmapped, false);
  Object.assign(request, optionalFields(optional, body, request.user));
  if (removed.length > 0) request.removed = removed;
  return { alias, request, stream, body };
}

function readOutput(body: Fields, optional: string[]): OutputForm {
  const text = readObject(body, 'text');
  if (text === undefined) return { kind: 'text' };
  if (text.verbosity !== undefined && text.verbosity !== null && text.verbosity !== 'medium') {
    optional.push('text.verbosity'); // a style hint
  }
  const format = readObject(text, 'format', 'text.');
  return format === undefined ? { kind: 'text' } : readOutputForm(format.type, format, 'text.format.');
}
