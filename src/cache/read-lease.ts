/** How long others wait for one who may have died. */
const longestLeaseMs = 5_000;

/** The lease of whoever reads what others wait for. @param timeoutMs of reading it */
export function readLeaseMs(timeoutMs: number): number {
  return Math.min(timeoutMs, longestLeaseMs);
}
