import type { ModelRequest, Usage } from '../../model-call/index.ts';
import { estimateTokens, estimateUsage } from '../../tokens/index.ts';
import { readUsage, type UsageDialect } from './read-usage.ts';

/** The usage of an interrupted call: the reported counts, with the output since then estimated. */
export function partialUsage(dialect: UsageDialect, counts: unknown, request: ModelRequest, answer: string): Usage {
  const reported = readUsage(dialect, counts);
  if (reported === undefined) return estimateUsage(request, answer);
  return {
    ...reported,
    outputTokens: Math.max(reported.outputTokens, estimateTokens(answer)),
    source: 'estimated',
  };
}
