import { AnswerDraft } from './answer-draft.ts';
import { answerOf } from './answer-of.ts';
import type { AnswerContext } from './answer-reader.ts';
import { ChatMessageReader, readFinishReason } from './chat-message.ts';
import { chatUsageIn } from './chat-usage.ts';
import { estimateUsage } from './estimate-usage.ts';
import { type JsonObject, type ModelAnswer, ProviderFailure } from './model.ts';
import { arrayOf, recordOf, textIn } from './outside-json.ts';
import { failureOfError } from './provider-failure-of.ts';
import { readUsage } from './read-usage.ts';

export { withoutCodeFence } from './structured-output.ts';

/**
 * Reads a whole answer of the chat completions wire, its first choice. Throws a `ProviderFailure`: `malformed` where it
 * is none, or the failure an error inside it tells of.
 */
export function readChatCompletion(body: unknown, context: AnswerContext): ModelAnswer {
  const answer = recordOf(body);
  const choices = arrayOf(answer.choices);
  const choice = recordOf(choices.find((one) => recordOf(one).index === 0) ?? choices[0]);
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
  const read = answerOf(draft, finishReason, usage ?? estimateUsage(context.request, draft.written), answer);
  const stopSequence = stopSequenceIn(choice, context);
  return stopSequence === undefined ? read : { ...read, stopSequence };
}

/** vLLM and SGLang tell which stop sequence ended an answer. */
export function stopSequenceIn(
  { stop_reason: reason, matched_stop: matched }: JsonObject,
  { request }: AnswerContext,
): string | undefined {
  const told = textIn(reason) ?? textIn(matched);
  return told !== undefined && request.stop?.includes(told) === true ? told : undefined;
}
