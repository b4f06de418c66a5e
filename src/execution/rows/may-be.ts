import type { TypeMemberships } from '../data/data.ts';

/** Whether an object may be of a type: it is, or the name that it has is of a wider one, or it has none. */
export function mayBe(types: TypeMemberships, typeName: unknown, type: string): boolean {
  return (
    typeof typeName !== 'string' ||
    typeName === type ||
    types.get(typeName)?.has(type) === true ||
    types.get(type)?.has(typeName) === true
  );
}
