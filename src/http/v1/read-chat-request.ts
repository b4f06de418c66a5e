/** OpenAI's chat completions wire, read into the one form (POST /v1/chat/completions; openai-openapi, MIT). */
import type {
  JsonSchema,
  Message,
  ModelRequest,
  OutputForm,
  ReasoningEffort,
  ToolChoice,
  ToolDefinition,
} from '../../ai/models/index.ts';
import { isAgentTool, readAgentTool } from './agent-tools.ts';
import { InvalidField } from './invalid-field.ts';
import { nameToolTypes } from './name-tool-types.ts';
import { cacheOf } from './read-cache-mark.ts';
import { readChatMessage } from './read-chat-messages.ts';
import {
  asFields,
  type Fields,
  isFields,
  readArray,
  readBoolean,
  readInteger,
  readNumber,
  readObject,
  readOneOf,
  readStops,
  readString,
  requireArray,
  requireName,
  requireObject,
  requireString,
} from './read-fields.ts';
import { readThinking } from './read-thinking.ts';
import { knownFields, optionalFields, refuseHostedTool, refuseStorageAndTiers, sortFields } from './sort-fields.ts';

export interface ChatCall {
  readonly alias: string;
  readonly request: ModelRequest;
  readonly stream: boolean;
  /** Whether a stream ends with a chunk that tells the usage. */
  readonly includeUsage: boolean;
  /** What was asked, for its tools to be called as they were described. */
  readonly body: Fields;
}

export type Draft = { -readonly [Name in keyof ModelRequest]: ModelRequest[Name] };

