export { fragmentsOf } from './fragments-of.ts';
export { namedType } from './named-type.ts';
export { usedFragments } from './used-fragments.ts';
