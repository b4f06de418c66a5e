/**
 * How long random tests run, and where they start. The suite runs short ones; `npm run soak` sets `SOAK`, a factor, and runs
 * the same files longer. `SEED` repeats a run whose seed was printed.
 */

/** @returns how many runs of a random test there are: `count` in the suite, `SOAK` times as many in a soak */
export function randomRuns(count: number): number {
  const factor = Number(process.env.SOAK ?? 1);
  if (!(factor >= 1)) throw new RangeError('SOAK is a factor from 1 on');
  return Math.round(count * factor);
}

/** @returns the seed of `SEED`, or a new one; prints it with its purpose */
export function newSeed(name: string): number {
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
  console.info(`${name}: SEED=${seed}`);
  return seed;
}
