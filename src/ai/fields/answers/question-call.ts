/** The calls for the questions of AI fields: their requests, and what is kept out of errors, logs and answers. */
import { GatewayError } from '../../../errors/index.ts';
import {
  BudgetExceeded,
  type Completion,
  type Message,
  type ModelRequest,
  type OutputForm,
} from '../../model-call/index.ts';
import type { ModelClient } from '../../models/index.ts';
import { leaksInstructions } from '../output/instruction-leak.ts';
import { answerJson } from '../output/output-text.ts';
import type { FieldBounds, FieldQuestion } from './field-question.ts';

/** The request for one question, alone or in a batch. */
export function requestOf(question: FieldQuestion, messages: readonly Message[]): ModelRequest {
  const { maxOutputTokens: _, ...settings } = question.prompt.settings;
  return { messages, output: question.output.form, maxOutputTokens: question.maxOutputTokens, ...settings };
}

/** @param planned the fields that it is the first attempt for, one for each item. @default none: it is a further one */
export async function ask(
  models: ModelClient,
  { alias, prompt, caller, stickyKey, requestId, coordinate: field }: FieldQuestion,
  request: ModelRequest,
  bounds: FieldBounds,
  planned: readonly string[] = [],
): Promise<Completion> {
  try {
    const call = { ...bounds, alias, caller, prompt: prompt.name, field, stickyKey, requestId, request, planned };
    return await models.complete(call);
  } catch (error) {
    if (error instanceof BudgetExceeded) throw error;
    if (error instanceof GatewayError && leaksInstructions(request.messages, error.detail ?? '', '')) {
      // A provider may quote the request: prompts must not be logged.
      const detail = 'the provider’s own words are left out: they repeat the prompt’s instructions';
      throw new GatewayError(error.code, {
        detail,
        ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
      });
    }
    throw error;
  }
}

/** @throws GatewayError `AI_OUTPUT_INVALID` where the answer repeats the prompt's instructions, however JSON escapes them */
export function refuseLeaks(form: OutputForm, messages: readonly Message[], text: string): void {
  const answer =
    form.kind === 'json' && text.includes('\\') ? `${text}\n${textsIn(answerJson(text)).join('\n')}` : text;
  const described = form.kind === 'json' ? JSON.stringify(form.schema ?? {}) : '';
  if (!leaksInstructions(messages, answer, described)) return;
  throw new GatewayError('AI_OUTPUT_INVALID', { detail: 'the answer repeats the prompt’s instructions' });
}

/** Every text in parsed JSON, keys included. */
function textsIn(value: unknown): readonly string[] {
  const texts: string[] = [];
  // Not by recursion: a hostile answer nests as deep as it is long.
  const pending: unknown[] = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next === 'string') texts.push(next);
    else if (next !== null && typeof next === 'object') {
      for (const [key, inner] of Object.entries(next)) {
        texts.push(key);
        pending.push(inner);
      }
    }
  }
  return texts.reverse();
}
