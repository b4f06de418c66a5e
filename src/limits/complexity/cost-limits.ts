/**
 * What operations may cost, in points. An operation that is estimated at more than its caller may spend is refused before
 * anything of it is sent; where its requests to one subgraph are, those alone are not sent.
 */
import type { CostConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { OperationPlan } from '../../planning/index.ts';
import type { CostTypes } from '../../supergraph/index.ts';
import type { ClientLimits, LimitedClient } from '../client-limits.ts';
import type { Excesses } from '../excesses.ts';
import { CostMeter } from './cost-meter.ts';
import { evaluate, type VariableValues } from './formula.ts';
import { compilePlanCost, type PlanCost, type PlanCostOptions } from './plan-cost.ts';
import { slicingErrors } from './slicing-rules.ts';

export interface CostLimitsOptions {
  readonly config: CostConfig;
  readonly types: CostTypes;
  /** The types that each object type also is. */
  readonly memberships: ReadonlyMap<string, ReadonlySet<string>>;
  readonly clients: ClientLimits;
  readonly excesses: Excesses;
}

export interface Estimate {
  readonly estimated: number;
  readonly subgraphs: ReadonlyMap<string, number>;
}

/** The cost of an operation that is about to run. */
export interface EstimatedCost extends Estimate {
  /** Infinite where there is no limit. */
  readonly max: number;
  /** The subgraphs that are not asked. */
  readonly refused: ReadonlyMap<string, GatewayError>;
  /** Why it may not run, or would not run if costs were enforced. */
  readonly exceeded: readonly GatewayError[];
  readonly meter: CostMeter;
}

const noneRefused: ReadonlyMap<string, GatewayError> = new Map();
const noExcesses: readonly GatewayError[] = [];
const noObjects: ReadonlySet<string> = new Set();

export class CostLimits {
  readonly #clients: ClientLimits;
  readonly #excesses: Excesses;
  readonly #options: PlanCostOptions;
  /** By subgraph, those that have a limit. */
  readonly #maxima: ReadonlyMap<string, number>;

  constructor({ config, types, memberships, clients, excesses }: CostLimitsOptions) {
    this.#clients = clients;
    this.#excesses = excesses;
    const listSizes = new Map(config.subgraphs.map(({ name, listSize }) => [name, listSize]));
    const objects = objectsOfTypes(memberships);
    this.#options = {
      types,
      objectsOf: (type) => objects.get(type) ?? noObjects,
      listSizeOf: (subgraph) => listSizes.get(subgraph) ?? config.listSize,
    };
    this.#maxima = new Map(
      config.subgraphs.flatMap(({ name, max }) => (Number.isFinite(max) ? [[name, max] as const] : [])),
    );
  }

  /** @param operation the normalised operation that the plan is of */
  compile(plan: OperationPlan, operation: string): PlanCost {
    return compilePlanCost(plan, operation, this.#options);
  }

  estimate(cost: PlanCost, values: VariableValues): Estimate {
    const subgraphs = new Map<string, number>();
    let estimated = 0;
    for (const [name, formula] of cost.subgraphs) {
      const points = evaluate(formula, values);
      subgraphs.set(name, points);
      estimated = Math.min(estimated + points, Number.MAX_SAFE_INTEGER);
    }
    return { estimated, subgraphs };
  }

  /**
   * Estimates an operation for a client.
   * @param cost of its plan
   */
  estimateFor(cost: PlanCost, values: VariableValues, client: LimitedClient): EstimatedCost {
    const { estimated, subgraphs } = this.estimate(cost, values);
    const { cost: max } = this.#clients.of(client);
    const exceeded = excessesOf(cost, estimated, max, values);
    const refused = this.#maxima.size === 0 ? noneRefused : this.#refusals(subgraphs);
    const common = { estimated, subgraphs, max, meter: new CostMeter(values) };
    if (this.#excesses.areRefused || refused.size === 0) return { ...common, refused, exceeded };
    return { ...common, refused: noneRefused, exceeded: [...exceeded, ...refused.values()] };
  }

  /** @throws AggregateError of GatewayErrors `COST_ESTIMATED_TOO_EXPENSIVE`, `COST_INVALID_SLICING_ARGUMENTS` */
  check({ exceeded }: EstimatedCost): void {
    if (exceeded.length > 0 && this.#excesses.areRefused) throw new AggregateError(exceeded);
  }

  /** Where costs are only measured: logs what an operation exceeds that is about to run. */
  measure({ exceeded }: EstimatedCost, client: LimitedClient): void {
    if (exceeded.length > 0 && !this.#excesses.areRefused) this.#excesses.measure(exceeded, client);
  }

  #refusals(estimates: ReadonlyMap<string, number>): ReadonlyMap<string, GatewayError> {
    let refused: Map<string, GatewayError> | undefined;
    for (const [name, limit] of this.#maxima) {
      const points = estimates.get(name);
      if (points === undefined || points <= limit) continue;
      refused ??= new Map();
      const message = `A part of the operation is estimated at ${points} points; at most ${limit} are allowed.`;
      const details = { message, service: name, facts: { limit, found: points } };
      refused.set(name, new GatewayError('SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE', details));
    }
    return refused ?? noneRefused;
  }
}

function excessesOf(
  { slicing }: PlanCost,
  estimated: number,
  max: number,
  values: VariableValues,
): readonly GatewayError[] {
  const exceeded = slicingErrors(slicing, values);
  if (estimated <= max) return exceeded ?? noExcesses;
  const message = `The operation is estimated at ${estimated} points; at most ${max} are allowed.`;
  const error = new GatewayError('COST_ESTIMATED_TOO_EXPENSIVE', { message, facts: { limit: max, found: estimated } });
  return [...(exceeded ?? noExcesses), error];
}

/** The object types that each type may be. */
export function objectsOfTypes(
  memberships: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const objects = new Map<string, Set<string>>();
  for (const [object, types] of memberships) {
    for (const type of types) objects.set(type, (objects.get(type) ?? new Set()).add(object));
  }
  return objects;
}
