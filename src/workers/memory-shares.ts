/** Bounds on memory hold for the process: the main thread has a part for what all workers share, and each worker an equal one. */

/** Of `limits.memory`, the main thread caches plans in an eighth, which are compiled in the workers. */
const plansPart = 8;
/** Of `ai.cache.max_size`, the main thread has half: what one worker stored, the others find there. */
const sharedCachePart = 2;

export function mainShare(bytes: number): number {
  return Math.floor(bytes / plansPart);
}

export function workerShare(bytes: number, workers: number): number {
  return Math.floor((bytes - mainShare(bytes)) / workers);
}

/** At least 1, which holds nothing: a store has a bound, also where all that is cached is in Redis. */
export function mainCacheShare(bytes: number): number {
  return Math.max(1, Math.floor(bytes / sharedCachePart));
}

export function workerCacheShare(bytes: number, workers: number): number {
  return Math.floor((bytes - mainCacheShare(bytes)) / workers);
}
