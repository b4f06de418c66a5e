/**
 * Resolves one field by a model call: renders the prompt, parses the answer by the field's type, and if it does not fit,
 * requests one correction. Parts that are still invalid become errors at their paths; valid parts are returned.
 */
import { GatewayError } from '../../../errors/index.ts';
import { unreachable } from '../../../lib/index.ts';
import {
  BudgetExceeded,
  type Completion,
  type Message,
  type ModelRequest,
  textOf,
  type Usage,
  userText,
} from '../../model-call/index.ts';
import type { ModelClient } from '../../models/index.ts';
import { type OutputReading, repairMessage } from '../output/field-output.ts';
import type { FieldAnswer, FieldBounds, FieldQuestion, Provenance } from './field-question.ts';
import { fitInput } from './fit-input.ts';
import { ask, refuseLeaks, requestOf } from './question-call.ts';

/** Characters of an invalid answer that are sent back with its problems: they are paid for as input. */
const maxRepeated = 10_000;

/**
 * @param isFirst whether this is the first attempt at an answer
 * @throws GatewayError of the model client's codes, `AI_INPUT_TOO_LONG`, `AI_OUTPUT_INVALID` or `AI_OUTPUT_REFUSED`
 */
export async function askModel(
  models: ModelClient,
  question: FieldQuestion,
  bounds: FieldBounds,
  isFirst = true,
): Promise<FieldAnswer> {
  const whole = requestOf(question, question.prompt.render(question.values));
  if (whole.messages.length === 0) {
    const detail = `the prompt "${question.prompt.name}" comes to no text with what the field reads`;
    throw new GatewayError('AI_REQUEST_INVALID', { detail });
  }
  const { request, parts } = await fitInput(models, question, whole, bounds);
  const first = await ask(models, question, request, bounds, isFirst ? [question.coordinate] : []);
  const reading = readAnswer(question, request.messages, first);
  if (reading.kind === 'valid' || reading.kind === 'refused' || !mayRepair(first, bounds)) {
    return toAnswer(reading, provenanceOf(question, request, [...parts, first], false));
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
  if (second instanceof GatewayError)
    return toAnswer(reading, provenanceOf(question, request, [...parts, first], false));
  const repaired = readAnswer(question, request.messages, second);
  const best = reading.kind === 'partial' && repaired.kind !== 'valid' ? reading : repaired;
  return toAnswer(best, provenanceOf(question, repair, [...parts, first, second], true));
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

/** An answer that was cut at its limit would be cut again. */
function mayRepair(answer: Completion, { deadline }: FieldBounds): boolean {
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

function provenanceOf(
  question: FieldQuestion,
  request: ModelRequest,
  answers: readonly Completion[],
  isRepaired: boolean,
): Provenance {
  const last = answers.at(-1) as Completion;
  return {
    model: last.model,
    prompt: question.prompt.name,
    cached: last.cache === 'exact' || last.cache === 'semantic' || last.cache === 'shared' ? last.cache : false,
    costNanoUsd: answers.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0n),
    usage: answers.map(({ usage }) => usage).reduce(addUsage),
    attempts: answers.reduce((sum, { attempts }) => sum + attempts, 0),
    durationMs: answers.reduce((sum, { durationMs }) => sum + durationMs, 0),
    ...(isRepaired ? { repaired: true } : {}),
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
