export { fragmentsOf } from './fragments-of.ts';
