/** Adapts a request to an AI SDK package and its model before it is converted to the package's form. */

import type { Adaptation } from '../../fitting/index.ts';
import {
  effortOfBudget,
  factsOfModel,
  limitMarks,
  mapRequest,
  markedAtEnd,
  moveToolMarks,
  nearestEffort,
  reportRemoved,
  withinOutputLimit,
  withoutCacheMarks,
  withoutOptional,
} from '../../fitting/index.ts';
import type { CacheMark, ModelRequest } from '../../model-call/index.ts';
import type { AiSdkPackageFacts } from './package-dialect.ts';

type Draft = { -readonly [Name in keyof ModelRequest]: ModelRequest[Name] };

export function isAnthropicModel(model: string): boolean {
  return /anthropic|claude/i.test(model);
}

export function fitForAiSdk(
  model: string,
  request: ModelRequest,
  facts: AiSdkPackageFacts,
  adaptation: Adaptation,
): ModelRequest {
  reportRemoved(request, adaptation);
  const reduced = withoutOptional(request, adaptation);
  const bounded = adaptation.policy === 'refuse' ? reduced : withinOutputLimit(model, reduced, adaptation);
  const marked = withSupportedMarks(model, bounded, facts, adaptation);
  const thinking = adaptation.policy === 'refuse' ? marked : withSupportedBudget(model, marked, facts, adaptation);
  return withSupportedEffort(model, thinking, facts, adaptation);
}

/** Bedrock supports prompt caching for these models only; others refuse a cache point. */
const cachesOnBedrock = /anthropic|claude|nova/i;
/** The models for which it supports a TTL of an hour. */
const cachesForAnHour = /claude-(?:(?:opus|sonnet|haiku)-4-[5-9]|(?:opus|sonnet|haiku|fable)-[5-9])/i;

function withSupportedMarks(
  model: string,
  request: ModelRequest,
  { dialect }: AiSdkPackageFacts,
  adaptation: Adaptation,
): ModelRequest {
  if (dialect !== 'bedrock' || !cachesOnBedrock.test(model)) return withoutCacheMarks(request, adaptation);
  const { cache, ...unmarkedRequest } = moveToolMarks(request);
  const last = unmarkedRequest.messages.at(-1);
  const atEnd =
    cache === undefined || last === undefined
      ? unmarkedRequest
      : { ...unmarkedRequest, messages: unmarkedRequest.messages.with(-1, markedAtEnd(last, cache)) };
  const within = limitMarks(atEnd, adaptation);
  if (cachesForAnHour.test(model)) return within;
  let isShorter = false;
  const shorter = mapRequest(within, (mark): CacheMark | undefined => {
    if (mark?.ttl !== '1h') return mark;
    isShorter = true;
    return { ttl: '5m' };
  });
  if (!isShorter) return within;
  adaptation.change('cache_control.ttl', '5m');
  return shorter;
}

/** The nearest budget that the model accepts, or the nearest effort for packages without budgets. */
function withSupportedBudget(
  model: string,
  request: ModelRequest,
  { dialect }: AiSdkPackageFacts,
  adaptation: Adaptation,
): ModelRequest {
  const requestedBudget = request.reasoning?.budgetTokens;
  if (requestedBudget === undefined || request.reasoning?.effort !== undefined) return request;
  const takesBudgets =
    dialect === 'gemini' || dialect === 'cohere' || (dialect === 'bedrock' && isAnthropicModel(model));
  if (!takesBudgets) {
    const effort = effortOfBudget(requestedBudget);
    adaptation.change('thinking.budget_tokens', effort);
    return { ...request, reasoning: { effort } };
  }
  const { budget } = factsOfModel(model);
  if (budget === undefined || (requestedBudget >= budget.min && requestedBudget <= budget.max)) return request;
  const budgetTokens = Math.max(budget.min, Math.min(budget.max, requestedBudget));
  adaptation.change('thinking.budget_tokens', budgetTokens);
  return { ...request, reasoning: { budgetTokens } };
}

/** Only some of Anthropic's models accept an effort of the whole answer. */
function withSupportedEffort(
  model: string,
  request: ModelRequest,
  { dialect }: AiSdkPackageFacts,
  adaptation: Adaptation,
): ModelRequest {
  const { effort, ...requestFields } = request;
  if (effort === undefined) return request;
  const isAnthropic = dialect === 'bedrock' && isAnthropicModel(model);
  const { answerEfforts } = factsOfModel(model);
  const nearest = isAnthropic && effort !== 'none' ? nearestEffort(effort, answerEfforts ?? [effort]) : undefined;
  if (nearest === undefined) {
    adaptation.omit('output_config.effort');
    return requestFields;
  }
  if (nearest !== effort) adaptation.change('output_config.effort', nearest);
  const fitted: Draft = { ...requestFields, effort: nearest };
  return fitted;
}
