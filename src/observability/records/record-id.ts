/** Ids of records: they ascend with time, so that what is newest, what is old and a span of time are ranges of the primary key. */

const timeLength = 9;
const countLength = 4;
const mostCounted = 36 ** countLength;

/** @param suffix of whoever makes them: no other has it */
export function recordIds(suffix: string): (at: number) => string {
  let count = 0;
  return (at) => {
    count = (count + 1) % mostCounted;
    return idFrom(at) + count.toString(36).padStart(countLength, '0') + suffix;
  };
}

/** Ids of a moment or later are equal or greater. */
export function idFrom(at: number): string {
  return Math.max(0, Math.floor(at)).toString(36).padStart(timeLength, '0');
}

/** When what has the id ended, in milliseconds since 1970. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, timeLength), 36);
}
