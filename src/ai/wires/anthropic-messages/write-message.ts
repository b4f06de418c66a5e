/** Writes answers in Anthropic's messages wire. */

import { newId, unreachable } from '../../../lib/index.ts';
import type { AnswerPart, Completion, FinishReason, JsonObject, ReasoningPart, Usage } from '../../model-call/index.ts';
import { isFields, opaqueToText, sealCallId } from '../shared/index.ts';

export function stopReason(reason: FinishReason, stopSequence: string | undefined): string {
  switch (reason) {
    case 'stop':
      return stopSequence === undefined ? 'end_turn' : 'stop_sequence';
    case 'length':
      return 'max_tokens';
    case 'tool_calls':
      return 'tool_use';
    case 'content_filter':
    case 'refusal':
      return 'refusal';
    default:
      return unreachable(reason);
  }
}

/** Anthropic's input count excludes cache reads and writes. */
export function messagesUsage(usage: Usage): Readonly<Record<string, unknown>> {
  const read = usage.cachedInputTokens ?? 0;
  const cacheWrites = usage.cacheWriteTokens ?? 0;
  const hour = usage.cacheWriteHourTokens ?? 0;
  return {
    input_tokens: Math.max(0, usage.inputTokens - read - cacheWrites),
    output_tokens: usage.outputTokens,
    cache_read_input_tokens: read,
    cache_creation_input_tokens: cacheWrites,
    cache_creation: { ephemeral_5m_input_tokens: Math.max(0, cacheWrites - hour), ephemeral_1h_input_tokens: hour },
    server_tool_use: null,
    service_tier: 'standard',
    ...(usage.reasoningTokens === undefined
      ? {}
      : { output_tokens_details: { thinking_tokens: usage.reasoningTokens } }),
  };
}

/** Anthropic's own signature, if it is one; other opaque data is encoded into it. */
export function signatureOf(opaque: JsonObject | undefined): string {
  if (opaque === undefined) return '';
  const fields = isFields(opaque.anthropic) ? opaque.anthropic : opaque;
  const { signature } = fields;
  if (typeof signature === 'string' && Object.keys(opaque).length === 1 && Object.keys(fields).length === 1) {
    return signature;
  }
  return opaqueToText(opaque);
}

/** The data of redacted thinking. */
export function redactedData(opaque: JsonObject | undefined): string | undefined {
  if (opaque === undefined) return undefined;
  const fields = isFields(opaque.anthropic) ? opaque.anthropic : opaque;
  return typeof fields.redactedData === 'string' ? fields.redactedData : undefined;
}

export function thinkingBlock(part: ReasoningPart): Readonly<Record<string, string>> {
  const data = redactedData(part.opaque);
  if (data !== undefined) return { type: 'redacted_thinking', data };
  return { type: 'thinking', thinking: part.text, signature: signatureOf(part.opaque) };
}

/** The stop reason, for the message and for a stream's `message_delta`. */
export function stopFields({ finishReason, stopSequence, stopDetails }: Completion): Readonly<Record<string, unknown>> {
  return {
    stop_reason: stopReason(finishReason, stopSequence),
    stop_sequence: stopSequence ?? null,
    stop_details: stopDetails ?? null,
  };
}

/** The text of a refusal, unless this wire's own stop details have it. */
export function refusalText({ refusal, stopDetails }: Completion): string | undefined {
  return stopDetails === undefined ? refusal : undefined;
}

/** @param alias the client's model name, which the answer repeats as `model` */
export function writeMessagesAnswer(alias: string, answer: Completion): string {
  const content: unknown[] = answer.content.map(block);
  const refusal = refusalText(answer);
  if (refusal !== undefined) content.push({ type: 'text', text: refusal });
  return JSON.stringify({
    id: newId('msg_'),
    type: 'message',
    role: 'assistant',
    model: alias,
    content,
    ...stopFields(answer),
    usage: messagesUsage(answer.usage),
  });
}

function block(part: AnswerPart): Readonly<Record<string, unknown>> {
  switch (part.type) {
    case 'text':
      if (part.citations === undefined) return { type: 'text', text: part.text };
      return { type: 'text', text: part.text, citations: part.citations };
    case 'reasoning':
      return thinkingBlock(part);
    case 'tool_call':
      return {
        type: 'tool_use',
        id: sealCallId(part.id, part.opaque),
        name: part.name,
        input: toolInput(part.arguments),
      };
    default:
      return unreachable(part);
  }
}

/** This wire requires an object; text that is not an object is wrapped in one. */
function toolInput(text: string): unknown {
  try {
    const input: unknown = JSON.parse(text === '' ? '{}' : text);
    if (isFields(input)) return input;
  } catch {
    // below
  }
  return { INVALID_JSON: text };
}
