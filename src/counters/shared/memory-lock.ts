/**
 * One lock for all counters, held for about a microsecond: so a step is atomic over any number of them, and its words
 * may be plain ones. It names its holder; that of a dead holder is taken over (`end-holder.ts`).
 */
import { GatewayError } from '../../errors/index.ts';
import { header } from './memory.ts';

/** Memory whose header has a lock. */
export interface LockedMemory {
  readonly int32: Int32Array;
}

const spins = 100;
/** A thread that is ended as it unlocks may wake nobody. */
const sleepMs = 10;
/** A holder that dies is noticed within milliseconds; a thread that waits this long would wait forever. */
const longestWaitMs = 2_000;

export function lockMemory({ int32 }: LockedMemory, holder: number): void {
  for (let spin = 0; spin < spins; spin++) {
    if (Atomics.compareExchange(int32, header.lock, 0, holder) === 0) return;
  }
  const end = performance.now() + longestWaitMs;
  while (performance.now() < end) {
    const holding = Atomics.compareExchange(int32, header.lock, 0, holder);
    if (holding === 0) return;
    Atomics.add(int32, header.lockWaiters, 1);
    Atomics.wait(int32, header.lock, holding, sleepMs);
    Atomics.sub(int32, header.lockWaiters, 1);
  }
  throw new GatewayError('OVERLOADED', { detail: 'the lock of the counters was not released in time' });
}

export function unlockMemory({ int32 }: LockedMemory): void {
  Atomics.store(int32, header.lock, 0);
  if (Atomics.load(int32, header.lockWaiters) > 0) Atomics.notify(int32, header.lock, 1);
}

/** Releases what a dead thread holds, where it does: what the lock guards needs no mending. */
export function releaseLock({ int32 }: LockedMemory, holder: number): void {
  if (Atomics.compareExchange(int32, header.lock, holder, 0) === holder) Atomics.notify(int32, header.lock, 1);
}
