/** Reads requests of OpenAI's chat completions wire (POST /v1/chat/completions; openai-openapi, MIT). */

import type { Message, ModelRequest, OutputForm } from '../../model-call/index.ts';
import {
  type Draft,
  type Fields,
  InvalidField,
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
  readThinking,
  readTools,
  refuseStorageAndTiers,
  requireArray,
  requireObject,
  requireString,
  sortFields,
} from '../shared/index.ts';
import { readChatMessage } from './read-chat-messages.ts';

export interface ChatCall {
  readonly alias: string;
  readonly request: ModelRequest;
  readonly stream: boolean;
  /** Whether a stream ends with a usage chunk. */
  readonly includeUsage: boolean;
  /** The client's body: calls of its tools are written as it described them. */
  readonly body: Fields;
}

const fieldKinds = knownFields({
  form: [
    ...['model', 'messages', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens', 'temperature', 'top_p'],
    ...['top_k', 'frequency_penalty', 'presence_penalty', 'seed', 'stop', 'response_format', 'reasoning_effort'],
    ...['tools', 'tool_choice', 'parallel_tool_calls', 'user', 'n', 'modalities', 'logprobs', 'thinking', 'reasoning'],
  ],
  hint: [
    ...['metadata', 'prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention', 'safety_identifier'],
    ...['client_metadata', 'service_tier', 'store', 'verbosity'],
  ],
  refused: [],
});

/** The bound of `n`: each choice is billed. */
const maxChoices = 8;

/** @throws InvalidField */
export function readChatRequest(original: Fields): ChatCall {
  const body = nameToolTypes(original, true);
  refuseStorageAndTiers(body, ['auto', 'default']);
  const { unmapped, optional } = sortFields(body, fieldKinds);
  const alias = requireString(body, 'model');
  const stream = readBoolean(body, 'stream') === true;
  const streamOptions = readObject(body, 'stream_options');
  const includeUsage =
    streamOptions !== undefined && readBoolean(streamOptions, 'include_usage', 'stream_options.') === true;

  const choices = readInteger(body, 'n', 1);
  if (choices !== undefined && choices > maxChoices) throw new InvalidField(`\`n\` can be ${maxChoices} at most.`, 'n');
  const isSeveral = choices !== undefined && choices > 1;
  if (isSeveral) unmapped.push('n');
  if (readBoolean(body, 'logprobs') === true) unmapped.push('logprobs');
  const modalities = readArray(body, 'modalities');
  if (modalities?.some((modality) => modality !== 'text')) unmapped.push('modalities');

  const messages: Message[] = [];
  const adapts: string[] = [];
  const turns = requireArray(body, 'messages');
  for (let index = 0; index < turns.length; index++)
    readChatMessage(turns[index], `messages[${index}]`, messages, unmapped, adapts);

  const request: Draft = {
    messages,
    output: readOutput(body),
    wire: {
      wire: 'openai-chat',
      body,
      unmapped,
      ...(adapts.length === 0 ? {} : { adapts }),
      ...(isSeveral ? { choices } : {}),
    },
  };
  readSampling(request, body);
  const maxTokens = readOutputBound(body);
  if (maxTokens !== undefined) request.maxOutputTokens = maxTokens;
  const effort = readEffort(body, 'reasoning_effort');
  if (effort !== undefined) request.reasoning = { effort };
  else readOtherReasoning(request, body);
  readTools(request, body, unmapped, true);
  Object.assign(request, optionalFields(optional, body, request.user));
  return { alias, request, stream, includeUsage, body };
}

/** A provider may go by either name, and what the call may cost goes by one: as OpenAI has it, they are not sent together. */
function readOutputBound(body: Fields): number | undefined {
  const bound = readInteger(body, 'max_completion_tokens', 1);
  const older = readInteger(body, 'max_tokens', 1);
  if (bound === undefined || older === undefined || bound === older) return bound ?? older;
  const message = '`max_tokens` and `max_completion_tokens` are different: send one of them.';
  throw new InvalidField(message, 'max_tokens');
}

/**
 * Reasoning settings of clients for Anthropic's models (LiteLLM's `thinking`), or for many vendors' (OpenRouter's
 * `reasoning`).
 */
function readOtherReasoning(request: Draft, body: Fields): void {
  const reasoning = readObject(body, 'reasoning');
  if (reasoning === undefined) {
    readThinking(request, body, undefined);
    return;
  }
  const effort = readEffort(reasoning, 'effort', 'reasoning.');
  const budgetTokens = readInteger(reasoning, 'max_tokens', 1, 'reasoning.');
  if (reasoning.enabled === false) request.reasoning = { effort: 'none' };
  else if (effort !== undefined) request.reasoning = { effort };
  else if (budgetTokens !== undefined) request.reasoning = { budgetTokens };
}

function readOutput(body: Fields): OutputForm {
  const format = readObject(body, 'response_format');
  if (format === undefined) return { kind: 'text' };
  if (format.type !== 'json_schema') return readOutputForm(format.type, format, 'response_format.');
  const schema = requireObject(format, 'json_schema', 'response_format.');
  return readOutputForm(format.type, schema, 'response_format.json_schema.');
}
