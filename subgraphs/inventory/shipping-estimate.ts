import { badUserInput } from '../coded-input.ts';

const freeFromCents = 15_000;
const baseCents = 490;
const gramsPerStep = 500;
const centsPerStep = 120;
/** By the zip code's first digit, counted from the warehouse on the east coast. */
const zoneCents = [0, 0, 0, 150, 150, 150, 300, 300, 450, 450] as const;

export interface Parcel {
  readonly priceCents: number;
  readonly weightGrams: number | null;
  readonly zip: string | null;
}

/**
 * What sending one product costs, in whole cents: 490, and 120 for every started 500 g (free of both from a price of
 * 15000), and a surcharge by the zip code's first digit. Null without a weight.
 * @throws BAD_USER_INPUT for a zip code that does not begin with a digit
 */
export function shippingEstimate({ priceCents, weightGrams, zip }: Parcel): number | null {
  const zone = zip === null ? 0 : zoneCents[Number(/^\d/.exec(zip.trim())?.[0] ?? Number.NaN)];
  if (zone === undefined) throw badUserInput('zip must begin with a digit.');
  if (weightGrams === null) return null;
  if (priceCents >= freeFromCents) return zone;
  return baseCents + Math.ceil(weightGrams / gramsPerStep) * centsPerStep + zone;
}
