/**
 * Masks personal data before a prompt reads it: a field marked `@sensitive` in any subgraph never reaches a provider.
 * Each distinct value becomes a placeholder such as `[personal 1]`, the same one wherever it stands in one field's
 * inputs, so that a model can still tell people apart. Nothing is put back: a masked value stays masked in the answer.
 */
import {
  type GraphQLCompositeType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { ExactNumber } from '../../../lib/index.ts';

/** The kind of every `@sensitive` field of the supergraph, by its coordinate `Type.field`. */
export type SensitiveFields = ReadonlyMap<string, string>;

export type Inputs = Readonly<Record<string, unknown>>;

export interface Masked {
  readonly masked: Inputs;
  /** Masks the same values outside the inputs, such as in a client's arguments. */
  hide(values: Inputs): Inputs;
}

/** What of a field's inputs is masked: by key, either a leaf of some kind or more of the same below. */
type Mask = Map<string, { kind: string | undefined; below: Mask }>;

/**
 * @param selection what the field's `@requires` reads
 * @returns undefined where it reads nothing sensitive
 */
export function compileMask(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  selection: SelectionSetNode | undefined,
  sensitive: SensitiveFields,
): ((inputs: Inputs) => Masked) | undefined {
  if (selection === undefined || sensitive.size === 0) return undefined;
  const mask: Mask = new Map();
  if (!collect(schema, parent, selection, sensitive, mask)) return undefined;
  return (inputs) => {
    const names = new Map<unknown, string>();
    const counts = new Map<string, number>();
    const masked = apply(inputs, mask, (value, kind) => {
      const earlier = names.get(value);
      if (earlier !== undefined) return earlier;
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      const name = `[${kind} ${count}]`;
      names.set(value, name);
      return name;
    });
    const repeats = repeatsOf(names);
    const hide = (values: Inputs): Inputs =>
      repeats === undefined ? values : (withoutRepeats(values, repeats) as Inputs);
    return { masked: hide(masked as Inputs), hide };
  };
}

function collect(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  { selections }: SelectionSetNode,
  sensitive: SensitiveFields,
  into: Mask,
): boolean {
  let isSensitive = false;
  for (const selection of selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue; // a field set has none
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const type = selection.typeCondition === undefined ? parent : schema.getType(selection.typeCondition.name.value);
      if (isCompositeType(type))
        isSensitive = collect(schema, type, selection.selectionSet, sensitive, into) || isSensitive;
      continue;
    }
    const { name, alias, selectionSet } = selection;
    const key = (alias ?? name).value;
    const place = into.get(key) ?? { kind: undefined, below: new Map() };
    const kind = kindOf(schema, parent, name.value, sensitive);
    if (kind !== undefined) {
      place.kind = kind;
      into.set(key, place);
      isSensitive = true;
      continue;
    }
    const type = 'getFields' in parent ? getNamedType(parent.getFields()[name.value]?.type) : undefined;
    if (selectionSet === undefined || !isCompositeType(type)) continue;
    if (collect(schema, type, selectionSet, sensitive, place.below)) {
      into.set(key, place);
      isSensitive = true;
    }
  }
  return isSensitive;
}

/** A field of an interface is as sensitive as that of any type behind it. */
function kindOf(
  schema: GraphQLSchema,
  parent: GraphQLCompositeType,
  field: string,
  sensitive: SensitiveFields,
): string | undefined {
  const declared = sensitive.get(`${parent.name}.${field}`);
  if (declared !== undefined || isObjectType(parent)) return declared;
  for (const type of schema.getPossibleTypes(parent)) {
    const kind = sensitive.get(`${type.name}.${field}`);
    if (kind !== undefined) return kind;
  }
  return undefined;
}

function apply(value: unknown, mask: Mask, name: (value: unknown, kind: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => apply(item, mask, name));
  if (value === null || typeof value !== 'object' || value instanceof ExactNumber) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const place = mask.get(key);
      if (place === undefined || inner === null) return [key, inner];
      const { kind, below } = place;
      return [key, kind === undefined ? apply(inner, below, name) : maskAll(inner, kind, name)];
    }),
  );
}

/** Everything at and below a sensitive field is masked; lists and objects keep their structure. */
function maskAll(value: unknown, kind: string, name: (value: unknown, kind: string) => string): unknown {
  if (value === null || value === undefined) return value;
  if (value instanceof ExactNumber) return name(value.text, kind);
  if (Array.isArray(value)) return value.map((item) => maskAll(item, kind, name));
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, maskAll(inner, kind, name)]));
  return name(value, kind);
}

/** Shorter values are too likely to be ordinary words. */
const shortestRepeat = 4;

interface Repeats {
  readonly pattern: RegExp;
  /** The placeholders by their original in lower case. */
  readonly names: ReadonlyMap<string, string>;
  readonly placeholders: ReadonlySet<string>;
}

/** One pattern of all masked values, the longest first: a name inside an address must not split it. */
function repeatsOf(masked: ReadonlyMap<unknown, string>): Repeats | undefined {
  const names = new Map<string, string>();
  const patterns: string[] = [];
  const values = [...masked].map(([value, name]) => ({ value, text: String(value).toLowerCase(), name }));
  values.sort((a, b) => b.text.length - a.text.length);
  for (const { value, text, name } of values) {
    if (text.length < shortestRepeat || typeof value === 'boolean' || names.has(text)) continue;
    names.set(text, name);
    const escaped = text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    patterns.push(typeof value === 'string' ? escaped : `(?<!\\d)${escaped}(?!\\d)`);
  }
  if (patterns.length === 0) return undefined;
  return { pattern: new RegExp(patterns.join('|'), 'giu'), names, placeholders: new Set(masked.values()) };
}

/** A masked value may occur in other inputs too, in any case of letters: a review signed with its author's address. */
function withoutRepeats(value: unknown, repeats: Repeats): unknown {
  if (typeof value === 'string') {
    if (repeats.placeholders.has(value)) return value;
    return value.replace(repeats.pattern, (match) => repeats.names.get(match.toLowerCase()) ?? '[personal]');
  }
  if (Array.isArray(value)) return value.map((item) => withoutRepeats(item, repeats));
  if (value === null || typeof value !== 'object' || value instanceof ExactNumber) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutRepeats(inner, repeats)]));
}
