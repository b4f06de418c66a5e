/** What of a request is made to fit whatever wire it goes by: fields without a place, and the model's own bounds. */
import type { ModelRequest, ReasoningEffort } from '../model-call/index.ts';
import type { Adaptation } from './adaptation.ts';
import { effortOfBudget, factsOfModel, nearestEffort } from './model-facts.ts';

type Draft = { -readonly [Name in keyof ModelRequest]: ModelRequest[Name] };

/** Tells of what is not in the request any more, whoever is sent it. */
export function tellRemoved({ removed = [] }: ModelRequest, adaptation: Adaptation): void {
  for (const name of removed) adaptation.leaveOut(name);
}

/** Tells which tools take another form, and leaves out the fields of the client's body that change nothing of what is asked. */
export function withoutOptional(request: ModelRequest, adaptation: Adaptation): ModelRequest {
  const { optional, ...rest } = request;
  for (const name of request.wire?.adapts ?? []) if (name.startsWith('tools')) adaptation.change(name, 'function');
  if (optional === undefined) return request;
  for (const name of optional) adaptation.leaveOut(name);
  return rest;
}

/** No more than the model can write: a bound above that one asks for nothing else. */
export function withinOutputLimit(model: string, request: ModelRequest, adaptation: Adaptation): ModelRequest {
  const most = adaptation.outputLimit ?? factsOfModel(model).maxOutputTokens;
  const bound = request.maxOutputTokens;
  if (most === undefined || bound === undefined || bound <= most) return request;
  adaptation.change('max_tokens', most);
  const fitted: Draft = { ...request, maxOutputTokens: most };
  const budget = request.reasoning?.budgetTokens;
  // The same share of the answer as before.
  if (budget !== undefined && budget >= most) {
    const budgetTokens = Math.floor((most * Math.min(budget, bound - 1)) / bound);
    adaptation.change('thinking.budget_tokens', budgetTokens);
    fitted.reasoning = { ...request.reasoning, budgetTokens };
  }
  return fitted;
}

/** What OpenAI's wires have words for. */
const effortsOfWire: readonly ReasoningEffort[] = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'];

/** For wires that know efforts and no budgets: the nearest effort that the model takes, or none for one that takes none. */
export function withEffort(model: string, request: ModelRequest, adaptation: Adaptation): ModelRequest {
  const { reasoning, effort: answerEffort, ...rest } = request;
  const { efforts } = factsOfModel(model);
  const requestedEffort =
    reasoning?.effort ?? (reasoning?.budgetTokens === undefined ? undefined : effortOfBudget(reasoning.budgetTokens));
  const alwaysReasons = efforts !== undefined && efforts.length > 0 && !efforts.includes('none');
  if (answerEffort !== undefined && !(requestedEffort === undefined && alwaysReasons))
    adaptation.leaveOut('output_config.effort');
  // A model that always reasons is not switched on by it.
  const effort = requestedEffort ?? (alwaysReasons ? answerEffort : undefined);
  if (effort === undefined) return rest;
  const name = reasoning?.budgetTokens !== undefined ? 'thinking.budget_tokens' : 'reasoning_effort';
  const nearest = nearestEffort(effort, efforts ?? effortsOfWire);
  if (nearest === undefined) {
    // A model that does not reason needs not be told so.
    if (effort !== 'none') adaptation.leaveOut(name);
    return rest;
  }
  if (nearest !== reasoning?.effort)
    adaptation.change(reasoning === undefined ? 'output_config.effort' : name, nearest);
  return { ...rest, reasoning: { effort: nearest } };
}
