/**
 * Gemini's generateContent: each event of a stream is a small answer with cumulative usage; there is no terminal event.
 */
import { unreachable } from '../../lib/index.ts';
import { argumentsObject } from '../arguments-object.ts';
import type { ErrorAnswer } from '../error-answer.ts';
import type { SettledAnswer, Tokens } from '../settle-answer.ts';
import { splitText } from '../settle-answer.ts';
import { dataFrame, type Frame, serverSentEvents, type WireForm } from '../wire-form.ts';

export const geminiGenerate: WireForm = {
  streamType: serverSentEvents,

  whole(answer) {
    const parts: unknown[] = [];
    if (answer.reasoning !== undefined) parts.push({ text: answer.reasoning, thought: true });
    if (answer.text !== '') parts.push({ text: answer.text });
    for (const call of answer.toolCalls) parts.push(functionCall(call));
    return bodyOf(answer, candidateOf(answer, parts), answer.usage);
  },

  frames(answer) {
    const frames: Frame[] = [];
    const { usage } = answer;
    // Cumulative: half of the usage is sent before the end, so that a test detects summing.
    const soFar = usage && { ...usage, output: Math.floor(usage.output / 2) };
    const push = (part: unknown) =>
      frames.push(dataFrame('delta', bodyOf(answer, { content: contentOf([part]), index: 0 }, soFar)));
    for (const text of splitText(answer.reasoning ?? '')) push({ text, thought: true });
    for (const text of answer.pieces) push({ text });
    for (const call of answer.toolCalls) push(functionCall(call));
    frames.push(dataFrame('finish', bodyOf(answer, candidateOf(answer, [{ text: '' }]), usage)));
    if (answer.usageTwice) frames.push(dataFrame('finish', bodyOf(answer, undefined, usage)));
    return frames;
  },

  frame(event) {
    const [candidate] = Array.isArray(event.candidates) ? (event.candidates as { finishReason?: unknown }[]) : [];
    return dataFrame(candidate?.finishReason === undefined ? 'delta' : 'finish', event);
  },

  errorFrames: (error) => [dataFrame('delta', geminiError(error))],
};

function bodyOf(answer: SettledAnswer, candidate: unknown, usage: Tokens | undefined) {
  return {
    ...(candidate !== undefined && { candidates: [candidate] }),
    ...(usage && { usageMetadata: usageMetadata(usage) }),
    modelVersion: answer.model,
    responseId: answer.id,
  };
}

function candidateOf(answer: SettledAnswer, parts: readonly unknown[]) {
  return {
    content: contentOf(parts),
    finishReason: finishReason(answer.finish),
    ...(answer.refusal !== undefined && { finishMessage: answer.refusal }),
    index: 0,
  };
}

function contentOf(parts: readonly unknown[]) {
  return { parts, role: 'model' };
}

function functionCall({ id, name, arguments: text }: SettledAnswer['toolCalls'][number]) {
  return { functionCall: { id, name, args: argumentsObject(text) }, thoughtSignature: 'c2NyaXB0ZWQ=' };
}

/** Tool calls end with STOP here as well. */
function finishReason(finish: SettledAnswer['finish']): string {
  switch (finish) {
    case 'stop':
    case 'tool_calls':
      return 'STOP';
    case 'length':
      return 'MAX_TOKENS';
    case 'content_filter':
      return 'SAFETY';
    case 'refusal':
      return 'PROHIBITED_CONTENT';
    default:
      return unreachable(finish);
  }
}

/** `candidatesTokenCount` excludes thinking. */
function usageMetadata(tokens: Tokens) {
  return {
    promptTokenCount: tokens.input,
    candidatesTokenCount: Math.max(0, tokens.output - tokens.reasoning),
    totalTokenCount: tokens.input + Math.max(tokens.output, tokens.reasoning),
    ...(tokens.cached > 0 && { cachedContentTokenCount: tokens.cached }),
    ...(tokens.reasoning > 0 && { thoughtsTokenCount: tokens.reasoning }),
  };
}

const byStatus: ReadonlyMap<number, readonly [name: string, message: string]> = new Map([
  [400, ['INVALID_ARGUMENT', 'The request is not valid.']],
  [401, ['UNAUTHENTICATED', 'API key not valid. Please pass a valid API key.']],
  [402, ['FAILED_PRECONDITION', 'Billing is not enabled for this project.']],
  [403, ['PERMISSION_DENIED', 'Your API key does not have the required permissions.']],
  [404, ['NOT_FOUND', 'The model is not found, or is not supported for this method.']],
  [408, ['DEADLINE_EXCEEDED', 'The request timed out.']],
  [409, ['ABORTED', 'The operation was aborted.']],
  [429, ['RESOURCE_EXHAUSTED', 'Resource has been exhausted (e.g. check quota).']],
  [500, ['INTERNAL', 'An internal error has occurred.']],
  [503, ['UNAVAILABLE', 'The model is overloaded. Please try again later.']],
  [504, ['DEADLINE_EXCEEDED', 'The service did not answer within the deadline.']],
]);

const byCode: ReadonlyMap<string, string> = new Map([
  ['insufficient_quota', 'You exceeded your current quota, please check your plan and billing details.'],
  [
    'context_length_exceeded',
    'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
  ],
  ['content_filter', 'The prompt was blocked.'],
]);

export function geminiError({ status, code, message, retryDelay }: ErrorAnswer) {
  const [name, sentence] = byStatus.get(status) ?? ['UNKNOWN', `The server answered ${status}.`];
  const error = code === undefined ? undefined : byCode.get(code);
  const retry = retryDelay !== undefined && { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay };
  return {
    error: {
      code: status,
      message: message ?? error ?? sentence,
      status: error === undefined && code !== undefined ? code : name,
      ...(retry && { details: [retry] }),
    },
  };
}