const known = knownFields({
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

/** Each answer of `n` is paid for. */
const maxChoices = 8;

/** @throws InvalidField */
export function readChatRequest(given: Fields): ChatCall {
  const body = nameToolTypes(given, true);
  refuseStorageAndTiers(body, ['auto', 'default']);
  const { beyond, optional } = sortFields(body, known);
  const alias = requireString(body, 'model');
  const stream = readBoolean(body, 'stream') === true;
  const streamOptions = readObject(body, 'stream_options');
  const includeUsage =
    streamOptions !== undefined && readBoolean(streamOptions, 'include_usage', 'stream_options.') === true;

  const choices = readInteger(body, 'n', 1);
  if (choices !== undefined && choices > maxChoices) throw new InvalidField(`\`n\` can be ${maxChoices} at most.`, 'n');
  if (choices !== undefined && choices > 1) beyond.push('n');
  if (readBoolean(body, 'logprobs') === true) beyond.push('logprobs');
  const modalities = readArray(body, 'modalities');
  if (modalities?.some((modality) => modality !== 'text')) beyond.push('modalities');

  const messages: Message[] = [];
  const adapts: string[] = [];
  const turns = requireArray(body, 'messages');
  for (let index = 0; index < turns.length; index++)
    readChatMessage(turns[index], `messages[${index}]`, messages, beyond, adapts);

  const request: Draft = {
    messages,
    output: readOutput(body),
    wire: { wire: 'openai-chat', body, beyond, ...(adapts.length === 0 ? {} : { adapts }) },
  };
  readSampling(request, body);
  const maxTokens = readInteger(body, 'max_completion_tokens', 1) ?? readInteger(body, 'max_tokens', 1);
  if (maxTokens !== undefined) request.maxOutputTokens = maxTokens;
  const effort = readEffort(body, 'reasoning_effort');
  if (effort !== undefined) request.reasoning = { effort };
  else readOtherReasoning(request, body);
  readTools(request, body, beyond, true);
  Object.assign(request, optionalFields(optional, body, request.user));
  return { alias, request, stream, includeUsage, body };
}

/** As clients write it for Anthropic's models (LiteLLM's `thinking`), or for many vendors' (OpenRouter's `reasoning`). */
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

/** The settings that the OpenAI wires have in common. */
export function readSampling(request: Draft, body: Fields): void {
  const temperature = readNumber(body, 'temperature', 0, 2);
  if (temperature !== undefined) request.temperature = temperature;
  const topP = readNumber(body, 'top_p', 0, 1);
  if (topP !== undefined) request.topP = topP;
  // Both mean all words, where they are taken.
  const topK = body.top_k === -1 || body.top_k === 0 ? undefined : readInteger(body, 'top_k', 1);
  if (topK !== undefined) request.topK = topK;
  const frequencyPenalty = readNumber(body, 'frequency_penalty', -2, 2);
  if (frequencyPenalty !== undefined) request.frequencyPenalty = frequencyPenalty;
  const presencePenalty = readNumber(body, 'presence_penalty', -2, 2);
  if (presencePenalty !== undefined) request.presencePenalty = presencePenalty;
  const seed = readInteger(body, 'seed', Number.MIN_SAFE_INTEGER);
  if (seed !== undefined) request.seed = seed;
  const stop = readStops(body, 'stop');
  if (stop !== undefined) request.stop = stop;
  const user = readString(body, 'user') ?? readString(body, 'safety_identifier');
  if (user !== undefined) request.user = user;
}

const efforts: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

export function readEffort(fields: Fields, name: string, at = ''): ReasoningEffort | undefined {
  return readOneOf(fields, name, efforts, at);
}

function readOutput(body: Fields): OutputForm {
  const format = readObject(body, 'response_format');
  if (format === undefined) return { kind: 'text' };
  if (format.type !== 'json_schema') return readOutputForm(format.type, format, 'response_format.');
  const schema = requireObject(format, 'json_schema', 'response_format.');
  return readOutputForm(format.type, schema, 'response_format.json_schema.');
}

/** What both OpenAI wires say of structured output, `format` being where its name and schema stand. */
export function readOutputForm(type: unknown, format: Fields, at: string): OutputForm {
  switch (type) {
    case 'text':
      return { kind: 'text' };
    case 'json_object':
      return { kind: 'json', name: 'answer', schema: undefined };
    case 'json_schema': {
      const name = requireName(format, at);
      const schema = readObject(format, 'schema', at);
      const description = readString(format, 'description', at);
      return description === undefined ? { kind: 'json', name, schema } : { kind: 'json', name, schema, description };
    }
    default:
      throw new InvalidField(`\`${at}type\` must be text, json_object or json_schema.`, `${at}type`);
  }
}

/**
 * The tools of both OpenAI wires. Some clients (Cursor) describe them as the other wire or Anthropic's does; such a body
 * is read, and never sent as it is.
 *
 * @param nested whether a function is described under `function` (chat), or beside its type (responses)
 */
export function readTools(request: Draft, body: Fields, beyond: string[], nested: boolean): void {
  const inside = nested ? 'function.' : '';
  const isForeign = (tool: Fields): boolean =>
    nested ? tool.function === undefined && typeof tool.name === 'string' : isFields(tool.function);
  const functionOf = (fields: Fields, at: string) =>
    nested === isForeign(fields) ? fields : requireObject(fields, 'function', at);
  const given = readArray(body, 'tools') ?? [];
  const tools: ToolDefinition[] = [];
  for (let index = 0; index < given.length; index++) {
    const at = `tools[${index}]`;
    const tool = asFields(given[index], at);
    const type = tool.type ?? (isForeign(tool) || isFields(tool.function) ? 'function' : undefined);
    if (isAgentTool(tool)) {
      tools.push(...readAgentTool(tool, at, (one, here) => readFunction(one, here)));
      addAdapted(request, beyond, `${at} (${tool.type})`);
    } else if (type !== 'function') refuseHostedTool(type, `${at}.type`);
    else tools.push({ ...cacheOf(tool, `${at}.`), ...readTool(functionOf(tool, `${at}.`), `${at}.${inside}`) });
  }
  if (tools.length > 0) request.tools = tools;
  const areForeign = given.some((tool) => isFields(tool) && (isForeign(tool) || !isSet(tool.type)));
  if (areForeign && request.wire !== undefined) request.wire = { ...request.wire, isForeign: true };
  const parallel = readBoolean(body, 'parallel_tool_calls');
  if (parallel !== undefined) request.parallelToolCalls = parallel;
  const choice = body.tool_choice;
  if (choice === undefined || choice === null) return;
  if (isFields(choice) && choice.type === 'custom') {
    const custom = readObject(choice, 'custom', 'tool_choice.') ?? choice;
    request.toolChoice = { name: requireName(custom, 'tool_choice.') };
    addAdapted(request, beyond, 'tool_choice (custom)');
    return;
  }
  if (isFields(choice) && choice.type === 'allowed_tools') {
    beyond.push(`tool_choice (${choice.type})`);
    return;
  }
  const named = isFields(choice) && choice.type === 'function' ? functionOf(choice, 'tool_choice.') : undefined;
  request.toolChoice = readToolChoice(choice, named, `tool_choice.${inside}`);
}

/** Beyond the form, but in it as the nearest there is. */
export function addAdapted(request: Draft, beyond: string[], name: string): void {
  beyond.push(name);
  const { wire } = request;
  if (wire !== undefined) request.wire = { ...wire, adapts: [...(wire.adapts ?? []), name] };
}

function readFunction(tool: Fields, at: string): ToolDefinition {
  if (tool.type !== 'function') refuseHostedTool(tool.type, `${at}.type`);
  return readTool(tool, `${at}.`);
}

/** @throws InvalidField where it is neither a word of the wire nor names a function */
function readToolChoice(choice: unknown, named: Fields | undefined, at: string): ToolChoice {
  if (named !== undefined) return { name: requireName(named, at) };
  if (choice === 'auto' || choice === 'none' || choice === 'required') return choice;
  throw new InvalidField('`tool_choice` must be auto, none, required or a function.', 'tool_choice');
}

/** A function as both OpenAI wires describe it, or as Anthropic's does. Without parameters it takes none. */
function readTool(fields: Fields, at: string): ToolDefinition {
  const schema = readObject(fields, 'parameters', at) ?? readObject(fields, 'input_schema', at);
  return toolOf(fields, at, schema ?? { type: 'object', properties: {} });
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** What every wire says of a tool besides its parameters. */
export function toolOf(fields: Fields, at: string, parameters: JsonSchema): ToolDefinition {
  const tool: { -readonly [Name in keyof ToolDefinition]: ToolDefinition[Name] } = {
    name: requireName(fields, at),
    parameters,
    ...cacheOf(fields, at),
  };
  const description = readString(fields, 'description', at);
  if (description !== undefined) tool.description = description;
  const strict = readBoolean(fields, 'strict', at);
  if (strict !== undefined) tool.strict = strict;
  return tool;
}
