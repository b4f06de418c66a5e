/**
 * Where two values of JSON differ first, in the order of the first.
 * @returns the path, such as `products.0.price`; empty for the whole; undefined where they are equal
 */
export function firstDifference(one: unknown, other: unknown): string | undefined {
  if (Object.is(one, other)) return undefined;
  if (one === null || other === null || typeof one !== 'object' || typeof other !== 'object') return '';
  if (Array.isArray(one) !== Array.isArray(other)) return '';
  const [fields, others] = [new Map(Object.entries(one)), new Map(Object.entries(other))];
  for (const name of new Set([...fields.keys(), ...others.keys()])) {
    if (fields.has(name) !== others.has(name)) return name;
    const inner = firstDifference(fields.get(name), others.get(name));
    if (inner !== undefined) return inner === '' ? name : `${name}.${inner}`;
  }
  return undefined;
}
