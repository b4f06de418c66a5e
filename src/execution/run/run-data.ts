/**
 * The data that a plan's fetches fill, and which of its objects stand for others: objects of one entity with equal
 * content become one, so that what follows costs once per entity and not once per place.
 */
import { maxValueDepth } from '../../transport/index.ts';
import { type DataObject, isDataObject } from '../data/data.ts';
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
  /** Objects inside answers that were merged into several objects: they stand in each of these. */
  readonly #spread = new Set<DataObject>();
  /**
   * Objects that were replaced in some of their places and may still stand in others, by who took those: what one is
   * brought, all are brought.
   */
  readonly #elsewhere = new Map<DataObject, DataObject[]>();

  /** @returns what stands from now on in the place where `entity` was met, for `first` and for `entity` */
  standFor(first: DataObject, entity: DataObject): DataObject {
    this.isSharing = true;
    const isOnlyHere = !this.shared.has(entity) && !this.#spread.has(entity);
    // Where nothing is kept elsewhere, nothing that is still met has been replaced.
    if (first === entity || (isOnlyHere && this.#elsewhere.size === 0)) {
      this.shared.add(first);
      if (first !== entity) this.#replace(first, entity);
      return first;
    }
    const [standing, replaced] = [this.inPlace(first), this.inPlace(entity)];
    this.shared.add(standing);
    if (standing === replaced) return standing;
    if (!isOnlyHere || replaced !== entity) this.#keep(standing, replaced);
    for (const one of this.#elsewhere.get(replaced) ?? []) this.#keep(standing, one);
    this.#elsewhere.delete(replaced);
    this.#replace(standing, replaced);
    return standing;
  }

  #keep(standing: DataObject, other: DataObject): void {
    const kept = this.#elsewhere.get(standing);
    if (kept === undefined) this.#elsewhere.set(standing, [other]);
    else kept.push(other);
  }

  #replace(first: DataObject, entity: DataObject): void {
    this.#replaced.set(entity, first);
    if (!this.failedNulls.isEmpty) this.failedNulls.takeOver(first, entity);
  }

  /** Those that may still stand in other places of what `inPlace` gave. */
  elsewhere(object: DataObject): readonly DataObject[] | undefined {
    return this.#elsewhere.size === 0 ? undefined : this.#elsewhere.get(object);
  }

  /** An answer has been merged into several objects: what is nested in it stands in all of them. */
  spread(value: unknown, levels: number = maxValueDepth): void {
    if (levels === 0 || value === null || typeof value !== 'object') return;
    for (const inner of Object.values(value)) {
      if (isDataObject(inner)) this.#spread.add(inner);
      this.spread(inner, levels - 1);
    }
  }

  /** The object that stands for `object` by now. */
  inPlace(object: DataObject): DataObject {
    let current = object;
    for (let next = this.#replaced.get(current); next !== undefined; next = this.#replaced.get(current)) current = next;
    return current;
  }
}
