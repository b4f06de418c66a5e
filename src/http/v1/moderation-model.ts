import type { ModelClient } from '../../ai/models/index.ts';
import { isOpenAiModerationModel, type ModerationsCall } from '../../ai/wires/openai-moderations/index.ts';

/**
 * The alias of the model that judges a moderation request. `undefined` stands for the model of
 * `ai.guardrails.moderation`: the client names no model, or one of OpenAI's that is no alias here.
 */
export function moderationModel({ model }: ModerationsCall, models: ModelClient): string | undefined {
  return model === undefined || (isOpenAiModerationModel(model) && !models.has(model)) ? undefined : model;
}
