export { createPriceBook, type PricedModel, priceProviderOf } from './price-book.ts';
