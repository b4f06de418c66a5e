export { readModerations } from './read-moderations.ts';
