/** The shop's own code beside the assistant's prompts: what no prompt can know. */
import type { FieldCode } from '../../src/index.ts';
import type { ProductTaglineArguments, ProductTaglineEntity, ProductTaglineValue } from './fields.types.ts';

/** The prices that most of the shop's products lie between. */
const usualCents = { from: 3_000, to: 15_000 } as const;

const tagline: FieldCode<ProductTaglineEntity, ProductTaglineArguments, ProductTaglineValue> = {
  variables: ['priceBand'],
  inputs: ({ entity: { priceCents } }) => ({
    priceBand: priceCents < usualCents.from ? 'low' : priceCents > usualCents.to ? 'high' : 'usual',
  }),
  // A label is one line without a full stop.
  finish: (line) => line.split('\n', 1).join('').replace(/\.$/, ''),
};

export const fields = { 'Product.tagline': tagline };
