/**
 * The most usual filter, in one pass: the objects of one list, decided on by their own fields, and dropped. It gathers
 * nothing and copies nothing, which is most of what the general one takes for thousands of objects.
 */
import type { RowDecisions } from '../../access/index.ts';
import { type DataObject, isDataObject, type TypeMemberships } from '../data/data.ts';
import { recordRemaining } from '../data/remaining-items.ts';
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
    let remaining: number[] | undefined;
    let length = 0;
    for (let index = 0; index < before; index++) {
      // An item that is a list fits no type: the answer has nothing of it.
      const item: unknown = list[index];
      if (isDataObject(item) && (on === undefined || mayBe(types, item.__typename, on))) {
        decided++;
        if (!mayRead(item)) {
          denied++;
          remaining ??= Array.from({ length }, (_none, place) => place);
          continue;
        }
      }
      if (remaining !== undefined) {
        remaining.push(index);
        list[length] = item;
      }
      length++;
    }
    if (remaining === undefined) continue;
    list.length = length;
    recordRemaining(list, before, remaining);
  }
  if (decided > 0) decisions.count(check.rule, decided, denied);
  return true;
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
