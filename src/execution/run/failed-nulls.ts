/**
 * The nulls that come with a subgraph's errors. An in-process subgraph is not requested for an entity whose required data
 * failed elsewhere (a summary of reviews that could not be read). Read only after an error.
 */
import type { RequiredSelection } from '../../planning/index.ts';
import { maxValueDepth } from '../../transport/index.ts';
import { type DataObject, type DataPath, isDataObject, isOfType, type TypeMemberships } from '../data/data.ts';

export class FailedNulls {
  #keys: Map<DataObject, Set<string>> | undefined;

  get isEmpty(): boolean {
    return this.#keys === undefined;
  }

  /** @param path of the error, from `root`; the null may be above it, where an error in a non-null field moved up */
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
    this.#keys ??= new Map();
    const keys = this.#keys.get(owner) ?? new Set();
    keys.add(key);
    this.#keys.set(owner, keys);
  }

  has(object: DataObject, key: string): boolean {
    return this.#keys?.get(object)?.has(key) === true;
  }

  /** For an object that replaces another of equal content: the same nulls have failed in both. */
  copy(from: DataObject, to: DataObject): void {
    const failed = this.#keys?.get(from);
    if (this.#keys === undefined || failed === undefined) return;
    const keys = this.#keys.get(to);
    if (keys === undefined) this.#keys.set(to, new Set(failed));
    else for (const key of failed) keys.add(key);
  }

  /** Whether a field that the selections read of `value` failed. */
  isRead(
    types: TypeMemberships,
    selections: readonly RequiredSelection[],
    value: unknown,
    levels = maxValueDepth,
  ): boolean {
    if (levels === 0) return false; // no selection reads lists nested this deep
    if (Array.isArray(value)) return value.some((item) => this.isRead(types, selections, item, levels - 1));
    if (!isDataObject(value)) return false;
    const failed = this.#keys?.get(value);
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
