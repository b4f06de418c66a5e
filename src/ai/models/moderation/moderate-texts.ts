/**
 * Moderation for applications: by the moderation model of a provider that has some, else by a model that is asked for its
 * judgement, as the guardrail of the gateway asks it.
 */
import { GatewayError } from '../../../errors/index.ts';
import type { Completion, Moderation, ModerationCompletion } from '../../model-call/index.ts';
import type { ListedModel, ModelClient, ModerationCall } from '../model-call.ts';
import { judgeText } from './moderate-by-model.ts';

/** Ids of models that only judge. */
const judges = /moderation/i;

/** Whether the alias's model is a moderation model of its provider. */
export function isJudge({ targets }: ListedModel): boolean {
  const [first] = targets;
  return first !== undefined && judges.test(first);
}

/** Asks a model of completions, once a text. @param client one without guardrails: what is judged is not judged before */
export async function moderateByJudgement(
  client: ModelClient,
  alias: string,
  { texts, ...context }: ModerationCall,
): Promise<ModerationCompletion> {
  const judged = await Promise.all(
    texts.map((text) => judgeText(client, text, { ...context, alias }).catch(asInvalid)),
  );
  const results = judged.map(({ judgement: { flagged, categories } }): Moderation['results'][number] => ({
    flagged,
    categories: Object.fromEntries(categories.map((name) => [name, true])),
    scores: Object.fromEntries(categories.map((name) => [name, flagged ? 1 : 0])),
  }));
  const [first] = judged;
  if (first === undefined) throw new GatewayError('AI_REQUEST_INVALID', { message: 'There is no text to judge.' });
  return {
    ...summed(
      judged.map(({ answer }) => answer),
      first.answer,
    ),
    results,
  };
}

function asInvalid(error: unknown): never {
  if (error instanceof GatewayError) throw error;
  const isForm = error instanceof SyntaxError || error instanceof TypeError;
  throw isForm
    ? new GatewayError('AI_OUTPUT_INVALID', { message: 'The moderation model’s answer is no judgement.', cause: error })
    : error;
}

function summed(answers: readonly Completion[], { model, cache }: Completion): Omit<ModerationCompletion, 'results'> {
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
