/** `performance.now()` begins with its thread; the threads of a process share this clock, which never goes back. */
const offsetMs = Math.max(...Array.from({ length: 5 }, sampleOffset));

export function machineNow(): number {
  return performance.now() + offsetMs;
}

/** Too small where the thread is interrupted between the two. */
function sampleOffset(): number {
  return Number(process.hrtime.bigint()) / 1e6 - performance.now();
}
