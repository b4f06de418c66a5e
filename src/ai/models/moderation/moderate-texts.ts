/**
 * Moderation for applications: with a provider's moderation model, or by prompting a text model as the moderation
 * guardrail does.
 */
import { GatewayError } from '../../../errors/index.ts';
import type { Completion, Moderation, ModerationCompletion } from '../../model-call/index.ts';
import type { ListedModel, ModelClient, ModerationCall } from '../model-call.ts';
import { judgeText } from './moderate-by-model.ts';

/** Matches the ids of moderation models. */
const moderationId = /moderation/i;

/** Whether the alias's model is a moderation model of its provider. */
export function isModerationModel({ targets }: ListedModel): boolean {
  const [first] = targets;
  return first !== undefined && moderationId.test(first);
}

/** Prompts a text model, once per text. @param client one without guardrails, which would block the texts to be moderated */
export async function moderateByPrompt(
  client: ModelClient,
  alias: string,
  { texts, ...context }: ModerationCall,
): Promise<ModerationCompletion> {
  const judgements = await Promise.all(
    texts.map((text) => judgeText(client, text, { ...context, alias }).catch(throwInvalid)),
  );
  const results = judgements.map(({ judgement: { flagged, categories } }): Moderation['results'][number] => ({
    flagged,
    categories: Object.fromEntries(categories.map((name) => [name, true])),
    scores: Object.fromEntries(categories.map((name) => [name, flagged ? 1 : 0])),
  }));
  const [first] = judgements;
  if (first === undefined) throw new GatewayError('AI_REQUEST_INVALID', { message: 'There is no text to moderate.' });
  return {
    ...sumSummaries(
      judgements.map(({ answer }) => answer),
      first.answer,
    ),
    results,
  };
}

function throwInvalid(error: unknown): never {
  if (error instanceof GatewayError) throw error;
  const isForm = error instanceof SyntaxError || error instanceof TypeError;
  throw isForm
    ? new GatewayError('AI_OUTPUT_INVALID', { message: 'The moderation model’s answer is invalid.', cause: error })
    : error;
}

function sumSummaries(
  answers: readonly Completion[],
  { model, cache }: Completion,
): Omit<ModerationCompletion, 'results'> {
  let [inputTokens, outputTokens, attempts, costNanoUsd, durationMs] = [0, 0, 0, 0n, 0];
  for (const answer of answers) {
    inputTokens += answer.usage.inputTokens;
    outputTokens += answer.usage.outputTokens;
    attempts += answer.attempts;
    costNanoUsd += answer.costNanoUsd;
    durationMs = Math.max(durationMs, answer.durationMs);
  }
  const isReported = answers.every(({ usage }) => usage.source === 'reported');
  const usage = { inputTokens, outputTokens, source: isReported ? ('reported' as const) : ('estimated' as const) };
  return { usage, model, cache, attempts, costNanoUsd, durationMs };
}
