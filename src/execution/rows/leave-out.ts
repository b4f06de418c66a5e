/** Drops denied objects from the lists of a response, or puts null in their place. */
import { maxValueDepth } from '../../transport/index.ts';
import { type DataObject, isDataObject } from '../data/data.ts';
import type { DeniedNulls } from '../data/denied-nulls.ts';
import { recordDropped } from '../data/remaining-items.ts';
import type { CompiledPlace, CompiledRows } from './compile-rows.ts';

export type DeniedObjects = ReadonlyMap<DataObject, 'drop' | 'null'>;

export interface LeaveOutOptions {
  readonly rows: CompiledRows;
  readonly data: DataObject;
  readonly denied: DeniedObjects;
  /** Where the denied objects are. */
  readonly places: ReadonlySet<CompiledPlace>;
  readonly nulls: DeniedNulls;
}

export function leaveOut({ rows, data, denied, places, nulls }: LeaveOutOptions): void {
  for (const root of rows.roots) {
    const of = root.entities === undefined ? data : data[root.entities];
    const holders: readonly unknown[] = Array.isArray(of) ? of : [of];
    for (const holder of holders) for (const place of root.places) visit(place, holder);
  }

  function visit(place: CompiledPlace, holder: unknown): void {
    if (!isDataObject(holder)) return;
    const value = holder[place.key];
    if (isDataObject(value)) {
      const how = places.has(place) ? denied.get(value) : undefined;
      if (how === undefined) for (const below of place.below) visit(below, value);
      else {
        holder[place.key] = null;
        nulls.add(holder, dataKeyOf(place), how === 'null', place.patterns);
      }
    } else if (Array.isArray(value)) visitList(place, value, maxValueDepth);
  }

  function visitList(place: CompiledPlace, list: unknown[], levels: number): void {
    if (levels === 0) return;
    const dropped: number[] = [];
    let length = 0;
    for (let index = 0; index < list.length; index++) {
      const item: unknown = list[index];
      const how = isDataObject(item) && places.has(place) ? denied.get(item) : undefined;
      if (how === 'drop') {
        dropped.push(index);
        continue;
      }
      if (how === 'null') nulls.add(list, length, true, place.patterns);
      else if (Array.isArray(item)) visitList(place, item, levels - 1);
      else for (const below of place.below) visit(below, item);
      list[length++] = how === 'null' ? null : item;
    }
    if (dropped.length === 0) return;
    const before = list.length;
    list.length = length;
    recordDropped(list, before, dropped);
  }
}

/** The last key of the place's patterns: a response's key may be renamed in the data. */
function dataKeyOf({ key, patterns: [pattern] }: CompiledPlace): string {
  return pattern?.findLast((step) => step !== '@') ?? key;
}
