/** Which team owns what: `{ "Product.price": "pricing", "Review.*": "reviews" }`. */

/** By `Type.field`, `Type.*` or `Type`: the last two are a type with all that has no owner of its own. */
export type Owners = Readonly<Record<string, string>>;

/** @param coordinate `Type`, `Type.field`, `Type.field.argument`, `Enum.VALUE` or `@directive` */
export function ownerOf(owners: Owners, coordinate: string): string | undefined {
  const [type = '', member] = coordinate.split('.');
  const exact = member === undefined ? undefined : ownOf(owners, `${type}.${member}`);
  return exact ?? ownOf(owners, `${type}.*`) ?? ownOf(owners, type);
}

function ownOf(owners: Owners, key: string): string | undefined {
  return Object.hasOwn(owners, key) ? owners[key] : undefined;
}
