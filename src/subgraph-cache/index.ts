export { withEntityCache } from './cached-subgraph.ts';
export { Invalidations } from './invalidations.ts';
export { refusingUncached } from './only-if-cached.ts';
export { backgroundOf, untilRead } from './part.ts';
export { withTags } from './tagged-subgraph.ts';
export { ageNow, isReadAlone, isUsableIfError, type Usability, usabilityOf } from './usability.ts';
