/**
 * What the arguments of a field cost: an input object 1, or what `@cost` says, and what its fields cost; anything else what
 * `@cost` says. Arguments cost once, however many items their field's list has.
 */
import type { ArgumentNode } from 'graphql';
import type { CostedInput, CostTypes } from '../../supergraph/index.ts';
import { argumentValue, entriesOf, hasVariable } from './argument-values.ts';
import { type Formula, sum, type VariableValues } from './formula.ts';

const noValues: VariableValues = { read: () => undefined };

export function argumentCost(
  inputs: ReadonlyMap<string, CostedInput>,
  nodes: readonly ArgumentNode[],
  types: CostTypes,
): Formula {
  if (inputs.size === 0 || nodes.length === 0) return 0;
  return sum(
    nodes.map(({ name, value }): Formula => {
      const input = inputs.get(name.value);
      if (input === undefined) return 0;
      const costWith = (values: VariableValues): number => costOf(argumentValue(value, values), input, types);
      return hasVariable(value) ? costWith : costWith(noValues);
    }),
  );
}

function costOf(value: unknown, { weight, type }: CostedInput, types: CostTypes): number {
  if (value === null || value === undefined) return 0;
  if (Array.isArray(value)) {
    let total = weight ?? 0;
    for (const item of value) total += costOf(item, { weight, type }, types);
    return total;
  }
  if (type === undefined || typeof value !== 'object') return weight ?? 0;
  const fields = types.inputs.get(type);
  let total = weight ?? 1;
  for (const [name, inner] of entriesOf(value)) {
    const field = fields?.get(name);
    if (field !== undefined) total += costOf(inner, field, types);
  }
  return total;
}
