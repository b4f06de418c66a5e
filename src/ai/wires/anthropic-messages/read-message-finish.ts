/**
 * Why a model stopped, from Anthropic's `stop_reason`. A turn that Anthropic paused (`pause_turn`, `compaction`) is not a
 * whole answer, so it is `length`, like one that was cut at its bound: what there is of it is paid and given, and not
 * cached. A reason that is not known yet ends an answer; without any, nothing says that the answer is whole.
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
  // The only call was the one that holds the answer.
  return reason === 'tool_calls' && !hasToolCalls ? 'stop' : reason;
}

/** Why the model refused, in its words. */
export function refusalIn({ stop_details: details }: JsonObject): string | undefined {
  return textIn(recordOf(details).explanation);
}
