/** What an operation cost, where it is told: `extensions.cost` for `isthmus-explain: cost`, response headers, and the log. */
import type { ResolvedConfig } from '../../config/index.ts';
import type { ExecutionOutcome } from '../../execution/index.ts';
import { formatUsd } from '../../lib/index.ts';
import type { OperationCosts, RequestContext } from '../../transport/index.ts';
import { withExtension } from './with-extension.ts';

/** Whether operations may cost money. */
export function hasAiFields({ subgraphs }: ResolvedConfig): boolean {
  return subgraphs.some(({ kind }) => kind === 'ai');
}

/** The answer, with what it cost where the client asked for that, or for nothing else; what was refused before it was priced has no price, not one of 0. */
export function explainCosts(
  outcome: ExecutionOutcome,
  { costs, explain, isDryRun }: RequestContext,
  { namesSubgraphs, hasAi }: { readonly namesSubgraphs: boolean; readonly hasAi: boolean },
): ExecutionOutcome {
  if (costs === undefined || (isDryRun !== true && explain?.has('cost') !== true)) return outcome;
  const { subgraphs, ai, ...points } = costs;
  const isRefused = outcome.kind === 'single' && outcome.result.data === undefined;
  const cost = {
    ...points,
    ...(namesSubgraphs && subgraphs !== undefined ? { subgraphs: Object.fromEntries(subgraphs()) } : {}),
    ...(hasAi && !(isRefused && ai === undefined) ? { ai: aiCost(ai) } : {}),
  };
  if (Object.keys(cost).length === 0) return outcome;
  return withExtension(outcome, { cost });
}

function aiCost(ai: OperationCosts['ai']): Readonly<Record<string, unknown>> {
  if (ai === undefined) return { estimatedUsd: '0', actualUsd: '0', calls: 0, cached: 0 };
  const { nanoUsd, calls, cached, overshootNanoUsd } = ai.account.spending;
  return {
    estimatedUsd: formatUsd(ai.estimatedNanoUsd),
    actualUsd: formatUsd(nanoUsd),
    calls,
    cached,
    ...(overshootNanoUsd === 0n ? {} : { overshootUsd: formatUsd(overshootNanoUsd) }),
  };
}

/** Points where the client asked for them, or the configuration says so for all; dollars where there are AI fields. */
export function costHeaders(
  { limits }: ResolvedConfig,
  { costs, explain }: RequestContext,
): readonly (readonly [string, string])[] {
  const headers: (readonly [string, string])[] = [];
  const showsPoints = limits.cost?.headers === true || explain?.has('cost') === true;
  if (showsPoints && costs?.estimated !== undefined) {
    headers.push(['isthmus-cost-estimated', String(costs.estimated)]);
    headers.push(['isthmus-cost-actual', String(costs.actual ?? 0)]);
  }
  if (costs?.ai !== undefined) {
    headers.push(['isthmus-cost-usd-estimated', formatUsd(costs.ai.estimatedNanoUsd)]);
    headers.push(['isthmus-cost-usd', formatUsd(costs.ai.account.spending.nanoUsd)]);
  }
  return headers;
}
