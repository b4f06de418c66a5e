export { formatUsd } from './money.ts';
export { createPriceBook, type PricedModel, priceProviderOf } from './price-book.ts';
