/**
 * Adapts a client's request that is forwarded unchanged: only what the endpoint or the model is known to refuse is
 * changed. An unknown endpoint gets every field.
 */

import type { Adaptation } from '../../fitting/index.ts';
import { effortOfBudget, factsOfModel, hasCacheMarks, nearestEffort } from '../../fitting/index.ts';
import type { JsonObject, ModelRequest } from '../../model-call/index.ts';
import { isRecord, recordOf } from '../../model-call/index.ts';
import type { ChatDialect } from '../../wires/shared/index.ts';

const bounds = ['max_completion_tokens', 'max_tokens', 'max_output_tokens'] as const;

export function fitPassed(
  body: JsonObject,
  model: string,
  request: ModelRequest,
  dialect: ChatDialect,
  adaptation: Adaptation,
): JsonObject {
  const { efforts, ...facts } = factsOfModel(model);
  const maxOutputTokens = adaptation.outputLimit ?? facts.maxOutputTokens;
  const isUnknown = !dialect.isVendor && maxOutputTokens === undefined && efforts === undefined;
  if (isUnknown || adaptation.policy === 'refuse') return body;
  const fitted: Record<string, unknown> = { ...body };
  for (const name of bounds) {
    const bound = fitted[name];
    if (maxOutputTokens === undefined || typeof bound !== 'number' || bound <= maxOutputTokens) continue;
    fitted[name] = maxOutputTokens;
    adaptation.change(name, maxOutputTokens);
  }
  for (const name of dialect.lacks) {
    if (!isSet(fitted[name])) continue;
    delete fitted[name];
    adaptation.omit(name);
  }
  fitEffort(fitted, model, request, dialect, adaptation);
  if (!dialect.isVendor) return fitted;
  const isRenamed = dialect.tokenBound === 'max_tokens' || (efforts !== undefined && efforts.length > 0);
  const otherBound = dialect.tokenBound === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens';
  const bound = fitted[otherBound];
  if (isRenamed && isSet(bound)) {
    delete fitted[otherBound];
    fitted[dialect.tokenBound] ??= bound;
    adaptation.change(otherBound, dialect.tokenBound);
  }
  if (Array.isArray(fitted.tools) && fitted.tools.length === 0) {
    for (const name of ['tools', 'tool_choice', 'parallel_tool_calls']) delete fitted[name];
    adaptation.omit('tools');
  }
  if (!hasCacheMarks(request)) return fitted;
  adaptation.omit('cache_control');
  for (const name of ['messages', 'input', 'tools']) if (isSet(fitted[name])) fitted[name] = unmarked(fitted[name]);
  return fitted;
}

/** Replaces an effort that the model or the vendor does not support by the nearest one. */
function fitEffort(
  fitted: Record<string, unknown>,
  model: string,
  { reasoning, wire }: ModelRequest,
  { isVendor }: ChatDialect,
  adaptation: Adaptation,
): void {
  const { efforts } = factsOfModel(model);
  const isChat = wire?.wire === 'openai-chat';
  const isForeign = isChat && isVendor && (isSet(fitted.thinking) || isSet(fitted.reasoning));
  if (efforts === undefined && !isForeign) return;
  const requestedEffort =
    reasoning?.effort ?? (reasoning?.budgetTokens === undefined ? undefined : effortOfBudget(reasoning.budgetTokens));
  if (isForeign) {
    delete fitted.thinking;
    delete fitted.reasoning;
  }
  if (requestedEffort === undefined) return;
  const nearest = efforts === undefined ? requestedEffort : nearestEffort(requestedEffort, efforts);
  if (!isForeign && nearest === requestedEffort) return;
  const name = isSet(reasoning?.budgetTokens)
    ? 'thinking.budget_tokens'
    : isChat
      ? 'reasoning_effort'
      : 'reasoning.effort';
  if (nearest === undefined) {
    for (const field of ['reasoning_effort', 'reasoning', 'thinking']) delete fitted[field];
    if (Array.isArray(fitted.include)) {
      fitted.include = fitted.include.filter((included) => included !== 'reasoning.encrypted_content');
    }
    if (requestedEffort !== 'none') adaptation.omit(name);
    return;
  }
  if (isChat) fitted.reasoning_effort = nearest;
  else fitted.reasoning = { ...recordOf(fitted.reasoning), effort: nearest };
  if (nearest !== reasoning?.effort) adaptation.change(name, nearest);
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Removes every `cache_control`, at the depths where clients write it. */
function unmarked(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmarked);
  if (!isRecord(value)) return value;
  const { cache_control: _, ...fields }: Record<string, unknown> = value;
  for (const name of ['content', 'function', 'tool_calls'] as const) {
    if (typeof fields[name] === 'object') fields[name] = unmarked(fields[name]);
  }
  return fields;
}
