/**
 * Nulls that stand where a subgraph reported an error. To a subgraph of the field's own process they are not data: it is
 * not asked to work on what failed elsewhere (a summary of reviews that could not be read). Looked at only after an error.
 */
import type { RequiredSelection } from '../../planning/index.ts';
import { maxValueDepth } from '../../transport/index.ts';
import { type DataObject, type DataPath, isDataObject, isOfType, type TypeMemberships } from '../data/data.ts';

export class FailedNulls {
  readonly #keys = new Map<DataObject, Set<string>>();

  get isEmpty(): boolean {
    return this.#keys.size === 0;
  }

  /** @param path where the error is, from `root` on; the null may stand above it, where a list or an object ends in it */
  add(root: DataObject, path: DataPath): void {
    let value: unknown = root;
    let owner: DataObject | undefined;
    let key: string | undefined;
    for (const step of path) {
      if (isDataObject(value) && typeof step === 'string') {
        owner = value;
        key = step;
        value = value[step];
      } else if (Array.isArray(value) && typeof step === 'number') value = value[step];
      else break;
      if (value === null) break;
    }
    if (value !== null || owner === undefined || key === undefined) return;
    const keys = this.#keys.get(owner) ?? new Set();
    keys.add(key);
    this.#keys.set(owner, keys);
  }

  /** `first` stands for `other` from now on: what failed there failed here, their contents being equal. */
  takeOver(first: DataObject, other: DataObject): void {
    const failed = this.#keys.get(other);
    if (failed === undefined) return;
    const keys = this.#keys.get(first);
    if (keys === undefined) this.#keys.set(first, new Set(failed));
    else for (const key of failed) keys.add(key);
  }

  /** Whether something that is read of `value` failed. */
  isRead(
    types: TypeMemberships,
    selections: readonly RequiredSelection[],
    value: unknown,
    levels = maxValueDepth,
  ): boolean {
    if (levels === 0) return false; // lists in lists without end: not what any selection reads
    if (Array.isArray(value)) return value.some((item) => this.isRead(types, selections, item, levels - 1));
    if (!isDataObject(value)) return false;
    const failed = this.#keys.get(value);
    return selections.some((selection) => {
      if (selection.kind === 'on') {
        const applies = selection.type === undefined || isOfType(types, value.__typename, selection.type);
        return applies && this.isRead(types, selection.selections, value, levels - 1);
      }
      if (failed?.has(selection.key) === true) return true;
      return (
        selection.selections !== undefined && this.isRead(types, selection.selections, value[selection.key], levels - 1)
      );
    });
  }
}
