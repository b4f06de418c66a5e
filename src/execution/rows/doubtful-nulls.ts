/** Whether a null says that there is nothing, or that a subgraph failed to say: only the former is decided on. */
import type { SubgraphError } from '../../transport/index.ts';
import { type DataObject, isDataObject } from '../data/data.ts';

export class DoubtfulNulls {
  readonly #keys = new Map<DataObject, Set<string>>();
  /** An error without a path may be the cause of any null. */
  readonly #isAny: boolean;

  constructor(data: DataObject, errors: readonly SubgraphError[]) {
    this.#isAny = errors.some(({ path }) => path === undefined);
    for (const { path = [] } of errors) {
      let value: unknown = data;
      for (const step of path) {
        if (isDataObject(value) && typeof step === 'string') {
          const keys = this.#keys.get(value) ?? new Set();
          this.#keys.set(value, keys.add(step));
          value = value[step];
        } else if (Array.isArray(value) && typeof step === 'number') value = value[step];
        else break;
      }
    }
  }

  /** Whether the value of a key, or something in it, failed. */
  has(object: DataObject, key: string, value: unknown): boolean {
    if (this.#keys.get(object)?.has(key) === true) return true;
    return this.#isAny && (value === null || typeof value === 'object');
  }
}
