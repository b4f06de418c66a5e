/** The young generation of a thread that has nothing to do. */
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The part of the time in which an idle thread does something. */
const idleUtilization = 0.05;
/** Only the second or third finds that little is allocated. What it frees, V8 gives to the system 8 s later. */
const collections = 3;

/**
 * Has V8 give back the young generation of this thread each time that it becomes idle. A start or load makes it grow to 27 or 32 MB, and V8
 * shrinks it when it is collected while little is allocated: which is when an idle thread has allocated 16 MB more. A
 * collection takes 6 to 8 ms, so a request that comes just then is not noticeably later.
 *
 * @param intervalMs how long it has to be idle, and how long until the next collection
 */
export function shrinkWhenIdle(intervalMs = 10_000): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as NodeJS.GCFunction;
  let before = performance.eventLoopUtilization();
  let turns = collections;
  setInterval(() => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    if (utilization > idleUtilization) turns = collections;
    else if (turns > 0) {
      turns--;
      collect({ type: 'minor' });
    }
  }, intervalMs).unref();
}
