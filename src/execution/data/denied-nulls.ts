/** The nulls of objects that a rule denies, so that clients are told where they are. Made where there is one. */
import type { DataObject, DataPath } from './data.ts';

type Holder = DataObject | unknown[];

export class DeniedNulls {
  readonly #places = new Map<Holder, Map<string | number, boolean>>();
  readonly #patterns = new Map<string, readonly string[]>();

  /**
   * @param isReported whether it is reported wherever it is; where not, only where it must not be null
   * @param patterns where it may be in the operation's data
   */
  add(holder: Holder, key: string | number, isReported: boolean, patterns: readonly (readonly string[])[]): void {
    const keys = this.#places.get(holder) ?? new Map<string | number, boolean>();
    this.#places.set(holder, keys.set(key, isReported || keys.get(key) === true));
    for (const pattern of patterns) this.#patterns.set(pattern.join('.'), pattern);
  }

  /** For an object or list that replaces another of equal content, or that another is merged into. */
  copy(from: Holder, to: Holder): void {
    for (const [key, isReported] of this.#places.get(from) ?? []) this.add(to, key, isReported, []);
  }

  /** The first of them in the data, at most `most`. */
  paths(root: DataObject, most: number): readonly { readonly path: DataPath; readonly isReported: boolean }[] {
    const places: { readonly path: DataPath; readonly isReported: boolean }[] = [];
    for (const pattern of this.#patterns.values()) this.#search(root, pattern, [], most, places);
    return places;
  }

  #search(
    value: unknown,
    pattern: readonly string[],
    steps: DataPath,
    most: number,
    places: { readonly path: DataPath; readonly isReported: boolean }[],
  ): void {
    const step = pattern[steps.length];
    if (step === undefined || value === null || typeof value !== 'object') return;
    const keys = step === '@' && Array.isArray(value) ? value.keys() : [step];
    for (const key of keys) {
      if (places.length >= most) return;
      const inner = (value as Readonly<Record<string | number, unknown>>)[key];
      const isReported = inner === null ? this.#places.get(value as Holder)?.get(key) : undefined;
      if (isReported !== undefined) places.push({ path: [...steps, key], isReported });
      else this.#search(inner, pattern, [...steps, key], most, places);
    }
  }
}
