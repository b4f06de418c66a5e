import { JsonLeaf } from '../../lib/index.ts';

/** Data of subgraphs, under the normalised operation's keys. Outside data: any value may have any type. */
export interface DataObject {
  [key: string]: unknown;
}

export function isDataObject(value: unknown): value is DataObject {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof JsonLeaf);
}

/** A place in the data: keys and list indexes. */
export type DataPath = readonly (string | number)[];

/** Which types an object of a type also is: itself, its interfaces and its unions, by the supergraph. */
export type TypeMemberships = ReadonlyMap<string, ReadonlySet<string>>;

export function isOfType(types: TypeMemberships, typeName: unknown, condition: string): boolean {
  if (typeName === condition) return true;
  return typeof typeName === 'string' && types.get(typeName)?.has(condition) === true;
}
