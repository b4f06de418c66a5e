/** Hours and days of UTC: what is summed is summed by them. */
export const hourMs = 3_600_000;

/** A step of sums, by its name. */
export const stepMs = { hour: hourMs, day: 24 * hourMs } as const;
