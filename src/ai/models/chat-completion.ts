import { estimateUsage } from './estimate-usage.ts';
import type { FinishReason, ModelAnswer, ModelRequest, Usage } from './model.ts';

/**
 * Reads an answer of the chat completions wire, which is outside data: endpoints that speak it differ in small ways
 * (content in parts, arguments as an object, no usage). Throws a plain `Error` that says what is missing.
 */
export function readChatCompletion(body: unknown, request: ModelRequest): ModelAnswer {
  const choice = list(record(body).choices)[0];
  if (choice === undefined) throw new Error('the answer holds no choice');
  const { message: sent, finish_reason: reason } = record(choice);
  const message = record(sent);
  const finishReason = readFinishReason(reason);
  const refusal = typeof message.refusal === 'string' && message.refusal !== '' ? message.refusal : undefined;
  const text = refusal === undefined ? (toolArguments(message) ?? contentText(message.content)) : '';
  const usage = readUsage(record(body).usage, request, refusal ?? text);
  return { text, finishReason, ...(refusal === undefined ? {} : { refusal }), usage };
}

/** Takes JSON out of the code fence some models put around it. */
export function withoutCodeFence(text: string): string {
  const fenced = /```(?:json)?[ \t]*\n([\s\S]*?)```/i.exec(text);
  return (fenced?.[1] ?? text).trim();
}

export function reportedTokens(usage: unknown, field: string): number | undefined {
  const tokens = record(usage)[field];
  return typeof tokens === 'number' && Number.isSafeInteger(tokens) && tokens >= 0 ? tokens : undefined;
}

function readUsage(reported: unknown, request: ModelRequest, answer: string): Usage {
  const inputTokens = reportedTokens(reported, 'prompt_tokens');
  const outputTokens = reportedTokens(reported, 'completion_tokens');
  if (inputTokens === undefined || outputTokens === undefined) return estimateUsage(request, answer);
  return { inputTokens, outputTokens, source: 'reported' };
}

function readFinishReason(reason: unknown): FinishReason {
  switch (reason) {
    case 'length':
    case 'model_length':
      return 'length';
    case 'content_filter':
      return 'content_filter';
    case 'error':
      throw new Error('the model stopped with an error');
    default:
      return 'stop';
  }
}

function toolArguments(message: Readonly<Record<string, unknown>>): string | undefined {
  const call = list(message.tool_calls)[0];
  if (call === undefined) return undefined;
  const given = record(record(call).function).arguments;
  return typeof given === 'string' ? given : JSON.stringify(given ?? {});
}

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return list(content)
    .map((part) => record(part).text)
    .filter((text) => typeof text === 'string')
    .join('');
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
