/** A request in the one form, made to fit an AI SDK package and its model before it is written in the package's words. */

import type { Adaptation } from '../../fitting/index.ts';
import {
  effortOfBudget,
  factsOfModel,
  mapRequest,
  markedAtEnd,
  marksOffTools,
  nearestEffort,
  tellRemoved,
  withinMarks,
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
  tellRemoved(request, adaptation);
  const reduced = withoutOptional(request, adaptation);
  const bounded = adaptation.policy === 'refuse' ? reduced : withinOutputLimit(model, reduced, adaptation);
  const marked = withTakenMarks(model, bounded, facts, adaptation);
  const thinking = adaptation.policy === 'refuse' ? marked : withTakenBudget(model, marked, facts, adaptation);
  return withTakenEffort(model, thinking, facts, adaptation);
}

/** Bedrock has caches for these alone; other models refuse the point. */
const cachesOnBedrock = /anthropic|claude|nova/i;
/** What it keeps for an hour, it keeps for these. */
const cachesForAnHour = /claude-(?:(?:opus|sonnet|haiku)-4-[5-9]|(?:opus|sonnet|haiku|fable)-[5-9])/i;

function withTakenMarks(
  model: string,
  request: ModelRequest,
  { dialect }: AiSdkPackageFacts,
  adaptation: Adaptation,
): ModelRequest {
  if (dialect !== 'bedrock' || !cachesOnBedrock.test(model)) return withoutCacheMarks(request, adaptation);
  const { cache, ...unmarkedRequest } = marksOffTools(request);
  const last = unmarkedRequest.messages.at(-1);
  const atEnd =
    cache === undefined || last === undefined
      ? unmarkedRequest
      : { ...unmarkedRequest, messages: unmarkedRequest.messages.with(-1, markedAtEnd(last, cache)) };
  const within = withinMarks(atEnd, adaptation);
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

/** A budget that the model takes, or the nearest effort where the package knows no budgets. */
function withTakenBudget(
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
  if (budget === undefined || (requestedBudget >= budget.least && requestedBudget <= budget.most)) return request;
  const budgetTokens = Math.max(budget.least, Math.min(budget.most, requestedBudget));
  adaptation.change('thinking.budget_tokens', budgetTokens);
  return { ...request, reasoning: { budgetTokens } };
}

/** Only Anthropic's models take an effort of the whole answer, and not all of them. */
function withTakenEffort(
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
    adaptation.leaveOut('output_config.effort');
    return requestFields;
  }
  if (nearest !== effort) adaptation.change('output_config.effort', nearest);
  const fitted: Draft = { ...requestFields, effort: nearest };
  return fitted;
}
