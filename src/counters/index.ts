export type { CounterChange, CounterOutcome, Counters, CounterWindow, LocalCounters } from './counters.ts';
export { ProcessCounters, type ProcessCountersOptions } from './process-counters.ts';
