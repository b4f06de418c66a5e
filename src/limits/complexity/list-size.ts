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
  return (values) => {
    let size = -1;
    for (const argument of slicing) size = Math.max(size, slicingValue(argument, nodes, values) ?? -1);
    return size === -1 ? otherwise : size;
  };
}

/** How many of the slicing arguments have a value. */
export function countSlicing(
  slicing: readonly SlicingArgument[],
  nodes: readonly ArgumentNode[],
  values: VariableValues,
): number {
  return slicing.filter((argument) => slicingValue(argument, nodes, values) !== undefined).length;
}

/** @returns undefined where it is null or not set, and has no default; a negative number counts as 0 */
function slicingValue(
  { path, defaults }: SlicingArgument,
  nodes: readonly ArgumentNode[],
  values: VariableValues,
): number | undefined {
  const node = nodes.find(({ name }) => name.value === path[0])?.value;
  let value = node && argumentValue(node, values);
  value ??= value === null ? null : defaults[0];
  for (let step = 1; step < path.length; step++) {
    if (value === null || value === undefined) return undefined;
    const inner = fieldOf(value, path[step] ?? '');
    value = inner === undefined ? defaults[step] : inner;
  }
  if (value === null || value === undefined || value === '') return undefined;
  const size = Number(value);
  return Number.isFinite(size) ? Math.max(0, Math.ceil(size)) : undefined;
}
