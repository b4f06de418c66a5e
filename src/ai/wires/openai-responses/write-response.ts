/** Writes answers of other wires in OpenAI's responses wire: the response object and its output items. */

import type { GatewayError } from '../../../errors/index.ts';
import { newId, unreachable } from '../../../lib/index.ts';
import type { AnswerPart, Completion, FinishReason, JsonObject, ReasoningPart, Usage } from '../../model-call/index.ts';
import {
  type AgentTool,
  type AgentTools,
  agentToolsOf,
  customInput,
  extraContentOf,
  type Fields,
  isFields,
  opaqueToText,
  openAiError,
  statusOf,
  unixSeconds,
} from '../shared/index.ts';

export type OutputItem = Readonly<Record<string, unknown>>;
type ItemStatus = 'in_progress' | 'completed' | 'incomplete';

export function messageItem(id: string, content: readonly unknown[], status: ItemStatus): OutputItem {
  return { id, type: 'message', role: 'assistant', status, content };
}

export function outputText(text: string): OutputItem {
  return { type: 'output_text', text, annotations: [], logprobs: [] };
}

export function functionCallItem(
  id: string,
  call: {
    readonly id: string;
    readonly name: string;
    readonly arguments: string;
    readonly opaque?: JsonObject | undefined;
  },
  status: ItemStatus,
  tool?: AgentTool,
): OutputItem {
  const identity = { call_id: call.id, name: tool?.name ?? call.name, ...namespaceOf(tool) };
  const payload = tool?.isCustom === true ? { input: customInput(call.arguments) } : { arguments: call.arguments };
  const type = tool?.isCustom === true ? 'custom_tool_call' : 'function_call';
  const item = { id, type, ...identity, ...payload, status };
  return call.opaque === undefined ? item : { ...item, extra_content: extraContentOf(call.opaque) };
}

function namespaceOf(tool: AgentTool | undefined): { readonly namespace?: string } {
  return tool?.namespace === undefined ? {} : { namespace: tool.namespace };
}

export function reasoningItem(id: string, { text, opaque }: Pick<ReasoningPart, 'text' | 'opaque'>): OutputItem {
  const item = { id, type: 'reasoning', summary: text === '' ? [] : [{ type: 'summary_text', text }] };
  return opaque === undefined ? item : { ...item, encrypted_content: opaqueToText(opaque) };
}

export function responsesUsage(usage: Usage): Readonly<Record<string, unknown>> {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: {
      cached_tokens: usage.cachedInputTokens ?? 0,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
    },
    output_tokens: usage.outputTokens,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens ?? 0 },
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
}

/** The request settings that a response repeats; equal in all events. */
export class ResponseFrame {
  readonly id = newId('resp_');
  readonly #settings: Readonly<Record<string, unknown>>;
  readonly #createdAt = unixSeconds();

  constructor(alias: string, body: Fields) {
    this.#settings = {
      instructions: body.instructions ?? null,
      max_output_tokens: body.max_output_tokens ?? null,
      max_tool_calls: null,
      model: alias,
      parallel_tool_calls: body.parallel_tool_calls ?? true,
      previous_response_id: null,
      reasoning: { effort: isFields(body.reasoning) ? (body.reasoning.effort ?? null) : null, summary: null },
      service_tier: 'default',
      store: false,
      temperature: body.temperature ?? null,
      text: { format: isFields(body.text) && isFields(body.text.format) ? body.text.format : { type: 'text' } },
      tool_choice: body.tool_choice ?? 'auto',
      tools: Array.isArray(body.tools) ? body.tools.map(requestedTool) : [],
      top_p: body.top_p ?? null,
      truncation: 'disabled',
      metadata: isFields(body.metadata) ? body.metadata : {},
    };
  }

  started(): OutputItem {
    return this.#response('in_progress', [], null, null, undefined);
  }

  ended(answer: Completion, output: readonly OutputItem[]): OutputItem {
    const { status, reason } = statusAfter(answer.finishReason, answer.refusal);
    return this.#response(status, output, null, reason, answer.usage);
  }

  failed(error: GatewayError, output: readonly OutputItem[]): OutputItem {
    const { message } = openAiError(error);
    const code =
      statusOf(error) === 429 ? 'rate_limit_exceeded' : statusOf(error) < 500 ? 'invalid_prompt' : 'server_error';
    return this.#response('failed', output, { code, message }, null, undefined);
  }

  #response(
    status: string,
    output: readonly OutputItem[],
    error: unknown,
    reason: string | null,
    usage: Usage | undefined,
  ): OutputItem {
    const response: Record<string, unknown> = {
      id: this.id,
      object: 'response',
      created_at: this.#createdAt,
      status,
      background: false,
      error,
      incomplete_details: reason === null ? null : { reason },
      output,
      ...this.#settings,
    };
    if (status === 'completed') response.completed_at = unixSeconds();
    if (usage !== undefined) response.usage = responsesUsage(usage);
    return response;
  }
}

/** A function in OpenAI's form, with every field present. */
function requestedTool(tool: unknown): unknown {
  if (!isFields(tool) || tool.type !== 'function') return tool;
  const { name, description = null, parameters = null, strict } = tool;
  return { type: 'function', name, description, parameters, strict: strict ?? false };
}

const filtered = { status: 'incomplete', reason: 'content_filter' };

/** A refusal without a text is not a completed answer. */
export function statusAfter(
  reason: FinishReason,
  refusal: string | undefined,
): { readonly status: string; readonly reason: string | null } {
  switch (reason) {
    case 'stop':
    case 'tool_calls':
      return { status: 'completed', reason: null };
    case 'refusal':
      return refusal === undefined ? filtered : { status: 'completed', reason: null };
    case 'length':
      return { status: 'incomplete', reason: 'max_output_tokens' };
    case 'content_filter':
      return filtered;
    default:
      return unreachable(reason);
  }
}

/** @param alias the client's model name, which the answer repeats as `model` */
export function writeResponsesAnswer(alias: string, body: Fields, answer: Completion): string {
  const tools = agentToolsOf(body);
  const output = answer.content.map((part) => outputItem(part, tools));
  if (answer.refusal !== undefined) {
    output.push(messageItem(newId('msg_'), [{ type: 'refusal', refusal: answer.refusal }], 'completed'));
  }
  return JSON.stringify(new ResponseFrame(alias, body).ended(answer, output));
}

function outputItem(part: AnswerPart, tools: AgentTools): OutputItem {
  switch (part.type) {
    case 'text':
      return messageItem(newId('msg_'), [outputText(part.text)], 'completed');
    case 'reasoning':
      return reasoningItem(newId('rs_'), part);
    case 'tool_call':
      return functionCallItem(
        newId('fc_'),
        { ...part, arguments: part.arguments || '{}' },
        'completed',
        tools.get(part.name),
      );
    default:
      return unreachable(part);
  }
}
