/**
 * Maps the provider's own finish reason, which is more precise than the AI SDK's. Reasons without a valid answer (a
 * malformed tool call, a model error) are failures.
 */
import type { LanguageModelV4FinishReason } from '@ai-sdk/provider';
import { unreachable } from '../../../lib/index.ts';
import { type FailureKind, type FinishReason, finishReasons } from '../../model-call/index.ts';
import type { AiSdkDialect } from './package-dialect.ts';

export type Finish =
  | { readonly kind: 'finished'; readonly reason: FinishReason }
  | { readonly kind: 'failed'; readonly failure: FailureKind; readonly detail: string };

type Words = ReadonlyMap<string, FinishReason | FailureKind>;

const gemini: Words = new Map([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['CONTINUATION', 'length'],
  ...['SAFETY', 'RECITATION', 'LANGUAGE', 'BLOCKLIST', 'PROHIBITED_CONTENT', 'SPII', 'IMAGE_SAFETY'].map(
    (word) => [word, 'content_filter'] as const,
  ),
  ...['IMAGE_PROHIBITED_CONTENT', 'IMAGE_RECITATION', 'MODEL_ARMOR', 'JAILBREAK'].map(
    (word) => [word, 'content_filter'] as const,
  ),
  ...['MALFORMED_FUNCTION_CALL', 'UNEXPECTED_TOOL_CALL', 'TOO_MANY_TOOL_CALLS', 'MALFORMED_RESPONSE', 'NO_IMAGE'].map(
    (word) => [word, 'malformed'] as const,
  ),
  ['OTHER', 'server_error'],
  ['IMAGE_OTHER', 'server_error'],
  ['FINISH_REASON_UNSPECIFIED', 'server_error'],
]);

const bedrock: Words = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['guardrail_intervened', 'content_filter'],
  ['content_filtered', 'content_filter'],
  ['malformed_model_output', 'malformed'],
  ['malformed_tool_use', 'malformed'],
]);

const cohere: Words = new Map([
  ['COMPLETE', 'stop'],
  ['STOP_SEQUENCE', 'stop'],
  ['TOOL_CALL', 'tool_calls'],
  ['MAX_TOKENS', 'length'],
  ['ERROR_TOXIC', 'content_filter'],
  ['ERROR', 'server_error'],
  ['TIMEOUT', 'server_error'],
]);

const mistral: Words = new Map([
  ['stop', 'stop'],
  ['length', 'length'],
  ['model_length', 'length'],
  ['tool_calls', 'tool_calls'],
  ['error', 'server_error'],
]);

const none: Words = new Map();

function wordsOf(dialect: AiSdkDialect): Words {
  switch (dialect) {
    case 'gemini':
      return gemini;
    case 'bedrock':
      return bedrock;
    case 'cohere':
      return cohere;
    case 'mistral':
      return mistral;
    case 'other':
      return none;
    default:
      return unreachable(dialect);
  }
}

/** `hasToolCalls`: the answer has calls for the client to run; Gemini says `STOP` then too. */
export function readFinish(
  dialect: AiSdkDialect,
  { raw, unified }: LanguageModelV4FinishReason,
  hasToolCalls: boolean,
): Finish {
  const word = raw === undefined ? undefined : wordsOf(dialect).get(raw);
  if (word === undefined) return unifiedFinish(unified, raw, hasToolCalls);
  if (!finishReasons.has(word)) {
    return { kind: 'failed', failure: word as FailureKind, detail: `the model stopped with ${raw}` };
  }
  return { kind: 'finished', reason: withCalls(word as FinishReason, hasToolCalls) };
}

function unifiedFinish(
  unified: LanguageModelV4FinishReason['unified'],
  raw: string | undefined,
  hasToolCalls: boolean,
): Finish {
  switch (unified) {
    case 'length':
      return { kind: 'finished', reason: 'length' };
    case 'content-filter':
      return { kind: 'finished', reason: 'content_filter' };
    case 'stop':
    case 'tool-calls':
      return { kind: 'finished', reason: withCalls('stop', hasToolCalls) };
    case 'error':
      return {
        kind: 'failed',
        failure: 'server_error',
        detail: `the model stopped with an error${raw ? ` (${raw})` : ''}`,
      };
    case 'interrupted':
      return { kind: 'failed', failure: 'stream_incomplete', detail: 'the answer was broken off' };
    default:
      // An unknown reason is accepted; without any, the answer is not known to be complete.
      if (raw !== undefined) return { kind: 'finished', reason: withCalls('stop', hasToolCalls) };
      return { kind: 'failed', failure: 'malformed', detail: 'the answer does not say why the model stopped' };
  }
}

function withCalls(reason: FinishReason, hasToolCalls: boolean): FinishReason {
  if (reason === 'stop' && hasToolCalls) return 'tool_calls';
  // The only call was the answer tool's.
  return reason === 'tool_calls' && !hasToolCalls ? 'stop' : reason;
}
