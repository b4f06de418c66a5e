export { BufferPool, sharedBuffers } from './buffer-pool.ts';
export { type ContentDecoder, contentDecoders, isBeyondLimit } from './content-decoders.ts';
export { countOf } from './count-of.ts';
export { deepFreeze } from './deep-freeze.ts';
export { FollowedFiles } from './followed-files.ts';
export { hashText } from './hash-text.ts';
export { invariant, unreachable } from './invariant.ts';
export { cloneJson, type ExactJsonOptions, ExactNumber, parseExactJson, withPlainNumbers } from './json/exact-json.ts';
export { firstDifference } from './json/first-difference.ts';
export { JsonLeaf, RestoredText } from './json/json-leaf.ts';
export { parseJsonAnswer } from './json/parse-json-answer.ts';
export { parseExactBytes } from './json/parse-json-bytes.ts';
export { compileLinearPattern, type LinearPattern, re2 } from './linear-pattern.ts';
export { type BudgetedCache, type CacheGroup, MemoryBudget, type SharedPart } from './memory-budget.ts';
export { didYouMean, nearestName } from './nearest-name.ts';
export { clientNetwork, isLoopback, isWithin, networks, parseAddress, plainAddress } from './networks.ts';
export { newId } from './new-id.ts';
export { onDemand, packageOnDemand } from './on-demand.ts';
export { readBounded } from './read-bounded.ts';
export { readTextFile } from './read-text-file.ts';
export { parseRedisUrl, type RedisAddress } from './redis-address.ts';
export { type Lease, SharedLeases } from './shared-leases.ts';
export { SharedRuns } from './shared-runs.ts';
export { siblingModule } from './sibling-module.ts';
export { SingleFlight } from './single-flight.ts';
export { canonicalJson, stableHash } from './stable-hash.ts';
export { TextCache } from './text-cache.ts';
export { createTextCipher, type TextCipher } from './text-cipher.ts';
export {
  type Abortable,
  Aborter,
  type AbortListener,
  abortSignalOf,
  addAbortListener,
  removeAbortListener,
} from './time/abort.ts';
export { busyMsSince } from './time/busy-time.ts';
export { Deadline, longestTimerMs } from './time/deadline.ts';
export { hourMs, stepMs } from './time/hours.ts';
export { isoTime } from './time/iso-time.ts';
export { machineNow } from './time/machine-clock.ts';
export { pause } from './time/pause.ts';
export { CallbackEntry, TimerEntry, TimerWheel, timerWheel } from './time/timer-wheel.ts';
export { untilAborted } from './time/until-aborted.ts';
export { wholeSeconds } from './time/whole-seconds.ts';
export { withinTime } from './time/within-time.ts';
export { formatUsd, nanoOfPico, nanoPerUsd, parseUsd, picoPerCall, picoPerToken } from './us-dollars.ts';
