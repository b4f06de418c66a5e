/**
 * Configures thinking within the priced bound: `max_tokens` includes thinking. A model accepts an effort (`adaptive`),
 * a budget in tokens (`enabled`), or neither, by its generation.
 */
import { type Adaptation, type ClaudeFacts, nearestEffort } from '../../fitting/index.ts';
import { type JsonObject, type ModelRequest, ProviderFailure, type ReasoningEffort } from '../../model-call/index.ts';

/** The minimum thinking budget of Anthropic's models. */
const minThinkingTokens = 1_024;

/** The share of the model's maximum output that an effort stands for, for models that only accept budgets. */
const shares: Readonly<Record<Exclude<ReasoningEffort, 'none'>, number>> = {
  minimal: 0.02,
  low: 0.1,
  medium: 0.3,
  high: 0.6,
  xhigh: 0.9,
  max: 0.95,
};

const effortsWithoutXhigh: readonly ReasoningEffort[] = ['low', 'medium', 'high', 'max'];
const allEfforts: readonly ReasoningEffort[] = ['low', 'medium', 'high', 'xhigh', 'max'];

export interface Thinking {
  readonly maxTokens: number;
  readonly thinking: JsonObject | undefined;
  /** `output_config.effort`. */
  readonly effort: string | undefined;
}

/** @throws ProviderFailure of kind `unsupported` */
export function thinkingFor(
  model: string,
  request: ModelRequest,
  facts: ClaudeFacts,
  adaptation: Adaptation,
): Thinking {
  const { maxOutputTokens: bound, effort: answerEffort, reasoning } = request;
  const maxTokens = bound ?? facts.maxOutputTokens;
  const { budgetTokens: budget, effort } = reasoning ?? {};
  const plain: Thinking = { maxTokens, thinking: undefined, effort: answerEffort };
  if (budget !== undefined) {
    if (effort !== undefined) throw refusal('reasoning.effort together with reasoning.budgetTokens');
    return budget === 0
      ? withoutThinking(model, plain, facts, adaptation)
      : withBudget(model, plain, budget, bound, facts, adaptation);
  }
  if (effort === undefined) return plain;
  // An effort of the whole answer also determines how much the model thinks.
  if (answerEffort !== undefined) {
    return effort === 'none' ? withoutThinking(model, plain, facts, adaptation) : plain;
  }
  if (effort === 'none') return minimalThinking(model, plain, facts, adaptation);
  if (facts.adaptiveThinking) return withEffort(plain, effort, facts, adaptation);
  return withShare(plain, effort, bound, facts, adaptation);
}

/** Whether the request disables thinking, by `none` beside an effort of the whole answer or by a budget of zero. */
function withoutThinking(model: string, plain: Thinking, facts: ClaudeFacts, adaptation: Adaptation): Thinking {
  if (facts.disablesThinking === 'never') {
    adaptation.omit('thinking', `thinking (it cannot be disabled for ${model})`);
    if (!facts.thinksBetweenTools) return plain;
    return withinHighEffort({ ...plain, thinking: { type: 'between_tools' } }, adaptation);
  }
  const disabled: Thinking = { ...plain, thinking: { type: 'disabled' } };
  return facts.disablesThinking === 'always' ? disabled : withinHighEffort(disabled, adaptation);
}

/** These thinking modes do not allow an effort above `high`. */
function withinHighEffort(thinking: Thinking, adaptation: Adaptation): Thinking {
  if (thinking.effort !== 'xhigh' && thinking.effort !== 'max') return thinking;
  adaptation.change('output_config.effort', 'high');
  return { ...thinking, effort: 'high' };
}

/** `reasoning.effort: none`: the least thinking that the model supports. */
function minimalThinking(model: string, plain: Thinking, facts: ClaudeFacts, adaptation: Adaptation): Thinking {
  if (facts.disablesThinking !== 'never') return { ...plain, thinking: { type: 'disabled' } };
  adaptation.omit('reasoning_effort', `reasoning (thinking cannot be disabled for ${model})`);
  return facts.thinksBetweenTools ? { ...plain, thinking: { type: 'between_tools' } } : { ...plain, effort: 'low' };
}

function withEffort(plain: Thinking, effort: ReasoningEffort, facts: ClaudeFacts, adaptation: Adaptation): Thinking {
  const nearest = nearestEffort(effort, facts.xhighEffort ? allEfforts : effortsWithoutXhigh);
  // A neighbouring effort is no reason to refuse a request.
  if (nearest !== effort && nearest !== undefined && adaptation.policy !== 'refuse') {
    adaptation.change('reasoning_effort', nearest);
  }
  return { ...plain, thinking: { type: 'adaptive', display: 'summarized' }, effort: nearest };
}

/** A budget from the request. */
function withBudget(
  model: string,
  plain: Thinking,
  budget: number,
  bound: number | undefined,
  facts: ClaudeFacts,
  adaptation: Adaptation,
): Thinking {
  if (bound !== undefined && bound <= budget) {
    throw refusal(`maxOutputTokens ${bound} with a reasoning budget of ${budget} tokens within it`);
  }
  if (!facts.budgetThinking) {
    if (adaptation.policy === 'refuse') throw refusal(`thinking.budget_tokens (${model} knows no budgets)`);
    adaptation.change('thinking.budget_tokens', 'adaptive');
    const maxTokens = bound === undefined ? plain.maxTokens : bound - budget;
    return { ...plain, maxTokens, thinking: { type: 'adaptive' } };
  }
  return { ...plain, maxTokens: bound ?? withThinkingOnTop(budget, facts), thinking: enabled(budget) };
}

/** The budget of an effort: the same share of the bound as of the model's maximum output. */
function withShare(
  plain: Thinking,
  effort: keyof typeof shares,
  bound: number | undefined,
  facts: ClaudeFacts,
  adaptation: Adaptation,
): Thinking {
  const largest = facts.maxOutputTokens;
  const budget = Math.min(largest, Math.max(minThinkingTokens, Math.round(largest * shares[effort])));
  if (bound === undefined) return { ...plain, maxTokens: withThinkingOnTop(budget, facts), thinking: enabled(budget) };
  const whole = facts.isListed ? Math.min(largest, bound + budget) : bound + budget;
  const within = Math.max(minThinkingTokens, Math.floor((budget * bound) / whole));
  if (within < bound) return { ...plain, thinking: enabled(within) };
  adaptation.omit('reasoning_effort', `reasoning.effort within maxOutputTokens ${bound}`);
  return plain;
}

/** If the request has no bound, the thinking budget is added to the maximum output that is certainly accepted. */
function withThinkingOnTop(budget: number, { isListed, maxOutputTokens }: ClaudeFacts): number {
  return isListed ? maxOutputTokens : maxOutputTokens + budget;
}

function enabled(budget: number): JsonObject {
  return { type: 'enabled', budget_tokens: budget };
}

function refusal(detail: string): ProviderFailure {
  return new ProviderFailure({ kind: 'unsupported', detail });
}
