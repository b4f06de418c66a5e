/**
 * How many items a field's list may have, by `@listSize`: the largest of its slicing arguments, by their values or
 * defaults, else the assumed size. Where neither is there, nothing is known.
 */
import type { ArgumentNode } from 'graphql';
import type { ListSize, SlicingArgument } from '../../supergraph/index.ts';
import { argumentValue, fieldOf } from './argument-values.ts';
import type { Formula, VariableValues } from './formula.ts';

/** @param fallback the size of a list about which the directive says nothing */
export function expectedSize(
  { slicing, assumedSize }: ListSize,
  nodes: readonly ArgumentNode[],
  fallback: number,
): Formula {
  const otherwise = Math.max(0, assumedSize ?? fallback);
  if (slicing.length === 0) return otherwise;
  const sizes = slicing.map((argument) => slicingSize(argument, nodes));
  return (values) => {
    let largest = -1;
    for (const size of sizes) largest = Math.max(largest, size(values) ?? -1);
    return largest === -1 ? otherwise : largest;
  };
}

/** How many items an argument asks for: undefined where it is null or not set, and has no default; a negative number is 0. */
export type SlicingSize = (values: VariableValues) => number | undefined;

export function slicingSize({ path, defaults }: SlicingArgument, nodes: readonly ArgumentNode[]): SlicingSize {
  const [first, ...steps] = path;
  const node = nodes.find(({ name }) => name.value === first)?.value;
  return (values) => {
    let value = node && argumentValue(node, values);
    value ??= value === null ? null : defaults[0];
    for (let step = 0; step < steps.length; step++) {
      if (value === null || value === undefined) return undefined;
      const inner = fieldOf(value, steps[step] ?? '');
      value = inner === undefined ? defaults[step + 1] : inner;
    }
    if (value === null || value === undefined || value === '') return undefined;
    const size = Number(value);
    return Number.isFinite(size) ? Math.max(0, Math.ceil(size)) : undefined;
  };
}
