/**
 * What plans cost in money, and who answers for what a run of one spends. The engine only says when: a plan is compiled once,
 * a run begins before anything of it is sent, and ends however the run did.
 */
import type { VariableValues } from '../limits/index.ts';
import type { OperationPlan } from '../planning/index.ts';
import type { RequestContext } from '../transport/index.ts';

export interface PlanPrices {
  /** @returns undefined where nothing of the plan costs money */
  compile(plan: OperationPlan): PlanPrice | undefined;
}

export interface PlanPrice {
  /** The most that a run costs a caller without credentials, in nano-dollars. */
  estimate(values: VariableValues): bigint;
  /** What that is made of, for a reader. */
  places(values: VariableValues): readonly PricedPlace[];
  /** @throws GatewayError where it costs too much to run */
  begin(values: VariableValues, context: RequestContext): PricedRun;
}

/** A field that costs money, where an operation selects it. */
export interface PricedPlace {
  /** By the names of fields: `products.reviews.sentiment`. */
  readonly path: string;
  readonly coordinate: string;
  /** The most objects that it is answered for. */
  readonly items: number;
  /** The most that all of them cost, in nano-dollars. */
  readonly nanoUsd: bigint;
  /** What may be asked, one for each version of its prompt. */
  readonly calls: readonly { readonly prompt: string; readonly model: string }[];
}

export interface PricedRun {
  /** The most that the run costs. */
  readonly nanoUsd: number;
  /** Takes room for the run now, where Redis is asked for it: for a request that asks Redis anyway. Never rejects. */
  readonly reserve: () => Promise<unknown> | undefined;
  /** What the plan's requests are made with. */
  readonly context: RequestContext;
  /** Gives back what was held for the run. */
  end(): void;
}
