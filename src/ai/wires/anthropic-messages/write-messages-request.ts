/**
 * Writes a request on Anthropic's messages wire (POST /v1/messages, version 2023-06-01). It has been adapted to the
 * model before (`MessagesSettings`); features that the wire does not support are failures of kind `unsupported` with
 * their name.
 */
import type { JsonObject, ModelRequest, ToolChoice, ToolDefinition } from '../../model-call/index.ts';
import { unsupported } from '../../model-call/index.ts';
import { choiceWithAnswerTool, plain, withCallIds, withInstruction, withMediaAfterResults } from '../shared/index.ts';
import { cacheControl } from './cache-control.ts';
import type { MessagesOutput } from './messages-output.ts';
import { writeConversation } from './write-messages-turns.ts';

/** The settings that depend on the model. */
export interface MessagesSettings {
  readonly maxTokens: number;
  /** The `thinking` field. */
  readonly thinking: JsonObject | undefined;
  /** `output_config.effort`. */
  readonly effort: string | undefined;
  /** Whether the model can be forced to call a tool. */
  readonly forcedTools: boolean;
  /** Whether the schemas of tools are enforced (`strict`). */
  readonly strictTools: boolean;
}

export interface MessagesRequest {
  readonly body: JsonObject;
  /** The features in the header `anthropic-beta`. */
  readonly betas: ReadonlySet<string>;
}

/** @throws ProviderFailure of kind `unsupported` or `invalid_request` */
export function writeMessagesRequest(
  model: string,
  request: ModelRequest,
  settings: MessagesSettings,
  output: MessagesOutput,
  streams: boolean,
): MessagesRequest {
  const betas = new Set<string>();
  // Error results are text on this wire, so their images follow in a message.
  const moved = withMediaAfterResults(withCallIds(request, plain).messages, ({ isError }) => isError === true);
  const messages = output.instruction === undefined ? moved : withInstruction(moved, output.instruction);
  const body: Record<string, unknown> = {
    model,
    max_tokens: settings.maxTokens,
    ...writeConversation(messages, betas),
  };
  if (request.temperature !== undefined) body.temperature = request.temperature;
  if (request.topK !== undefined) body.top_k = request.topK;
  if (request.topP !== undefined) body.top_p = request.topP;
  if (request.stop !== undefined && request.stop.length > 0) body.stop_sequences = request.stop;
  if (settings.thinking !== undefined) body.thinking = settings.thinking;
  if (settings.effort !== undefined || output.format !== undefined) {
    body.output_config = {
      ...(settings.effort === undefined ? {} : { effort: settings.effort }),
      ...(output.format === undefined ? {} : { format: { type: 'json_schema', schema: output.format } }),
    };
  }
  if (request.cache !== undefined) body.cache_control = cacheControl(request.cache);
  if (request.user !== undefined) body.metadata = { user_id: request.user };
  writeTools(body, request, settings, output, streams, betas);
  if (streams) body.stream = true;
  return { body, betas };
}

function writeTools(
  body: Record<string, unknown>,
  request: ModelRequest,
  settings: MessagesSettings,
  output: MessagesOutput,
  streams: boolean,
  betas: Set<string>,
): void {
  const { answerTool } = output;
  const tools = output.isSingleCall === true ? callableTools(request) : (request.tools ?? []);
  if (tools.length === 0 && answerTool === undefined) return;
  const isStrict = settings.strictTools;
  body.tools = [...tools, ...(answerTool === undefined ? [] : [answerTool])].map((tool: ToolDefinition) => {
    if (tool.strict === true && !isStrict) throw unsupported(`tools.strict (of ${tool.name}, which this model lacks)`);
    return {
      name: tool.name,
      ...(tool.description === undefined ? {} : { description: tool.description }),
      input_schema: tool.parameters,
      ...(tool.cache === undefined ? {} : { cache_control: cacheControl(tool.cache) }),
      ...(streams ? { eager_input_streaming: true } : {}),
      ...(tool.strict === undefined || !isStrict ? {} : { strict: tool.strict }),
    };
  });
  if (isStrict && output.isSingleCall !== true) betas.add('structured-outputs-2025-11-13');
  const hasTools = (request.tools ?? []).length > 0;
  const choice =
    output.isSingleCall === true ? 'required' : choiceWithAnswerTool(answerTool?.name, request.toolChoice, hasTools);
  const toolChoice = writeChoice(choice, parallelCalls(request, output, hasTools));
  if (toolChoice === undefined) return;
  if (!settings.forcedTools && (toolChoice.type === 'any' || toolChoice.type === 'tool')) {
    throw unsupported('tool_choice (this model, or its way of thinking, cannot be made to call a tool)');
  }
  body.tool_choice = toolChoice;
}

/** With an answer tool, only the tools that the request allows. */
function callableTools({ tools = [], toolChoice }: ModelRequest): readonly ToolDefinition[] {
  if (toolChoice === 'none') return [];
  return typeof toolChoice === 'object' ? tools.filter(({ name }) => name === toolChoice.name) : tools;
}

/** `disable_parallel_tool_use`; undefined if the request has no setting. */
function parallelCalls(
  request: ModelRequest,
  { isSingleCall }: MessagesOutput,
  hasTools: boolean,
): boolean | undefined {
  if (isSingleCall !== true)
    return hasTools && request.parallelToolCalls !== undefined ? !request.parallelToolCalls : undefined;
  if (hasTools && request.parallelToolCalls === true) throw unsupported('parallel_tool_calls with an answer in JSON');
  return true;
}

function writeChoice(choice: ToolChoice | undefined, disable: boolean | undefined): JsonObject | undefined {
  const parallel = disable === undefined ? {} : { disable_parallel_tool_use: disable };
  if (choice === undefined) return disable === true ? { type: 'auto', ...parallel } : undefined;
  if (typeof choice === 'object') return { type: 'tool', name: choice.name, ...parallel };
  if (choice === 'none') return { type: 'none' };
  return { type: choice === 'required' ? 'any' : 'auto', ...parallel };
}
