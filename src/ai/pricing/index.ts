export { withConventionalSizes } from './conventional-sizes.ts';
export { createPlanPrices } from './create-plan-prices.ts';
