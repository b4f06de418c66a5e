/** What an operation really cost: the answers of its subgraphs, priced as the operation was, with the lists they have. */
import { evaluate, type VariableValues } from './formula.ts';
import type { FetchCost } from './plan-cost.ts';
import type { PricedField } from './price-selections.ts';

type Answer = Readonly<Record<string, unknown>>;

export class CostMeter {
  readonly #values: VariableValues;
  /** What the arguments of a field cost in this request, computed once. */
  #arguments: Map<PricedField, number> | undefined;
  readonly #subgraphs = new Map<string, number>();

  constructor(values: VariableValues) {
    this.#values = values;
  }

  get subgraphs(): ReadonlyMap<string, number> {
    return this.#subgraphs;
  }

  get total(): number {
    let total = 0;
    for (const points of this.#subgraphs.values()) total += points;
    return total;
  }

  /** @param data of the subgraph's answer, before anything is merged into it */
  add(subgraph: string, { base, fields }: FetchCost, data: Answer): void {
    const points = base + this.#costOfObject(fields, data);
    this.#subgraphs.set(subgraph, (this.#subgraphs.get(subgraph) ?? 0) + points);
  }

  #costOfObject(fields: readonly PricedField[], object: Answer): number {
    let total = 0;
    for (const field of fields) {
      const value = object[field.key];
      if (value === undefined) continue;
      const cost = this.#costOfValue(field, value, field.lists) + this.#costOfArguments(field);
      if (cost > 0) total += cost;
    }
    return total;
  }

  /** @param lists those that the type still allows: a subgraph may answer anything */
  #costOfValue(field: PricedField, value: unknown, lists: number): number {
    if (Array.isArray(value)) {
      if (lists === 0) return 0;
      let total = 0;
      for (const item of value as readonly unknown[]) total += this.#costOfValue(field, item, lists - 1);
      return total;
    }
    const { inner, weight } = field;
    if (value === null) return lists === 0 && field.isExplicit ? Math.max(0, weight) : 0;
    if (inner === undefined || typeof value !== 'object') return lists === 0 ? Math.max(0, weight) : 0;
    if (inner.length === 0) return Math.max(0, weight);
    return Math.max(0, weight + this.#costOfObject(inner, value as Answer));
  }

  #costOfArguments(field: PricedField): number {
    if (typeof field.arguments === 'number') return field.arguments;
    this.#arguments ??= new Map();
    let cost = this.#arguments.get(field);
    if (cost === undefined) {
      cost = evaluate(field.arguments, this.#values);
      this.#arguments.set(field, cost);
    }
    return cost;
  }
}
