import { readFileSync } from 'node:fs';

/** The unit of CPU time in /proc: Linux reports ticks of 10 ms to programs on every machine. */
const msPerTick = 10;

/**
 * The CPU time a process has used, with all its threads, in ms. A process that is stopped or waits for a core uses none.
 * It is read from outside, as a busy process cannot answer messages.
 * @returns undefined without /proc, and for a process that has ended
 */
export function cpuTimeOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is a name in parentheses, which may contain any character: fields are counted from its end.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return Number.isFinite(ticks) ? ticks * msPerTick : undefined;
  } catch {
    return undefined;
  }
}
