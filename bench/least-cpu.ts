export interface TurnsOptions {
  readonly rounds: number;
  /** Of each round. */
  readonly turns: number;
}

/**
 * Microseconds of CPU for one turn, of the garbage collector too: the least of the rounds, because whatever else the machine
 * does only ever adds.
 */
export function leastCpu({ rounds, turns }: TurnsOptions, run: () => unknown): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    for (let turn = 0; turn < turns; turn++) run();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / turns);
  }
  return least;
}
