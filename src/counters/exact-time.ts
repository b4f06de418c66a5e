/**
 * A time in milliseconds as a multiple of 1/1024: sums and differences with whole milliseconds are exact, so that `end - length`
 * of a window is the time at which it began. Of what was added at its beginning a correction would be forgotten otherwise.
 */
export function exactTime(milliseconds: number): number {
  return Math.floor(milliseconds * 1_024) / 1_024;
}
