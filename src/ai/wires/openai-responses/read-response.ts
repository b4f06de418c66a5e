/**
 * Reads a complete answer of OpenAI's responses wire: messages, reasoning (with its encrypted form, which the provider
 * requires back) and function calls. Items of tools that the provider runs are skipped; the text around them is read.
 */

import {
  arrayOf,
  type FinishReason,
  type JsonObject,
  type ModelAnswer,
  ProviderFailure,
  recordOf,
  type StreamDelta,
  textIn,
} from '../../model-call/index.ts';
import { estimateUsage } from '../../tokens/index.ts';
import type { AnswerContext } from '../shared/index.ts';
import { AnswerDraft, answerOf, failureOfError, readUsage } from '../shared/index.ts';

/** Throws a `ProviderFailure`: `malformed` if it is not an answer, or the failure it reports. */
export function readResponse(body: unknown, context: AnswerContext): ModelAnswer {
  const response = recordOf(body);
  const finishReason = readStatus(response, context);
  if (!Array.isArray(response.output))
    throw new ProviderFailure({ kind: 'malformed', detail: 'the answer has no output' });
  const draft = new AnswerDraft(context.reading);
  for (const item of response.output) readItem(recordOf(item), draft, context.provider, []);
  draft.end([]);
  const usage = readUsage('openai-responses', response.usage) ?? estimateUsage(context.request, draft.writtenText);
  return answerOf(draft, finishReason, usage, response);
}

/** Throws the failure of a response that failed, was cancelled, or has not ended. */
export function readStatus(response: JsonObject, { keys }: AnswerContext): FinishReason {
  const usage = readUsage('openai-responses', response.usage);
  const error = response.error;
  if (error !== undefined && error !== null) throw failureOfError({ error }, keys, usage);
  switch (response.status) {
    case 'completed':
      return 'stop';
    case 'incomplete':
      return recordOf(response.incomplete_details).reason === 'content_filter' ? 'content_filter' : 'length';
    case 'failed':
    case 'cancelled':
      throw failureOfError({ message: `the response is ${response.status}` }, keys, usage);
    default: {
      // A response without a status is complete if it has output.
      if (response.status === undefined && arrayOf(response.output).length > 0) return 'stop';
      const detail = `the answer has ${textIn(response.status) === undefined ? 'no status' : 'not ended'}`;
      throw new ProviderFailure({ kind: 'malformed', detail, ...(usage === undefined ? {} : { usage }) });
    }
  }
}

export function readItem(item: JsonObject, draft: AnswerDraft, provider: string, out: StreamDelta[]): void {
  draft.breakPart();
  switch (item.type) {
    case 'message':
      // Plain text, from servers that write it in the form of a request.
      if (typeof item.content === 'string') draft.text(item.content, out);
      for (const value of arrayOf(item.content)) {
        const part = recordOf(value);
        draft.breakPart();
        if (part.type === 'output_text') draft.text(textIn(part.text) ?? '', out);
        else if (part.type === 'refusal') draft.refuse(textIn(part.refusal) ?? '', out);
      }
      break;
    case 'reasoning':
      draft.reasoning(reasoningTextOf(item), out, opaqueOf(item, provider));
      break;
    case 'function_call': {
      const name = textIn(item.name);
      if (name === undefined)
        throw new ProviderFailure({ kind: 'malformed', detail: 'a tool call has no function name' });
      draft.toolArguments(draft.toolCall(textIn(item.call_id), name, out), textIn(item.arguments) ?? '', out);
      break;
    }
  }
}

export function reasoningTextOf(item: JsonObject): string {
  const pieces = [...arrayOf(item.summary), ...arrayOf(item.content)].map((piece) => textIn(recordOf(piece).text));
  return pieces.filter((piece) => piece !== undefined).join('\n\n');
}

/** The encrypted form of a reasoning item, which `writeResponsesRequest` sends back to the same provider. */
export function opaqueOf(item: JsonObject, provider: string): JsonObject | undefined {
  const encrypted = textIn(item.encrypted_content);
  return encrypted === undefined ? undefined : { provider, id: item.id, encrypted_content: encrypted };
}
