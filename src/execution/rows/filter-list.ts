/**
 * The most usual filter, in one pass: the objects of one list, decided on by their own fields, and dropped. It gathers
 * nothing and copies nothing, which is most of what the general one takes for thousands of objects.
 */
import type { RowDecisions } from '../../access/index.ts';
import { type DataObject, isDataObject, type TypeMemberships } from '../data/data.ts';
import { recordDropped } from '../data/remaining-items.ts';
import type { SingleCheck } from './compile-rows.ts';
import { mayBe } from './may-be.ts';

/** @returns whether it was done; where not, nothing has changed */
export function filterList(
  { entities, way, check }: SingleCheck,
  data: DataObject,
  types: TypeMemberships,
  decisions: RowDecisions,
): boolean {
  const lists = listsOf(way, entities === undefined ? data : data[entities], types);
  const mayRead = lists && decisions.conditionOf(check.rule, check.fields);
  if (lists === undefined || mayRead === undefined) return false;
  const { on } = check;
  let decided = 0;
  let denied = 0;
  for (const list of lists) {
    const before = list.length;
    const dropped: number[] = [];
    for (let index = 0; index < before; index++) {
      const item: unknown = list[index];
      if (item !== null && typeof item === 'object' && (on === undefined || isOf(types, item, on))) {
        // An item that is a list fits no type: the answer has nothing of it. To look at the denied for it is enough.
        const isAllowed = mayRead(item as DataObject) || !isDataObject(item);
        decided++;
        if (!isAllowed) dropped.push(index);
      }
    }
    if (dropped.length === 0) continue;
    dropItems(list, dropped);
    recordDropped(list, before, dropped);
    denied += dropped.length;
  }
  if (decided > 0) decisions.count(check.rule, decided, denied);
  return true;
}

function isOf(types: TypeMemberships, item: object, type: string): boolean {
  return isDataObject(item) && mayBe(types, item.__typename, type);
}

function dropItems(list: unknown[], indexes: readonly number[]): void {
  let length = indexes[0] ?? 0;
  for (let at = 0; at < indexes.length; at++) {
    const next = indexes[at + 1] ?? list.length;
    for (let index = (indexes[at] ?? 0) + 1; index < next; index++) list[length++] = list[index];
  }
  list.length = length;
}

/** @returns undefined where the data is not what the types say, which the general filter looks into */
function listsOf(way: SingleCheck['way'], from: unknown, types: TypeMemberships): readonly unknown[][] | undefined {
  let holders: readonly unknown[] = Array.isArray(from) ? from : [from];
  for (const place of way) {
    const values: unknown[] = [];
    for (const holder of holders) {
      if (!isDataObject(holder) || (place.on !== undefined && !mayBe(types, holder.__typename, place.on))) continue;
      const value = holder[place.key];
      if (value === null || value === undefined) continue;
      if (Array.isArray(value) !== (place.lists === 1)) return undefined;
      values.push(value);
    }
    if (place === way.at(-1)) return values as unknown[][];
    holders = place.lists === 1 ? values.flat() : values;
  }
  return undefined;
}
