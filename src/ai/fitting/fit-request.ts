/** Adapts what is independent of the wire: fields without an equivalent, and the model's own bounds. */
import type { ModelRequest, ReasoningEffort } from '../model-call/index.ts';
import type { Adaptation } from './adaptation.ts';
import { effortOfBudget, factsOfModel, nearestEffort } from './model-facts.ts';

type Draft = { -readonly [Name in keyof ModelRequest]: ModelRequest[Name] };

/** Reports the fields that were removed from the request before. */
export function reportRemoved({ removed = [] }: ModelRequest, adaptation: Adaptation): void {
  for (const name of removed) adaptation.omit(name);
}

/** Reports converted tools, and omits the fields of the client's body without effect on the answer. */
export function withoutOptional(request: ModelRequest, adaptation: Adaptation): ModelRequest {
  const { optional, ...required } = request;
  for (const name of request.wire?.adapts ?? []) if (name.startsWith('tools')) adaptation.change(name, 'function');
  if (optional === undefined) return request;
  for (const name of optional) adaptation.omit(name);
  return required;
}

/** Lowers an output bound above the model's maximum, without effect on the answer. */
export function withinOutputLimit(model: string, request: ModelRequest, adaptation: Adaptation): ModelRequest {
  const limit = adaptation.outputLimit ?? factsOfModel(model).maxOutputTokens;
  const bound = request.maxOutputTokens;
  if (limit === undefined || bound === undefined || bound <= limit) return request;
  adaptation.change('max_tokens', limit);
  const adapted: Draft = { ...request, maxOutputTokens: limit };
  const budget = request.reasoning?.budgetTokens;
  // The budget keeps its share of the answer.
  if (budget !== undefined && budget >= limit) {
    const budgetTokens = Math.floor((limit * Math.min(budget, bound - 1)) / bound);
    adaptation.change('thinking.budget_tokens', budgetTokens);
    adapted.reasoning = { ...request.reasoning, budgetTokens };
  }
  return adapted;
}

/** The efforts of OpenAI's wires. */
const effortsOfWire: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'];

/** For wires with efforts and no budgets: the nearest effort that the model supports, or none if it does not reason. */
export function withEffort(model: string, request: ModelRequest, adaptation: Adaptation): ModelRequest {
  const { reasoning, effort: answerEffort, ...withoutEfforts } = request;
  const { efforts } = factsOfModel(model);
  const requestedEffort =
    reasoning?.effort ?? (reasoning?.budgetTokens === undefined ? undefined : effortOfBudget(reasoning.budgetTokens));
  const alwaysReasons = efforts !== undefined && efforts.length > 0 && !efforts.includes('none');
  if (answerEffort !== undefined && !(requestedEffort === undefined && alwaysReasons))
    adaptation.omit('output_config.effort');
  // For a model that always reasons, the effort of the whole answer applies to its reasoning.
  const effort = requestedEffort ?? (alwaysReasons ? answerEffort : undefined);
  if (effort === undefined) return withoutEfforts;
  const name = reasoning?.budgetTokens !== undefined ? 'thinking.budget_tokens' : 'reasoning_effort';
  const nearest = nearestEffort(effort, efforts ?? effortsOfWire);
  if (nearest === undefined) {
    // A model without reasoning already satisfies `none`.
    if (effort !== 'none') adaptation.omit(name);
    return withoutEfforts;
  }
  if (nearest !== reasoning?.effort)
    adaptation.change(reasoning === undefined ? 'output_config.effort' : name, nearest);
  return { ...withoutEfforts, reasoning: { effort: nearest } };
}
