/**
 * Projects an entity to the fields that one AI field requires. A representation has the union of the fields that all AI
 * fields of a request require: without the projection, a client's selection of other fields would change a field's
 * prompt and its cache key.
 */
import { Kind, type SelectionSetNode } from 'graphql';
import { canonicalJson, cloneJson, ExactNumber } from '../../../lib/index.ts';
import type { Inputs } from './sensitive.ts';

export interface Projection {
  /** The projected entity, as a copy. */
  of(entity: Inputs): Inputs;
  /** The same as canonical JSON, written without building it: every cache lookup needs it. */
  textOf(entity: Inputs): string;
}

interface Place {
  readonly key: string;
  readonly prefix: string;
  /** `undefined`: a leaf. */
  readonly below: readonly Place[] | undefined;
}

type Tree = Map<string, Tree | undefined>;

/** @param selection the field's `@requires`; without it the projection is empty */
export function compileProjection(selection: SelectionSetNode | undefined): Projection {
  const tree: Tree = new Map();
  if (selection !== undefined) collect(selection, tree);
  const places = placesOf(tree);
  return { of: (entity) => pick(places, entity), textOf: (entity) => write(places, entity) };
}

/** Fragments apply to every type: an object only has the fields of its own type. */
function collect({ selections }: SelectionSetNode, into: Tree): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue; // a field set has none
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      collect(selection.selectionSet, into);
      continue;
    }
    const key = (selection.alias ?? selection.name).value;
    if (selection.selectionSet === undefined) {
      if (!into.has(key)) into.set(key, undefined);
      continue;
    }
    const below: Tree = into.get(key) ?? new Map();
    into.set(key, below);
    collect(selection.selectionSet, below);
  }
}

function placesOf(tree: Tree): readonly Place[] {
  return [...tree]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, below]) => ({
      key,
      prefix: `${JSON.stringify(key)}:`,
      below: below === undefined ? undefined : placesOf(below),
    }));
}

function pick(places: readonly Place[], object: Inputs): Inputs {
  const picked: Record<string, unknown> = {};
  for (const { key, below } of places) {
    const value = object[key];
    if (value !== undefined) picked[key] = below === undefined ? ownLeaf(value) : pickBelow(below, value);
  }
  return picked;
}

function pickBelow(places: readonly Place[], value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => pickBelow(places, item));
  return value === null || typeof value !== 'object' || value instanceof ExactNumber
    ? value
    : pick(places, value as Inputs);
}

/** A custom scalar may be an object: custom code gets a copy, which it may modify. */
export function ownLeaf(value: unknown): unknown {
  return value !== null && typeof value === 'object' ? cloneJson(value) : value;
}

function write(places: readonly Place[], object: Inputs): string {
  let text = '{';
  for (const { key, prefix, below } of places) {
    const value = object[key];
    if (value === undefined) continue;
    if (text.length > 1) text += ',';
    text += prefix + (below === undefined ? writeLeaf(value) : writeBelow(below, value));
  }
  return `${text}}`;
}

function writeLeaf(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : canonicalJson(value);
}

function writeBelow(places: readonly Place[], value: unknown): string {
  if (!Array.isArray(value))
    return value === null || typeof value !== 'object' || value instanceof ExactNumber
      ? canonicalJson(value)
      : write(places, value as Inputs);
  let text = '[';
  for (let index = 0; index < value.length; index++) {
    text += index === 0 ? writeBelow(places, value[index]) : `,${writeBelow(places, value[index])}`;
  }
  return `${text}]`;
}
