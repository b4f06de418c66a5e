/** How long the answer of an operation may be cached by what schemas and the configuration say, before any subgraph has answered. */
import { type CachePolicy, OperationPolicy, type PolicyRefusal } from '../../cache/index.ts';
import type { OperationPlan } from '../../planning/index.ts';
import type { SupergraphParts } from '../../read-supergraph.ts';
import { policySourcesOf } from '../../runtime/index.ts';

export interface CacheExplanation {
  readonly answer:
    | { readonly kind: 'cached'; readonly maxAgeMs: number; readonly scope: CachePolicy['scope'] }
    | { readonly kind: 'not cached'; readonly reason: PolicyRefusal | 'mutation' | 'off' };
  /** What invalidates it where it is cached, beside what its data brings. */
  readonly tags: readonly string[];
  /** Those of AI fields are left out: they are answered by what they read. */
  readonly requests: readonly {
    /** The step of the plan. */
    readonly number: number;
    readonly subgraph: string;
    /** By its hints; undefined: they say nothing. */
    readonly maxAgeMs: number | undefined;
    readonly scope: CachePolicy['scope'];
    /** Whether its entities and root fields are cached by themselves. */
    readonly isCached: boolean;
  }[];
}

export function explainCache(parts: SupergraphParts, plan: OperationPlan): CacheExplanation {
  const { response, entities } = parts.config.cache;
  const sources = policySourcesOf(parts);
  const policy = new OperationPolicy({ ...sources, defaultMaxAgeMs: response?.defaultMaxAgeMs ?? 0 });
  const now = performance.now();
  for (const { subgraph, operation } of plan.fetches) {
    policy.request(subgraph, operation);
    policy.response(subgraph, undefined, now);
  }
  const isMutation = plan.fetches.some((fetch) => fetch.kind === 'root' && fetch.operationType === 'mutation');
  return {
    answer: answerOf(policy, response?.maxAgeMs, isMutation),
    tags: policy.allTags,
    requests: plan.fetches.flatMap(({ subgraph, operation }, index) => {
      const hints = sources.hints.get(subgraph);
      if (hints === undefined) return [];
      const { hinted } = hints.of(operation);
      const maxAgeMs = hinted?.maxAgeMs === Number.POSITIVE_INFINITY ? undefined : hinted?.maxAgeMs;
      const scope = sources.callerAware.has(subgraph) ? 'private' : (hinted?.scope ?? 'public');
      return [{ number: index + 1, subgraph, maxAgeMs, scope, isCached: entities[subgraph] !== undefined }];
    }),
  };
}

function answerOf(
  policy: OperationPolicy,
  longestMs: number | undefined,
  isMutation: boolean,
): CacheExplanation['answer'] {
  if (isMutation) return { kind: 'not cached', reason: 'mutation' };
  if (longestMs === undefined) return { kind: 'not cached', reason: 'off' };
  const { refusal, result } = policy;
  if (refusal !== undefined) return { kind: 'not cached', reason: refusal };
  // Its clock has gone on for some microseconds.
  const maxAgeMs = Math.min(longestMs, Math.round(result.maxAgeMs / 10) * 10);
  return { kind: 'cached', maxAgeMs, scope: result.scope };
}
