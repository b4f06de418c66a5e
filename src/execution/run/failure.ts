import type { DataPath } from '../data/data.ts';

/** One thing that went wrong while a plan ran: one per cause, however many places it left without data. */
export interface Failure {
  readonly message: string;
  readonly extensions: Readonly<Record<string, unknown>>;
  /** Where in the data; the first place where it is several. */
  readonly path: DataPath | undefined;
  /** The other places, where each of them is told. */
  readonly further?: readonly DataPath[];
  /** Every place it may have left empty: keys, and `@` for any list item. */
  readonly covers: readonly (readonly string[])[];
}

/** Whether one of the places explains why there is nothing at `path`. */
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
