/**
 * Assertions for programming errors, as opposed to errors of users or the network: loud in tests, not expected in
 * production.
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant violated: ${message}`);
}

/** Ends every switch over a union, so that an unhandled new member is a type error. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable case: ${String(value)}`);
}
