/** `performance.now()` begins with its thread; the threads of a process share this clock, which never goes back. */
const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

export function machineNow(): number {
  return performance.now() + offsetMs;
}
