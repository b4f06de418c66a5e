/** The arguments of one `@listSize`, and those of several subgraphs composed as Apollo composes them. */
import { type ConstDirectiveNode, Kind } from 'graphql';
import { argumentOf } from '../directives/links.ts';

export interface ListSizeArguments {
  readonly assumedSize: number | undefined;
  readonly slicingArguments: readonly string[];
  readonly sizedFields: readonly string[];
  readonly requireOneSlicingArgument: boolean;
}

export function listSizeArguments(directive: ConstDirectiveNode): ListSizeArguments {
  const assumed = argumentOf(directive, 'assumedSize');
  const requireOne = argumentOf(directive, 'requireOneSlicingArgument');
  return {
    assumedSize: assumed?.kind === Kind.INT ? Number(assumed.value) : undefined,
    slicingArguments: strings(directive, 'slicingArguments'),
    sizedFields: strings(directive, 'sizedFields'),
    requireOneSlicingArgument: !(requireOne?.kind === Kind.BOOLEAN && !requireOne.value),
  };
}

function strings(directive: ConstDirectiveNode, name: string): readonly string[] {
  const value = argumentOf(directive, name);
  const items = value?.kind === Kind.LIST ? value.values : value === undefined ? [] : [value];
  return items.flatMap((item) => (item.kind === Kind.STRING ? [item.value] : []));
}

/** The largest size, all arguments and fields; one slicing argument is required where every subgraph requires it. */
export function mergeListSizes(all: readonly ListSizeArguments[]): ListSizeArguments | undefined {
  if (all.length === 0) return undefined;
  const sizes = all.flatMap(({ assumedSize }) => (assumedSize === undefined ? [] : [assumedSize]));
  return {
    assumedSize: sizes.length === 0 ? undefined : Math.max(...sizes),
    slicingArguments: [...new Set(all.flatMap(({ slicingArguments }) => slicingArguments))],
    sizedFields: [...new Set(all.flatMap(({ sizedFields }) => sizedFields))],
    requireOneSlicingArgument: all.every(({ requireOneSlicingArgument }) => requireOneSlicingArgument),
  };
}
