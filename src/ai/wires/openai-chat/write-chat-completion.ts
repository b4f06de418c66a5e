/** Writes answers of other wires in OpenAI's chat completions wire. */

import { newId, unreachable } from '../../../lib/index.ts';
import { type Completion, type FinishReason, type ToolCallPart, textOf } from '../../model-call/index.ts';
import { type AgentTools, chatUsage, customInput, extraContentOf, unixSeconds } from '../shared/index.ts';

/** OpenAI reports a refusal as `stop`, with the message's `refusal`. */
export function chatFinishReason(reason: FinishReason, refusal: string | undefined): string {
  switch (reason) {
    case 'stop':
    case 'length':
    case 'tool_calls':
    case 'content_filter':
      return reason;
    case 'refusal':
      return refusal === undefined ? 'content_filter' : 'stop';
    default:
      return unreachable(reason);
  }
}

export function chatToolCall(part: ToolCallPart, tools: AgentTools): Readonly<Record<string, unknown>> {
  const tool = tools.get(part.name);
  const call =
    tool?.isCustom === true
      ? { id: part.id, type: 'custom', custom: { name: tool.name, input: customInput(part.arguments) } }
      : { id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments || '{}' } };
  return part.opaque === undefined ? call : { ...call, extra_content: extraContentOf(part.opaque) };
}

/**
 * @param alias the client's model name, which the answer repeats as `model`
 * @param tools those that the client described in another form
 */
export function writeChatAnswer(alias: string, answer: Completion, tools: AgentTools): string {
  const calls: unknown[] = [];
  let reasoning = '';
  for (const part of answer.content) {
    if (part.type === 'tool_call') calls.push(chatToolCall(part, tools));
    else if (part.type === 'reasoning') reasoning += part.text;
  }
  const text = textOf(answer);
  const message: Record<string, unknown> = {
    role: 'assistant',
    content: text === '' && (calls.length > 0 || answer.refusal !== undefined) ? null : text,
    refusal: answer.refusal ?? null,
  };
  if (reasoning !== '') message.reasoning_content = reasoning;
  if (calls.length > 0) message.tool_calls = calls;
  return JSON.stringify({
    id: newId('chatcmpl-'),
    object: 'chat.completion',
    created: unixSeconds(),
    model: alias,
    choices: [
      { index: 0, message, logprobs: null, finish_reason: chatFinishReason(answer.finishReason, answer.refusal) },
    ],
    usage: chatUsage(answer.usage),
  });
}
