/**
 * Resolves one field by a model call: renders the prompt, parses the answer by the field's type, and if it does not fit,
 * requests one correction. Parts that are still invalid become errors at their paths; valid parts are returned.
 */
import { GatewayError } from '../../../errors/index.ts';
import { unreachable } from '../../../lib/index.ts';
import {
  BudgetExceeded,
  type CallBounds,
  type Completion,
  type Message,
  type ModelRequest,
  type OutputForm,
  textOf,
  type Usage,
  userText,
} from '../../model-call/index.ts';
import type { ModelClient } from '../../models/index.ts';
import { type OutputReading, repairMessage } from '../output/field-output.ts';
import { leaksInstructions } from '../output/instruction-leak.ts';
import { answerJson } from '../output/output-text.ts';
import type { FieldAnswer, FieldQuestion, Provenance } from './field-question.ts';

/** Characters of an invalid answer that are sent back with its problems: they are paid for as input. */
const maxRepeated = 10_000;

/** @throws GatewayError of the model client's codes, `AI_OUTPUT_INVALID` or `AI_OUTPUT_REFUSED` */
export async function askModel(models: ModelClient, question: FieldQuestion, bounds: CallBounds): Promise<FieldAnswer> {
  const request = requestOf(question, question.prompt.render(question.values));
  if (request.messages.length === 0) {
    const detail = `the prompt "${question.prompt.name}" comes to no text with what the field reads`;
    throw new GatewayError('AI_REQUEST_INVALID', { detail });
  }
  const first = await ask(models, question, request, bounds);
  const reading = readAnswer(question, request.messages, first);
  if (reading.kind === 'valid' || reading.kind === 'refused' || !mayRepair(first, bounds)) {
    return toAnswer(reading, provenanceOf(question, request, [first]));
  }
  const repair: ModelRequest = {
    ...request,
    messages: [
      ...request.messages,
      { role: 'assistant', content: [{ type: 'text', text: textOf(first).slice(0, maxRepeated) }] },
      userText(repairMessage(reading.problems)),
    ],
  };
  const second = await ask(models, question, repair, bounds).catch((error: unknown) => {
    bounds.signal.throwIfAborted();
    if (!(error instanceof GatewayError)) throw error;
    return error;
  });
  if (second instanceof BudgetExceeded && reading.kind === 'invalid') throw second;
  // A partly valid first answer is better than a second call that failed.
  if (second instanceof GatewayError) return toAnswer(reading, provenanceOf(question, request, [first]));
  const repaired = readAnswer(question, request.messages, second);
  const best = reading.kind === 'partial' && repaired.kind !== 'valid' ? reading : repaired;
  return toAnswer(best, provenanceOf(question, repair, [first, second]));
}

/** The request for one question, alone or in a batch. */
export function requestOf(question: FieldQuestion, messages: readonly Message[]): ModelRequest {
  const { maxOutputTokens: _, ...settings } = question.prompt.settings;
  return { messages, output: question.output.form, maxOutputTokens: question.maxOutputTokens, ...settings };
}

export async function ask(
  models: ModelClient,
  { alias, prompt, caller, stickyKey, requestId, coordinate: field }: FieldQuestion,
  request: ModelRequest,
  bounds: CallBounds,
): Promise<Completion> {
  try {
    const of = { alias, caller, prompt: prompt.name, field, stickyKey, requestId };
    return await models.complete({ ...bounds, ...of, request });
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

/**
 * An answer that leaks its instructions is not corrected. The text of a refusal is not even logged: it may quote the
 * input.
 */
function readAnswer({ output }: FieldQuestion, messages: readonly Message[], answer: Completion): OutputReading {
  refuseLeaks(output.form, messages, textOf(answer));
  const reading = output.read(answer);
  if (reading.kind !== 'refused' || answer.refusal === undefined) return reading;
  return { kind: 'refused', detail: 'the model refused with a text' };
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

/** An answer that was cut at its limit would be cut again. */
function mayRepair(answer: Completion, { deadline }: CallBounds): boolean {
  return answer.finishReason !== 'length' && !deadline.passed;
}

/** @throws GatewayError if no part of the answer is usable, and the error has no place within it */
export function toAnswer(reading: OutputReading, provenance: Provenance): FieldAnswer {
  switch (reading.kind) {
    case 'valid':
      return { value: reading.value, isComplete: true, provenance };
    case 'partial':
      return { value: reading.value, isComplete: false, provenance };
    case 'invalid': {
      if (reading.value !== undefined) return { value: reading.value, isComplete: false, provenance };
      const [problem] = reading.problems;
      const detail =
        problem === undefined ? 'the answer is not valid' : `${problem.path.join('.')}: ${problem.message}`;
      throw new GatewayError('AI_OUTPUT_INVALID', { detail });
    }
    case 'refused':
      throw new GatewayError('AI_OUTPUT_REFUSED', { detail: reading.detail });
    default:
      return unreachable(reading);
  }
}

function provenanceOf(question: FieldQuestion, request: ModelRequest, answers: readonly Completion[]): Provenance {
  const last = answers.at(-1) as Completion;
  return {
    model: last.model,
    prompt: question.prompt.name,
    cached: last.cache === 'exact' || last.cache === 'semantic' || last.cache === 'shared' ? last.cache : false,
    costNanoUsd: answers.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0n),
    usage: answers.map(({ usage }) => usage).reduce(addUsage),
    attempts: answers.reduce((sum, { attempts }) => sum + attempts, 0),
    durationMs: answers.reduce((sum, { durationMs }) => sum + durationMs, 0),
    ...(answers.length > 1 ? { repaired: true } : {}),
    texts: { messages: request.messages, answer: textOf(last) },
  };
}

export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    ...sumOf('cachedInputTokens', a, b),
    ...sumOf('reasoningTokens', a, b),
    source: a.source === 'reported' && b.source === 'reported' ? 'reported' : 'estimated',
  };
}

/** A number that neither call reported is unknown, not 0. */
function sumOf(part: 'cachedInputTokens' | 'reasoningTokens', a: Usage, b: Usage): Partial<Usage> {
  if (a[part] === undefined && b[part] === undefined) return {};
  return { [part]: (a[part] ?? 0) + (b[part] ?? 0) };
}
