/** The usage of an AI SDK call: from the provider's counts, else the package's, else estimated and marked as such. */
import type { LanguageModelV4Usage } from '@ai-sdk/provider';
import type { ModelRequest, Usage } from '../../model-call/index.ts';
import { estimateUsage } from '../../tokens/index.ts';
import { partialUsage, readUsage } from '../../wires/shared/index.ts';
import type { AiSdkDialect } from './package-dialect.ts';

/** `raw` is the provider's usage object, if it is available. */
export function aiSdkUsage(
  dialect: AiSdkDialect,
  raw: unknown,
  counted: LanguageModelV4Usage | undefined,
  request: ModelRequest,
  answer: string,
): Usage {
  return (
    (dialect === 'other' ? undefined : readUsage(dialect, raw)) ??
    countedUsage(counted) ??
    estimateUsage(request, answer)
  );
}

/** The usage of an interrupted call: the reported counts, with the output since then estimated. */
export function brokenUsage(dialect: AiSdkDialect, raw: unknown, request: ModelRequest, answer: string): Usage {
  return dialect === 'other' ? estimateUsage(request, answer) : partialUsage(dialect, raw, request, answer);
}

function countedUsage(usage: LanguageModelV4Usage | undefined): Usage | undefined {
  const inputTokens = usage?.inputTokens.total;
  const outputTokens = usage?.outputTokens.total;
  if (!isCount(inputTokens) || !isCount(outputTokens)) return undefined;
  // Packages of other providers write zeros if nothing was reported.
  if (inputTokens + outputTokens === 0) return undefined;
  const { cacheRead, cacheWrite } = usage?.inputTokens ?? {};
  const reasoning = usage?.outputTokens.reasoning;
  return {
    inputTokens,
    outputTokens,
    ...(isPart(cacheRead, inputTokens) ? { cachedInputTokens: cacheRead } : {}),
    ...(isPart(cacheWrite, inputTokens) ? { cacheWriteTokens: cacheWrite } : {}),
    ...(isPart(reasoning, outputTokens) ? { reasoningTokens: reasoning } : {}),
    source: 'reported',
  };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isPart(value: unknown, whole: number): value is number {
  return isCount(value) && value > 0 && value <= whole;
}
