/** What `@constraint` says of an argument or of a field of an input object, all subgraphs together. Plain data. */
export interface Constraint {
  readonly min?: number;
  readonly max?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  /** All of them match. */
  readonly patterns?: readonly string[];
  readonly formats?: readonly string[];
}

/** By coordinate: `Query.products(first:)`, `ProductFilter.name`. */
export type Constraints = ReadonlyMap<string, Constraint>;

const lower = ['min', 'minLength', 'minItems'] as const;
const upper = ['max', 'maxLength', 'maxItems'] as const;

/** What holds where both hold. */
export function strictest(a: Constraint, b: Constraint): Constraint {
  const merged: Record<string, unknown> = {};
  for (const key of lower)
    if ((a[key] ?? b[key]) !== undefined) merged[key] = Math.max(a[key] ?? -Infinity, b[key] ?? -Infinity);
  for (const key of upper)
    if ((a[key] ?? b[key]) !== undefined) merged[key] = Math.min(a[key] ?? Infinity, b[key] ?? Infinity);
  for (const key of ['patterns', 'formats'] as const) {
    const all = [...new Set([...(a[key] ?? []), ...(b[key] ?? [])])];
    if (all.length > 0) merged[key] = all;
  }
  return merged;
}

/** The bounds that no value can be within, by their names. */
export function impossibleBounds(constraint: Constraint): readonly (readonly [string, string])[] {
  return lower.flatMap((key, index) => {
    const high = upper[index] as (typeof upper)[number];
    return (constraint[key] ?? -Infinity) > (constraint[high] ?? Infinity) ? [[key, high] as const] : [];
  });
}
