export { ArgumentRules } from './argument-rules.ts';
