/**
 * Normalises a complete chat completion that is passed through: fields that OpenAI's clients and OpenAPI document
 * require are added if missing; everything else is unchanged.
 */
import { newId } from '../../../lib/index.ts';
import type { JsonObject, ModelAnswer, ToolCallPart } from '../../model-call/index.ts';
import { arrayOf, isRecord, recordOf, textIn, textOf } from '../../model-call/index.ts';
import { beginsWithThinking, normaliseUsage } from '../shared/index.ts';
import { chatUsageIn, isLegacyCall } from './chat-usage.ts';
import { isFinishReason, normaliseFinishReason } from './normalise-chat-chunk.ts';

/**
 * @param text the body
 * @param body `text`, parsed
 * @param answer the answer read from its first choice
 */
export function normaliseChatCompletion(text: string, body: unknown, answer: ModelAnswer): string {
  const completion = recordOf(body);
  return isWellFormed(completion) && !isRetold(completion, answer)
    ? text
    : JSON.stringify(rewritten(completion, answer));
}

function isWellFormed(body: JsonObject): boolean {
  const { id, object, created, model, choices, usage } = body;
  if (!isRecord(usage) && chatUsageIn(body) !== undefined) return false;
  if (typeof id !== 'string' || object !== 'chat.completion' || normaliseUsage(usage) !== usage) return false;
  return typeof created === 'number' && typeof model === 'string' && arrayOf(choices).every(isWellFormedChoice);
}

/** Whether the text has parts that are not the answer: thinking between tags. */
function isRetold({ choices }: JsonObject, answer: ModelAnswer): boolean {
  const { content } = recordOf(firstOf(arrayOf(choices)).message);
  return typeof content === 'string' && beginsWithThinking(content) && content !== textOf(answer);
}

function firstOf(choices: readonly unknown[]): JsonObject {
  return recordOf(choices.find((choice) => recordOf(choice).index === 0) ?? choices[0]);
}

function isWellFormedChoice(choice: unknown): boolean {
  const { index, message, finish_reason, logprobs } = recordOf(choice);
  if (typeof index !== 'number' || !isRecord(message) || !isFinishReason(finish_reason)) return false;
  if (logprobs === undefined || message.refusal === undefined || message.role !== 'assistant') return false;
  if (message.content !== null && typeof message.content !== 'string') return false;
  if (isRecord(message.function_call) && !isLegacyCall(message.function_call)) return false;
  return (
    message.tool_calls === undefined ||
    (Array.isArray(message.tool_calls) && message.tool_calls.every(isWellFormedCall))
  );
}

function isWellFormedCall(call: unknown): boolean {
  const { id, type, function: called } = recordOf(call);
  if (textIn(id) === undefined || id === 'null') return false;
  if (type !== 'function') return type === 'custom';
  const { name, arguments: callArguments } = recordOf(called);
  return typeof name === 'string' && typeof callArguments === 'string' && callArguments !== '';
}

function rewritten(body: JsonObject, answer: ModelAnswer): JsonObject {
  const choices = arrayOf(body.choices);
  const first = Math.max(
    0,
    choices.findIndex((choice) => recordOf(choice).index === 0),
  );
  return {
    ...body,
    id: textIn(body.id) ?? newId('chatcmpl-'),
    object: 'chat.completion',
    created: typeof body.created === 'number' ? body.created : Math.floor(Date.now() / 1_000),
    model: typeof body.model === 'string' ? body.model : '',
    ...(chatUsageIn(body) === undefined && body.usage === undefined
      ? {}
      : { usage: normaliseUsage(chatUsageIn(body) ?? body.usage) }),
    choices: choices.map((choice, at) => rewrittenChoice(recordOf(choice), at, at === first ? answer : undefined)),
  };
}

function rewrittenChoice(choice: JsonObject, at: number, answer: ModelAnswer | undefined): JsonObject {
  const wireMessage = recordOf(choice.message);
  const message: Record<string, unknown> = { ...wireMessage, role: 'assistant', refusal: wireMessage.refusal ?? null };
  const isLegacy = isLegacyCall(wireMessage.function_call);
  if (!isLegacy) delete message.function_call;
  if (answer !== undefined && !isLegacy) {
    if (typeof wireMessage.content !== 'string' || beginsWithThinking(wireMessage.content)) {
      message.content = textOf(answer) || null;
      const thought = reasoningOf(answer);
      if (thought !== '') message.reasoning_content = thought;
    }
    const calls = answer.content.flatMap((part) => (part.type === 'tool_call' ? [part] : []));
    const toolCalls = arrayOf(wireMessage.tool_calls).filter((call) => !isEmptyCall(call));
    if (toolCalls.length === 0) delete message.tool_calls;
    // Answers with custom calls are passed through to the client.
    if (toolCalls.length > 0 && toolCalls.every((call) => recordOf(call).type !== 'custom')) {
      message.tool_calls = toolCalls.map((call, index) => ({ ...recordOf(call), ...callOf(calls[index]) }));
    }
  } else if (typeof wireMessage.content !== 'string') message.content = null;
  return {
    ...choice,
    index: typeof choice.index === 'number' ? choice.index : at,
    message,
    logprobs: choice.logprobs ?? null,
    finish_reason: normaliseFinishReason(choice.finish_reason) ?? 'stop',
  };
}

/** Some endpoints write an empty one with a text. */
function isEmptyCall(call: unknown): boolean {
  const { type, function: called } = recordOf(call);
  return type !== 'custom' && !isLegacyCall(called);
}

function reasoningOf({ content }: ModelAnswer): string {
  return content.map((part) => (part.type === 'reasoning' ? part.text : '')).join('');
}

function callOf(part: ToolCallPart | undefined): JsonObject {
  if (part === undefined) return {};
  return { id: part.id, type: 'function', function: { name: part.name, arguments: part.arguments } };
}
