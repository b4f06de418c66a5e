/** A timer of a thread that has time is not later than that, in milliseconds. */
const mostLateMs = 50;

/**
 * The time in which this thread was busy when a timer fired: what came meanwhile has not been read, so whoever is waited for has
 * as much more time, from now on.
 *
 * @param dueAt when the timer was due, by `performance.now()`
 * @returns milliseconds; 0 where the timer was on time
 */
export function busyMsSince(dueAt: number, now: number): number {
  const lateMs = now - dueAt;
  return lateMs > mostLateMs ? lateMs : 0;
}
