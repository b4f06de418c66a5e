import {
  arrayOf,
  type JsonObject,
  type ModelAnswer,
  ProviderFailure,
  recordOf,
  textIn,
} from '../../model-call/index.ts';
import { estimateUsage } from '../../tokens/index.ts';
import type { AnswerContext } from '../shared/index.ts';
import { AnswerDraft, answerOf, failureOfError, readUsage } from '../shared/index.ts';
import { chatUsageIn } from './chat-usage.ts';
import { ChatMessageReader, readFinishReason } from './read-chat-message.ts';

export { withoutCodeFence } from '../shared/index.ts';

/**
 * Reads a complete answer of the chat completions wire, its first choice. Throws a `ProviderFailure`: `malformed` if it
 * is not one, or the failure of an error inside it.
 */
export function readChatCompletion(body: unknown, context: AnswerContext): ModelAnswer {
  const answer = recordOf(body);
  const choices = arrayOf(answer.choices);
  const choice = recordOf(choices.find((entry) => recordOf(entry).index === 0) ?? choices[0]);
  const error = answer.error ?? choice.error;
  const usage = readUsage('openai-chat', chatUsageIn(answer));
  if (error !== undefined && error !== null) throw failureOfError({ error }, context.keys, usage);
  if (choice.message === undefined || choice.message === null) {
    throw new ProviderFailure({ kind: 'malformed', detail: 'the answer holds no choice', ...(usage && { usage }) });
  }
  const draft = new AnswerDraft(context.reading);
  const message = new ChatMessageReader(draft);
  message.readWhole(recordOf(choice.message), []);
  message.end();
  draft.end([]);
  const finishReason = readFinishReason(choice.finish_reason) ?? 'stop';
  const read = answerOf(draft, finishReason, usage ?? estimateUsage(context.request, draft.writtenText), answer);
  const stopSequence = stopSequenceIn(choice, context);
  return stopSequence === undefined ? read : { ...read, stopSequence };
}

/** vLLM and SGLang report the stop sequence that ended an answer. */
export function stopSequenceIn(
  { stop_reason: reason, matched_stop: matched }: JsonObject,
  { request }: AnswerContext,
): string | undefined {
  const stopSequence = textIn(reason) ?? textIn(matched);
  return stopSequence !== undefined && request.stop?.includes(stopSequence) === true ? stopSequence : undefined;
}
