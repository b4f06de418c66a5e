/**
 * The users and products that reviews can be about. A shop's reviews service would learn them from the others' events;
 * here a test holds these against the data of accounts and of the catalog.
 */
const userCount = 14;
const productCount = 38;

function idsOf(prefix: string, count: number): ReadonlySet<string> {
  return new Set(Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`));
}

export const knownUserIds = idsOf('u', userCount);
export const knownProductIds = idsOf('p', productCount);
