/**
 * The data that a plan's fetches fill. Objects of one entity with equal content are replaced by the first of them, so that
 * later steps cost once per entity instead of once per place.
 */
import { maxValueDepth } from '../../transport/index.ts';
import { type DataObject, isDataObject } from '../data/data.ts';
import { DeniedNulls } from '../data/denied-nulls.ts';
import { FailedNulls } from './failed-nulls.ts';

const none: ReadonlySet<DataObject> = new Set();

/** Most runs share nothing: collections are made when they are needed. */
export class RunData {
  readonly root: DataObject = {};
  #shared: Set<DataObject> | undefined;
  readonly failedNulls = new FailedNulls();
  /** Made where a rule leaves out an object. */
  #deniedNulls: DeniedNulls | undefined;
  /** Whether any object may be at several places. */
  isSharing = false;
  /** Counts the answers with objects or lists: until the next of them, the entities at a path do not change. */
  structure = 0;
  /** Replaced objects, by replacement: what a running fetch returns for the first is merged into the second. */
  #replaced: Map<DataObject, DataObject> | undefined;
  /** Objects inside answers that were merged into several objects: they are in each of these. */
  #spread: Set<DataObject> | undefined;
  /** Objects that may remain at some of their places after a replacement, by replacement: both get the same data. */
  #elsewhere: Map<DataObject, DataObject[]> | undefined;

  get deniedNulls(): DeniedNulls | undefined {
    return this.#deniedNulls;
  }

  recordDeniedNulls(): DeniedNulls {
    this.#deniedNulls ??= new DeniedNulls();
    return this.#deniedNulls;
  }

  /** Objects at several places. */
  get shared(): ReadonlySet<DataObject> {
    return this.#shared ?? none;
  }

  /** @returns the object to put in the place of `entity`; it stands for `first` and `entity` from now on */
  standFor(first: DataObject, entity: DataObject): DataObject {
    this.isSharing = true;
    this.#shared ??= new Set();
    const isOnlyHere = !this.#shared.has(entity) && this.#spread?.has(entity) !== true;
    // Where no replaced object remains anywhere, `first` and `entity` have not been replaced.
    if (first === entity || (isOnlyHere && this.#elsewhere === undefined)) {
      this.#shared.add(first);
      if (first !== entity) this.#replace(first, entity);
      return first;
    }
    const [standing, replaced] = [this.inPlace(first), this.inPlace(entity)];
    this.#shared.add(standing);
    if (standing === replaced) return standing;
    if (!isOnlyHere || replaced !== entity) this.#addElsewhere(standing, replaced);
    for (const remaining of this.#elsewhere?.get(replaced) ?? []) this.#addElsewhere(standing, remaining);
    this.#elsewhere?.delete(replaced);
    this.#replace(standing, replaced);
    return standing;
  }

  #addElsewhere(standing: DataObject, replaced: DataObject): void {
    this.#elsewhere ??= new Map();
    const objects = this.#elsewhere.get(standing);
    if (objects === undefined) this.#elsewhere.set(standing, [replaced]);
    else objects.push(replaced);
  }

  #replace(first: DataObject, entity: DataObject): void {
    this.#replaced ??= new Map();
    this.#replaced.set(entity, first);
    if (!this.failedNulls.isEmpty) this.failedNulls.copy(entity, first);
    this.#deniedNulls?.copy(entity, first);
  }

  /** The replaced objects that may remain at other places of an object that `inPlace` returned. */
  elsewhere(object: DataObject): readonly DataObject[] | undefined {
    return this.#elsewhere?.get(object);
  }

  /** Like `spread`, from where on objects may be at several places. */
  spreadNow(value: unknown): void {
    this.isSharing = true;
    this.spread(value);
  }

  /** Records that an answer was merged into several objects: what is nested in it is in all of them. */
  spread(value: unknown, levels: number = maxValueDepth): void {
    if (levels === 0 || value === null || typeof value !== 'object') return;
    this.#spread ??= new Set();
    for (const inner of Object.values(value)) {
      if (isDataObject(inner)) this.#spread.add(inner);
      this.spread(inner, levels - 1);
    }
  }

  /** The object that stands for `object` now. */
  inPlace(object: DataObject): DataObject {
    const replaced = this.#replaced;
    if (replaced === undefined) return object;
    let current = object;
    for (let next = replaced.get(current); next !== undefined; next = replaced.get(current)) current = next;
    return current;
  }
}
