export { withEntityCache } from './cached-subgraph.ts';
