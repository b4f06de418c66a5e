export { Deadline, longestTimerMs } from './deadline.ts';
export { deepFreeze } from './deep-freeze.ts';
export { invariant, unreachable } from './invariant.ts';
export { isoTime } from './iso-time.ts';
export { SharedRuns } from './shared-runs.ts';
export { siblingModule } from './sibling-module.ts';
export { SingleFlight } from './single-flight.ts';
export { canonicalJson, stableHash } from './stable-hash.ts';
