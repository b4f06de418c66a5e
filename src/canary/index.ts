export { CanarySink, type ServedIds } from './canary-sink.ts';
export { type CanaryObservation, type CanarySide, CanaryTallies, type Tally } from './canary-tallies.ts';
export { type CanaryVerdict, judgeCanary } from './judge-canary.ts';
export { watchCanary } from './watch-canary.ts';
