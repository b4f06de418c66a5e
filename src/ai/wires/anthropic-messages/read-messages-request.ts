/**
 * Reads requests of Anthropic's messages wire (POST /v1/messages; anthropic-sdk-typescript, MIT). Fields that clients
 * always send and that do not affect the answer (context management, diagnostics, speed) are reported as omitted; all
 * other unmapped fields are refused by name, because no provider gets this wire's body unchanged.
 */
import type { Message, ModelRequest, ToolDefinition } from '../../model-call/index.ts';
import {
  asFields,
  type Draft,
  type Fields,
  InvalidField,
  knownFields,
  optionalFields,
  readArray,
  readBoolean,
  readCacheMark,
  readEffort,
  readInteger,
  readNumber,
  readObject,
  readOneOf,
  readStops,
  readString,
  readThinking,
  refuseHostedTool,
  refuseStorageAndTiers,
  requireArray,
  requireName,
  requireObject,
  requireString,
  sortFields,
  toolOf,
} from '../shared/index.ts';
import { readTextBlocks, readTurn } from './read-messages-turns.ts';

export interface MessagesCall {
  readonly alias: string;
  readonly request: ModelRequest;
  readonly stream: boolean;
}

const fieldKinds = knownFields({
  form: [
    ...['model', 'messages', 'system', 'max_tokens', 'stream', 'temperature', 'top_p', 'top_k', 'stop_sequences'],
    ...['tools', 'tool_choice', 'thinking', 'output_config', 'output_format', 'metadata', 'cache_control'],
  ],
  hint: [
    ...['anthropic_beta', 'anthropic_version', 'betas', 'context_management', 'diagnostics', 'service_tier'],
    ...['speed', 'store'],
  ],
  refused: ['mcp_servers', 'container', 'inference_geo'],
});

const fieldNames = { user: 'metadata.user_id' } as const;

/**
 * @param forAnswer false if only the tokens are counted: `max_tokens` may then be missing
 * @throws InvalidField
 */
export function readMessagesRequest(body: Fields, forAnswer = true): MessagesCall {
  refuseStorageAndTiers(body, ['auto', 'standard_only']);
  const sorted = sortFields(body, fieldKinds);
  const [unmapped] = sorted.unmapped;
  if (unmapped !== undefined) {
    throw new InvalidField(`\`${unmapped.slice(0, 64)}\` is not available here.`, unmapped, 'AI_REQUEST_UNSUPPORTED');
  }
  const alias = requireString(body, 'model');
  const stream = readBoolean(body, 'stream') === true;
  const maxTokens = readInteger(body, 'max_tokens', 1);
  if (maxTokens === undefined && forAnswer) throw new InvalidField('`max_tokens` is required.', 'max_tokens');

  const messages: Message[] = [];
  readSystem(body.system, messages);
  const turns = requireArray(body, 'messages');
  for (let index = 0; index < turns.length; index++) readTurn(turns[index], `messages[${index}]`, messages);

  const request: Draft = { messages, output: { kind: 'text' } };
  if (maxTokens !== undefined) request.maxOutputTokens = maxTokens;
  const temperature = readNumber(body, 'temperature', 0, 1);
  if (temperature !== undefined) request.temperature = temperature;
  // LangChain's client writes -1 for unset values.
  const topP = body.top_p === -1 ? undefined : readNumber(body, 'top_p', 0, 1);
  if (topP !== undefined) request.topP = topP;
  const topK = body.top_k === -1 ? undefined : readInteger(body, 'top_k', 1);
  if (topK !== undefined) request.topK = topK;
  const stop = readStops(body, 'stop_sequences');
  if (stop !== undefined) request.stop = stop;
  const metadata = readObject(body, 'metadata');
  const user = metadata === undefined ? undefined : readString(metadata, 'user_id', 'metadata.');
  if (user !== undefined) {
    request.user = user;
    request.names = fieldNames;
  }
  readOutputAndThinking(request, body);
  readTools(request, body);
  const cache = readCacheMark(body, '');
  if (cache !== undefined) request.cache = cache;
  Object.assign(request, optionalFields(sorted.optional, body, undefined));
  return { alias, request, stream };
}

function readSystem(system: unknown, messages: Message[]): void {
  if (system === undefined || system === null) return;
  for (const message of readTextBlocks(system, 'system')) if (message.content !== '') messages.push(message);
}

function readOutputAndThinking(request: Draft, body: Fields): void {
  const config = readObject(body, 'output_config');
  const inConfig = config === undefined ? undefined : readObject(config, 'format', 'output_config.');
  const format = inConfig ?? readObject(body, 'output_format');
  if (format !== undefined) {
    if (format.type !== 'json_schema') {
      throw new InvalidField('The output’s format must be json_schema.', 'output_config.format.type');
    }
    request.output = { kind: 'json', name: 'answer', schema: requireObject(format, 'schema', 'output_config.format.') };
  }
  const effort = config === undefined ? undefined : readEffort(config, 'effort', 'output_config.');
  readThinking(request, body, effort);
}

function readTools(request: Draft, body: Fields): void {
  const entries = readArray(body, 'tools') ?? [];
  const tools = entries.map((tool, index) => readTool(asFields(tool, `tools[${index}]`), `tools[${index}].`));
  if (tools.length > 0) request.tools = tools;
  const choice = readObject(body, 'tool_choice');
  if (choice === undefined) return;
  const kind = readOneOf(choice, 'type', ['auto', 'any', 'tool', 'none'] as const, 'tool_choice.');
  if (kind === undefined) {
    throw new InvalidField('`tool_choice.type` must be auto, any, tool or none.', 'tool_choice.type');
  }
  if (kind === 'tool') request.toolChoice = { name: requireName(choice, 'tool_choice.') };
  else request.toolChoice = kind === 'any' ? 'required' : kind;
  if (readBoolean(choice, 'disable_parallel_tool_use', 'tool_choice.') === true) request.parallelToolCalls = false;
}

function readTool(fields: Fields, at: string): ToolDefinition {
  const { type } = fields;
  if (type !== undefined && type !== null && type !== 'custom') refuseHostedTool(type, `${at}type`);
  return toolOf(fields, at, requireObject(fields, 'input_schema', at));
}
