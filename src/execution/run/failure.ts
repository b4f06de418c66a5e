import type { DataPath } from '../data/data.ts';

/** A failure of a plan's run: one per cause, however many places it leaves without data. */
export interface Failure {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Where in the data; the first place where it is several. */
  readonly path: DataPath | undefined;
  /** Further places, where the error is reported at each. */
  readonly further?: readonly DataPath[];
  /** Every place it may leave empty: keys, and `@` for any list item. */
  readonly covers: readonly (readonly string[])[];
}

/** Whether one of the places explains a null at `path`. */
export function covers(places: readonly (readonly string[])[], path: DataPath): boolean {
  return places.some((pattern) => {
    const length = Math.min(pattern.length, path.length);
    for (let index = 0; index < length; index++) {
      const step = path[index];
      if (pattern[index] !== (typeof step === 'number' ? '@' : step)) return false;
    }
    return true;
  });
}
