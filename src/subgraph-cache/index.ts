export { withEntityCache } from './cached-subgraph.ts';
export { withTags } from './tagged-subgraph.ts';
