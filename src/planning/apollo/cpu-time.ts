import { readFileSync } from 'node:fs';

/** The unit in which Linux tells programs their CPU time, on every machine. */
const msPerTick = 10;

/**
 * The CPU time a process has used, its threads included, in ms; a process that is stopped, or waits for a core, uses
 * none. Read while the process is busy, when it cannot be asked.
 * @returns undefined where there is no /proc, and for a process that has ended
 */
export function cpuTimeOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is a name in parentheses, which may hold anything: the fields are counted from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isFinite(ticks) ? ticks * msPerTick : undefined;
  } catch {
    return undefined;
  }
}
