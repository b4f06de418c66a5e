/**
 * The data that a plan's fetches fill, and which of its objects stand for others: objects of one entity with equal
 * content become one, so that what follows costs once per entity and not once per place.
 */
import type { DataObject } from './data.ts';
import { FailedNulls } from './failed-nulls.ts';

export class RunData {
  readonly root: DataObject = {};
  /** Objects that stand in several places. */
  readonly shared = new Set<DataObject>();
  readonly failedNulls = new FailedNulls();
  /** Whether one object may stand in several places by now. */
  isSharing = false;
  /** Counts the answers that brought objects or lists, not leaves alone: until the next, a walked path stays as it is. */
  structure = 0;
  /** Objects whose place another of equal content has taken: what a fetch under way brings them goes to that one. */
  readonly #replaced = new Map<DataObject, DataObject>();

  /** @returns `first`, which stands for `entity` from now on */
  standFor(first: DataObject, entity: DataObject): DataObject {
    this.isSharing = true;
    this.shared.add(first);
    if (first !== entity) {
      this.#replaced.set(entity, first);
      if (!this.failedNulls.isEmpty) this.failedNulls.takeOver(first, entity);
    }
    return first;
  }

  /** The object that stands for `object` by now. */
  inPlace(object: DataObject): DataObject {
    let current = object;
    for (let next = this.#replaced.get(current); next !== undefined; next = this.#replaced.get(current)) current = next;
    return current;
  }
}
