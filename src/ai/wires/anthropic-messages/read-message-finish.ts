/**
 * Maps Anthropic's `stop_reason`. A paused turn (`pause_turn`, `compaction`) is not a complete answer, so it is
 * `length`, like one that was truncated at its bound: it is billed and returned, and not cached. An unknown reason ends
 * an answer; without any, the answer is not known to be complete.
 */
import type { FinishReason, JsonObject } from '../../model-call/index.ts';
import { recordOf, textIn } from '../../model-call/index.ts';

const reasons: ReadonlyMap<string, FinishReason> = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['tool_use', 'tool_calls'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['pause_turn', 'length'],
  ['compaction', 'length'],
  ['refusal', 'refusal'],
]);

/** @param hasToolCalls whether the answer has calls for the client to run */
export function readFinish(stopReason: string, hasToolCalls: boolean): FinishReason {
  const reason = reasons.get(stopReason) ?? 'stop';
  if (reason === 'stop' && hasToolCalls) return 'tool_calls';
  // The only call was the answer tool's.
  return reason === 'tool_calls' && !hasToolCalls ? 'stop' : reason;
}

/** The explanation of a refusal. */
export function refusalIn({ stop_details: details }: JsonObject): string | undefined {
  return textIn(recordOf(details).explanation);
}
