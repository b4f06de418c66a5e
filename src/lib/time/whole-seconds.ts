/** As headers and messages tell ages: begun seconds do not count. */
export function wholeSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}
