export { buildPrices, type PricedSupergraph, pricedFieldsIn } from './build-prices.ts';
export { callPrice } from './call-price.ts';
