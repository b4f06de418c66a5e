/**
 * The longest that something with a deadline may take in a test. Tests wait for events; this limit only distinguishes an
 * end from a hang, and a machine that is many times busier still meets it. Speed is measured by `npm run bench`.
 *
 * @param ms the deadline itself
 * @returns twenty times as long, two seconds at least
 */
export const safetyLimit = (ms: number): number => Math.max(20 * ms, 2_000);
