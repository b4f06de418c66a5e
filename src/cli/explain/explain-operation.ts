/** What would be done for an operation, and what it would cost, by a configuration alone: nothing of it runs. */
import { GatewayError } from '../../errors/index.ts';
import { formatUsd } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import { type DocumentPrice, openPricer } from '../../open-pricer.ts';
import type { SupergraphParts } from '../../read-supergraph.ts';
import { type JudgedRequest, type Judgement, openOperationJudge, UnjudgedError } from '../access/judge-operation.ts';
import { type CacheExplanation, explainCache } from './cache-explanation.ts';
import { type PlanStep, planSteps } from './plan-steps.ts';

export interface AiField {
  readonly path: string;
  readonly coordinate: string;
  /** The most objects that it is answered for. */
  readonly items: number;
  readonly usd: string;
  readonly calls: readonly { readonly prompt: string; readonly model: string }[];
}

export interface Explanation {
  readonly operation: string | undefined;
  readonly plan: readonly PlanStep[];
  /** Subgraphs that run in the gateway's process. */
  readonly inProcess: readonly string[];
  readonly cost: {
    readonly points: number;
    /** Infinite where there is no limit. */
    readonly max: number;
    readonly subgraphs: Readonly<Record<string, number>>;
    readonly usd: string;
    readonly ai: readonly AiField[];
    /** Why a gateway refuses it for that. */
    readonly refusals: readonly string[];
  };
  readonly access: Judgement;
  readonly cache: CacheExplanation;
}

/** @throws UnjudgedError where the operation is not one that a gateway would run */
export async function explainOperation(
  parts: SupergraphParts,
  request: JudgedRequest,
  log: Logger,
): Promise<Explanation> {
  const judge = await openOperationJudge(parts, log);
  try {
    const access = await judge.judge(request);
    const pricer = await openPricer(parts, { log });
    try {
      const { operationName, query, variables } = request;
      const denials = access.kind === 'judged' ? access.denials : undefined;
      const prices = await pricer.price(query, variables, denials).catch(refusedPlan);
      if (typeof prices === 'string') throw new UnjudgedError(prices);
      const price = operationName === undefined ? prices[0] : prices.find((each) => each.operation === operationName);
      if (price === undefined) throw new UnjudgedError('the document has no such operation');
      return explanationOf(parts, price, pricer.max, access);
    } finally {
      await pricer.close();
    }
  } finally {
    await judge.close();
  }
}

function refusedPlan(error: unknown): never {
  if (error instanceof GatewayError) throw new UnjudgedError(`${error.code}: ${error.message}`);
  throw error;
}

function explanationOf(
  parts: SupergraphParts,
  { operation, estimated, subgraphs, nanoUsd, places, plan, refusals }: DocumentPrice,
  max: number,
  access: Judgement,
): Explanation {
  const ai = places.map(({ nanoUsd: most, ...place }) => ({ ...place, usd: formatUsd(most) }));
  return {
    operation,
    plan: planSteps(plan),
    inProcess: parts.config.subgraphs.flatMap(({ kind, name }) => (kind === 'http' ? [] : [name])),
    cost: { points: estimated, max, subgraphs: Object.fromEntries(subgraphs), usd: formatUsd(nanoUsd), ai, refusals },
    access,
    cache: explainCache(parts, plan),
  };
}
