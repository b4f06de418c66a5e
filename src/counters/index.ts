export { type BucketMemoryOptions, createBucketMemory, endBucketHolder } from './buckets/bucket-memory.ts';
export {
  type BucketRate,
  type BucketState,
  type BucketTake,
  type TakeOutcome,
  TokenBuckets,
} from './buckets/token-buckets.ts';
export {
  type CounterChange,
  type CounterOutcome,
  type Counters,
  type CounterWindow,
  type LocalCounters,
  maxChanges,
} from './counters.ts';
export { ProcessCounters, type ProcessCountersOptions } from './process-counters.ts';
export {
  RedisCounters,
  type RedisCountersOptions,
  type RemoteChange,
  type RemoteOutcome,
} from './redis/redis-counters.ts';
export { endCounterHolder } from './shared/end-holder.ts';
export { type CounterMemoryOptions, createCounterMemory, createFieldCounterMemory } from './shared/memory.ts';
export { SharedCounters, type SharedCountersOptions } from './shared/shared-counters.ts';
