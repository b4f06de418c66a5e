/**
 * The prices of plans with AI fields: compiled once per plan, evaluated with the variables of each request, compared with
 * what it may cost, and handed to its account, which holds room for it in the budgets with the first call that a model has
 * to answer. A request whose answers are all cached holds nothing.
 */
import { anonymous } from '../../access/principal.ts';
import type { PlanPrice, PlanPrices, PricedPlace } from '../../execution/index.ts';
import { evaluate, type PlanLimits, type VariableValues } from '../../limits/index.ts';
import type { OperationPlan } from '../../planning/index.ts';
import type { RequestContext } from '../../transport/index.ts';
import type { Budgets } from '../budgets/index.ts';
import type { PlannedCalls } from '../model-call/index.ts';
import type { Caller, ModelClient } from '../models/index.ts';
import { callPrice } from './call-price.ts';
import { type PlanLine, type PlanLineOptions, planLines } from './plan-lines.ts';
import { tooExpensive } from './too-expensive.ts';

export interface PlanPricesOptions extends PlanLineOptions {
  readonly models: ModelClient;
  readonly budgets: Budgets;
  readonly limits: PlanLimits;
}

/** A line with the values of one request. */
export interface PricedLine {
  readonly line: PlanLine;
  readonly items: number;
  /** Of one item, in nano-dollars: all calls of its first attempt. */
  readonly each: bigint;
}

export function createPlanPrices(options: PlanPricesOptions): PlanPrices {
  return {
    compile(plan) {
      const lines = planLines(plan, options);
      return lines.length === 0 ? undefined : new AiPlanPrice(plan, lines, options);
    },
  };
}

class AiPlanPrice implements PlanPrice {
  readonly #plan: OperationPlan;
  readonly #lines: readonly PlanLine[];
  readonly #options: PlanPricesOptions;

  constructor(plan: OperationPlan, lines: readonly PlanLine[], options: PlanPricesOptions) {
    this.#plan = plan;
    this.#lines = lines;
    this.#options = options;
  }

  estimate(values: VariableValues): bigint {
    return totalOf(this.#price(values, anonymous));
  }

  places(values: VariableValues): readonly PricedPlace[] {
    return this.#price(values, anonymous).map(({ line: { field, path }, items, each }) => ({
      path,
      coordinate: field.coordinate,
      items,
      nanoUsd: BigInt(items) * each,
      calls: field.versions.map(({ prompt, alias }) => ({ prompt, model: alias })),
    }));
  }

  begin(values: VariableValues, context: RequestContext): ReturnType<PlanPrice['begin']> {
    const { budgets } = this.#options;
    const { principal, costs, charges } = context;
    const caller = { id: principal.id, tenant: principal.tenant };
    const lines = this.#price(values, caller);
    const nanoUsd = totalOf(lines);
    const account = context.account ?? budgets.openUnlimited();
    if (costs !== undefined) costs.ai = { estimatedNanoUsd: nanoUsd, account };
    this.#check(lines, nanoUsd, values, { ...context, account });
    account.plan(lines.map((line) => this.#plannedCalls(line, caller)));
    const end = (): void => {
      account.close();
      charges?.settle('usd', Number(account.spending.nanoUsd));
    };
    return { nanoUsd: Number(nanoUsd), reserve: () => account.reserve(), context: { ...context, account }, end };
  }

  #price(values: VariableValues, caller: Caller): readonly PricedLine[] {
    return this.#lines.map((line) => {
      let each = 0n;
      for (const version of line.field.versions) {
        const { nanoUsd = 0n } = callPrice(this.#options.models, version, caller) ?? {};
        const all = nanoUsd * BigInt(version.calls);
        if (all > each) each = all;
      }
      return { line, items: evaluate(line.items, values), each };
    });
  }

  /** @throws AggregateError or GatewayError `AI_COST_ESTIMATED_TOO_EXPENSIVE` */
  #check(lines: readonly PricedLine[], nanoUsd: bigint, values: VariableValues, context: RequestContext): void {
    const { models, limits } = this.#options;
    const refusal = (limitNanoUsd: number, setting: string) =>
      tooExpensive({
        lines,
        nanoUsd,
        limitNanoUsd: BigInt(limitNanoUsd),
        setting,
        plan: this.#plan,
        values,
        totalWith: (changed) => totalOf(this.#price(changed, context.principal)),
        models,
        caller: context.principal,
      });
    const max = context.account?.maxNanoUsd;
    if (max !== undefined && nanoUsd > BigInt(max)) throw refusal(max, 'isthmus-max-usd');
    limits.checkDollars(nanoUsd, context, (limit) => refusal(limit, 'limits.ai_usd'));
  }

  #plannedCalls({ line, items }: PricedLine, caller: Caller): PlannedCalls {
    const { versions, coordinate } = line.field;
    const { models } = this.#options;
    const prices = versions.flatMap((version) => callPrice(models, version, caller) ?? []);
    const [first] = versions;
    return {
      key: coordinate,
      items,
      callsPerItem: Math.max(...versions.map(({ calls }) => calls)),
      prices,
      priceWith: (alias) => (first === undefined ? undefined : callPrice(models, first, caller, alias)),
    };
  }
}

function totalOf(lines: readonly PricedLine[]): bigint {
  return lines.reduce((sum, { items, each }) => sum + BigInt(items) * each, 0n);
}
